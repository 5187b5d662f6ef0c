package loupe.sae;

import ai.djl.ndarray.NDArray;

/**
 * The features of an activation and its reconstruction from them. Belongs to the input's manager.
 *
 * @param features (..., dSae)
 * @param xHat with the axes of the input; the last is dOut
 */
public record Reconstruction(NDArray features, NDArray xHat) {}
