package loupe.analysis.tokens;

/**
 * Tokens in order of their likeness to a ghost, best first. The arrays are not to be written.
 *
 * @param tokens token ids; fewer than asked for only if the vocabulary is smaller
 * @param scores by the metric asked for
 * @param cosines cos(g, E_t), whatever the metric
 */
public record TokenList(TokenListSettings settings, int[] tokens, double[] scores, double[] cosines) {
    public int size() {
        return tokens.length;
    }
}
