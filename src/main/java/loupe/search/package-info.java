/** Finds features by words: in what is written down about them, what they promote, and where they are active. */
@NullMarked
package loupe.search;

import org.jspecify.annotations.NullMarked;
