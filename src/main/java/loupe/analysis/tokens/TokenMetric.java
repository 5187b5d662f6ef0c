package loupe.analysis.tokens;

import java.util.Locale;

/**
 * Ways to measure how near a token's embedding E_t is to a ghost g; c is the centroid. Definitions:
 * {@code src/site/markdown/methods.md}, section 5.
 */
public enum TokenMetric {
    /** (1 - cos(g, E_t))^m / (1 - cos(c, E_t)), the notebook's score; smallest first. */
    RATIO,
    /** cos(g, E_t); largest first. */
    COSINE,
    /** cos(g - c, E_t - c); largest first. */
    CENTRED,
    /** 2 cos(g, E_t) - r(g) - r(E_t), r the mean of the ten largest cosines with other tokens; largest first. */
    CSLS,
    /** g . E_t; largest first. */
    DOT,
    /** sqrt((g - E_t)^T S^-1 (g - E_t)), S the Ledoit-Wolf covariance of the embeddings; smallest first. */
    MAHALANOBIS;

    /** The name {@code --metric} takes. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
