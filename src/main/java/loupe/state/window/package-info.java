/**
 * What is open and selected: the workbench with its two sides, the selection, notices, running activity, and the
 * session that is remembered.
 */
@NullMarked
package loupe.state.window;

import org.jspecify.annotations.NullMarked;
