package loupe.training.sae;

import loupe.lm.LanguageModel;

/**
 * The activation of each token alone: at the last position of the prompt of separator and token, as tokenized-sae's
 * {@code create_unigram_lookup_table} does it.
 */
public final class UnigramResidual {
    private static final int ROWS = 512;

    private UnigramResidual() {}

    /**
     * The activation at the hook point of each token of the vocabulary, alone after the separator.
     *
     * @param buffer has the model, the hook point and whether to centre
     * @param separator the token that begins a context
     * @return (V, dModel), row-major
     */
    public static float[] table(ActivationBuffer buffer, LanguageModel model, int separator) {
        int vocabulary = model.config().vocabularySize();
        int width = model.config().dModel();
        float[] table = new float[vocabulary * width];
        for (int first = 0; first < vocabulary; first += ROWS) {
            int[][] rows = new int[Math.min(ROWS, vocabulary - first)][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = new int[] {separator, first + i};
            }
            float[] both = buffer.activations(rows);
            for (int i = 0; i < rows.length; i++) {
                System.arraycopy(both, (2 * i + 1) * width, table, (first + i) * width, width);
            }
        }
        return table;
    }
}
