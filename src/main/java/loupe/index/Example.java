package loupe.index;

import loupe.sae.SparseFeatures;

/**
 * A stretch of text around a token, with a feature's activation at each token.
 *
 * @param ids token ids
 * @param values the feature's activation at each
 * @param focus index in {@code ids} of the token the example was chosen for
 * @param document running number of the document
 * @param token running number of the focus token in the corpus
 * @param position that the model gave the focus token: in its document, or in its context if documents run on
 */
public record Example(int[] ids, float[] values, int focus, int document, int token, int position) {
    /** The activation the example was chosen for. */
    public float activation() {
        return values[focus];
    }

    /** Whether the feature is active nowhere in it. */
    public boolean isSilent() {
        for (float value : values) {
            if (SparseFeatures.isActive(value)) {
                return false;
            }
        }
        return true;
    }
}
