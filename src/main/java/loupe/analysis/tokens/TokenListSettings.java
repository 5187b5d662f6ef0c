package loupe.analysis.tokens;

import loupe.analysis.ghost.GhostSettings;

/**
 * What a token list shows.
 *
 * @param exponent m of {@link TokenMetric#RATIO}, 0 or more; other metrics do not use it
 * @param top how many tokens
 * @param mask which tokens may be listed; their scores do not depend on it
 */
public record TokenListSettings(GhostSettings ghost, TokenMetric metric, double exponent, int top, TokenMask mask) {
    /** The notebook's exponent. */
    public static final double DEFAULT_EXPONENT = 1.4;

    /** The largest exponent: powers of the distances of real tokens are still different numbers. */
    public static final double LARGEST_EXPONENT = 50;

    public TokenListSettings {
        if (!(exponent >= 0 && exponent <= LARGEST_EXPONENT)) {
            throw new IllegalArgumentException("exponent is " + exponent + ", must be 0 to " + LARGEST_EXPONENT);
        }
        if (top < 1) {
            throw new IllegalArgumentException("top is " + top + ", must be 1 or more");
        }
    }

    /** Settings for a list of all tokens, without a filter. */
    public TokenListSettings(GhostSettings ghost, TokenMetric metric, double exponent, int top) {
        this(ghost, metric, exponent, top, TokenMask.ALL);
    }

    public TokenListSettings withGhost(GhostSettings newGhost) {
        return new TokenListSettings(newGhost, metric, exponent, top, mask);
    }

    public TokenListSettings withTop(int newTop) {
        return new TokenListSettings(ghost, metric, exponent, newTop, mask);
    }

    public TokenListSettings withMask(TokenMask newMask) {
        return new TokenListSettings(ghost, metric, exponent, top, newMask);
    }
}
