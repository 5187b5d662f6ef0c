package loupe.sae;

/**
 * What is done to an activation before it is encoded, and undone after decoding. The names are SAELens', but for the
 * last; {@code src/site/markdown/formats.md}, section C.3.
 */
public enum InputNormalisation {
    NONE,
    EXPECTED_AVERAGE_ONLY_IN,
    CONSTANT_NORM_RESCALE,
    LAYER_NORM,
    /**
     * A mean of the activations, which the files store, is subtracted before encoding and added back after decoding.
     */
    STORED_MEAN
}
