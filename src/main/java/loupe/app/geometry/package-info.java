/** Commands that ask where all features, or all tokens, lie. */
@NullMarked
package loupe.app.geometry;

import org.jspecify.annotations.NullMarked;
