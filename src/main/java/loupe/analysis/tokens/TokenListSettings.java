package loupe.analysis.tokens;

import loupe.analysis.ghost.GhostSettings;

/**
 * What a token list shows.
 *
 * @param exponent m of {@link TokenMetric#RATIO}, 0 or more; other metrics do not use it
 * @param top how many tokens
 */
public record TokenListSettings(GhostSettings ghost, TokenMetric metric, double exponent, int top) {
    /** The notebook's exponent. */
    public static final double DEFAULT_EXPONENT = 1.4;

    public TokenListSettings {
        if (!(exponent >= 0 && Double.isFinite(exponent))) {
            throw new IllegalArgumentException("exponent is " + exponent + ", must be 0 or more");
        }
        if (top < 1) {
            throw new IllegalArgumentException("top is " + top + ", must be 1 or more");
        }
    }
}
