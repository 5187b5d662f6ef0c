/** What the corpus says about a feature: activation histogram, examples, one's own text, and co-active features. */
@NullMarked
package loupe.ui.corpus;

import org.jspecify.annotations.NullMarked;
