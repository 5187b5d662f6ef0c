/**
 * The program: its entry point, the command line with one class per command, and the object graph of the workbench,
 * built by hand and closed in reverse. Sees everything; nothing sees it.
 */
package loupe.app;
