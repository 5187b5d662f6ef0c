/** The window itself: tool bar, columns, tabs, commands, the command palette, and what happens to dropped files. */
@NullMarked
package loupe.ui.window;

import org.jspecify.annotations.NullMarked;
