/**
 * What the window shows, without the window: the selection, the answers to changing questions, what is open, and one
 * model for each pane. Everything here belongs to the JavaFX thread but uses no node, so that it is tested without a
 * screen.
 */
@NullMarked
package loupe.state;

import org.jspecify.annotations.NullMarked;
