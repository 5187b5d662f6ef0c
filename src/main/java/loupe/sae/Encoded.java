package loupe.sae;

import ai.djl.ndarray.NDArray;

/**
 * The features of activations, with what is needed to decode them in the activations' own terms. Belongs to the input's
 * manager.
 *
 * @param features (P, dSae)
 * @param input what was encoded, P vectors
 */
public record Encoded(NDArray features, PreparedInput input) {}
