/** The search for text that makes the feature in hand most active. */
@NullMarked
package loupe.state.dream;

import org.jspecify.annotations.NullMarked;
