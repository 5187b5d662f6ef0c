/**
 * What features do to the logits: which tokens they promote, of what kind they are, which sets of tokens they favour.
 */
@NullMarked
package loupe.analysis.lens;

import org.jspecify.annotations.NullMarked;
