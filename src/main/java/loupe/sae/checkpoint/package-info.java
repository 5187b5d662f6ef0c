/** Checkpoint files of sparse autoencoders: one reader for each family, what a file leaves open, and writing. */
@NullMarked
package loupe.sae.checkpoint;

import org.jspecify.annotations.NullMarked;
