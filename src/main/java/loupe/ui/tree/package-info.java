/** The definition tree: layout, painting, folding, searching, comparing and saving. */
package loupe.ui.tree;
