/** View models of the view of all features and all tokens. */
@NullMarked
package loupe.state.map;

import org.jspecify.annotations.NullMarked;
