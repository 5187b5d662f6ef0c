/** Panes of the view of all features and all tokens. */
@NullMarked
package loupe.ui.map;

import org.jspecify.annotations.NullMarked;
