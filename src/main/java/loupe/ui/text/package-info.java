/** The panes of the view Text. */
@NullMarked
package loupe.ui.text;

import org.jspecify.annotations.NullMarked;
