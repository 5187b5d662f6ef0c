/** What a newcomer meets: the page of a start with nothing open, and the guided tour of the sample. */
@NullMarked
package loupe.ui.welcome;

import org.jspecify.annotations.NullMarked;
