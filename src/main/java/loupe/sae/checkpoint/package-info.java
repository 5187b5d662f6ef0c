/** Checkpoint files of sparse autoencoders: one reader for each family, what a file leaves open, and writing. */
package loupe.sae.checkpoint;
