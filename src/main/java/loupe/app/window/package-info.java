/** The workbench as a program: its object graph, built by hand and closed in reverse, and the start of JavaFX. */
@NullMarked
package loupe.app.window;

import org.jspecify.annotations.NullMarked;
