/**
 * What is seen: panes, charts and the parts they are made of. A part takes plain values and properties and knows no
 * query; a pane binds parts to a view model of {@link loupe.state}. Colours, fonts and sizes are written in
 * {@code workbench.css} by role; {@link loupe.ui.Palette} hands them to whatever paints by itself. Everything here is
 * FX-thread only unless it says otherwise.
 */
package loupe.ui;
