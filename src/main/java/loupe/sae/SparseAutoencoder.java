package loupe.sae;

import ai.djl.ndarray.NDManager;

/** A sparse autoencoder on the device. Device thread only. */
public final class SparseAutoencoder implements AutoCloseable {
    private final SaeConfig config;
    private final NDManager weights;

    SparseAutoencoder(SaeConfig config, NDManager weights) {
        this.config = config;
        this.weights = weights;
    }

    public SaeConfig config() {
        return config;
    }

    @Override
    public void close() {
        weights.close();
    }
}
