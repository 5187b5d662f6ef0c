/** Themes, the colours by role that parts paint with, and text widths. Sizes and colours are in the style sheets. */
@NullMarked
package loupe.ui.style;

import org.jspecify.annotations.NullMarked;
