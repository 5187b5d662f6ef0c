/** The sliders that place the ghost token, and the search for its scaling factor. */
package loupe.ui.ghost;
