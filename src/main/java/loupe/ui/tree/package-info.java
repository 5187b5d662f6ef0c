/** The definition tree: layout, painting, folding, searching, comparing and saving. */
@NullMarked
package loupe.ui.tree;

import org.jspecify.annotations.NullMarked;
