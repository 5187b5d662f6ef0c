package loupe.lm;

import ai.djl.ndarray.NDManager;

/** A transformer on the device. Device thread only. */
public final class LanguageModel implements AutoCloseable {
    private final ModelConfig config;
    private final NDManager weights;

    LanguageModel(ModelConfig config, NDManager weights) {
        this.config = config;
        this.weights = weights;
    }

    public ModelConfig config() {
        return config;
    }

    @Override
    public void close() {
        weights.close();
    }
}
