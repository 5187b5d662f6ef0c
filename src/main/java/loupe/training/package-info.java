/**
 * Trains the sample: a byte-level BPE, a small GPT-2 on dictionary definitions, and sparse autoencoders on its residual
 * stream. Everything can be stopped at any moment and goes on from its last saved state.
 */
package loupe.training;
