/** A feature in the corpus: activations, histogram, examples, one's own text, and co-active features. */
@NullMarked
package loupe.state.corpus;

import org.jspecify.annotations.NullMarked;
