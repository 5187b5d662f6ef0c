/**
 * What is open and selected: the workbench with its two sides, the selection, notices, running activity, and the
 * session that is remembered.
 */
package loupe.state.window;
