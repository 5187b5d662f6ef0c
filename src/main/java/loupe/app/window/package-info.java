/** The workbench as a program: its object graph, built by hand and closed in reverse, and the start of JavaFX. */
package loupe.app.window;
