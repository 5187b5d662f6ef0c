/** Sparse autoencoders: the activation buffer and the trainer. */
package loupe.training.sae;
