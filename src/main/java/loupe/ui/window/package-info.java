/** The window itself: tool bar, columns, tabs, commands, the command palette, and what happens to dropped files. */
package loupe.ui.window;
