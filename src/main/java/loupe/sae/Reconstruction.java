package loupe.sae;

import ai.djl.ndarray.NDArray;

/**
 * An activation taken apart and put together again. Belongs to the input's manager.
 *
 * @param features (..., dSae)
 * @param xHat with the axes of the input; the last is dOut
 */
public record Reconstruction(NDArray features, NDArray xHat) {}
