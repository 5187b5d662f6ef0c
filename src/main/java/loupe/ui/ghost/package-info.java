/** The sliders that place the ghost token, and the search for its scaling factor. */
@NullMarked
package loupe.ui.ghost;

import org.jspecify.annotations.NullMarked;
