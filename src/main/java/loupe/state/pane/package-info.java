/** Questions whose answer a pane shows: the newest one wins, and an older answer never replaces a newer one. */
@NullMarked
package loupe.state.pane;

import org.jspecify.annotations.NullMarked;
