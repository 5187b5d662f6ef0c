package loupe.analysis.tokens;

import java.util.Arrays;

/**
 * Tokens in order of their likeness to a ghost, best first. The arrays are not to be written.
 *
 * @param tokens token ids; fewer than requested only if fewer may be listed
 * @param scores by the metric of the settings
 * @param cosines cos(g, E_t), whatever the metric
 */
public record TokenList(TokenListSettings settings, int[] tokens, double[] scores, double[] cosines) {
    public int size() {
        return tokens.length;
    }

    /**
     * The best of them.
     *
     * @param count at most as many as there are
     */
    TokenList first(int count) {
        return new TokenList(
                settings.withTop(Math.max(1, count)),
                Arrays.copyOf(tokens, count),
                Arrays.copyOf(scores, count),
                Arrays.copyOf(cosines, count));
    }
}
