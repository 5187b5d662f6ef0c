/**
 * Token embeddings and their likenesses: where they lie, what stands at a hook point for each token alone (unigram
 * residuals), the biases that an autoencoder has for tokens, and how much of a feature follows from its token.
 */
@NullMarked
package loupe.analysis.tokenbias;

import org.jspecify.annotations.NullMarked;
