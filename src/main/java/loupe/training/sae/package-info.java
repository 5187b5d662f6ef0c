/** Sparse autoencoders: the activation buffer and the trainer. */
@NullMarked
package loupe.training.sae;

import org.jspecify.annotations.NullMarked;
