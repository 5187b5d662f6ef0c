package loupe.sae;

/**
 * What is done to an activation before it is encoded, and undone after decoding. The names are SAELens';
 * {@code src/site/markdown/formats.md}, section C.3.
 */
public enum InputNormalisation {
    NONE,
    EXPECTED_AVERAGE_ONLY_IN,
    CONSTANT_NORM_RESCALE,
    LAYER_NORM
}
