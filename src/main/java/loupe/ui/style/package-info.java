/** Themes, the colours by role that parts paint with, and text widths. Sizes and colours stand in the style sheets. */
package loupe.ui.style;
