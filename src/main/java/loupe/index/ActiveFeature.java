package loupe.index;

/**
 * A feature that is not zero at a token.
 *
 * @param activation negative only for autoencoders without a ReLU
 */
public record ActiveFeature(int feature, float activation) {}
