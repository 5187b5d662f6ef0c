/** The definition tree that is shown, and its comparison with another one. */
@NullMarked
package loupe.state.tree;

import org.jspecify.annotations.NullMarked;
