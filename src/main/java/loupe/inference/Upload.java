package loupe.inference;

import ai.djl.ndarray.NDManager;

/**
 * Brings weights onto the device, as often as asked: again after they had to make room. Device thread only.
 *
 * @param <T> what holds the weights: a language model or a sparse autoencoder
 */
@FunctionalInterface
interface Upload<T> {
    /**
     * Puts what was read onto the device.
     *
     * @param owner every array of the result belongs to it.
     * @throws loupe.base.CheckpointException if the files can no longer be read
     */
    T to(NDManager owner);
}
