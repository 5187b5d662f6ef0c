/** The pane of text that makes a feature most active. */
@NullMarked
package loupe.ui.dream;

import org.jspecify.annotations.NullMarked;
