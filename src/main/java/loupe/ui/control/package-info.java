/** Controls used by several panes: sliders, toggles, tables, tooltips, and numbers as text. */
package loupe.ui.control;
