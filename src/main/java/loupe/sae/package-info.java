/**
 * Sparse autoencoders: their configuration as data, their mathematics, and one reader for each family of checkpoint
 * files.
 */
package loupe.sae;
