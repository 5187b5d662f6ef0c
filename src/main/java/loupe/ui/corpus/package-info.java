/** A feature in the corpus: activation histogram, examples, one's own text, and co-active features. */
@NullMarked
package loupe.ui.corpus;

import org.jspecify.annotations.NullMarked;
