/**
 * Where the ghost token is placed: the controls' values, their history, steering, and the search for a scaling factor.
 */
@NullMarked
package loupe.state.ghost;

import org.jspecify.annotations.NullMarked;
