/** Controls used by several panes: sliders, toggles, tables, tooltips, and numbers as text. */
@NullMarked
package loupe.ui.control;

import org.jspecify.annotations.NullMarked;
