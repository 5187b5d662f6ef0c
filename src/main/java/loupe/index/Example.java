package loupe.index;

import java.util.Arrays;
import loupe.sae.SparseFeatures;
import org.jspecify.annotations.Nullable;

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

    /** Whether the other shows the same text, at the same place, with the same activations. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Example same
                && token == same.token
                && focus == same.focus
                && document == same.document
                && position == same.position
                && Arrays.equals(ids, same.ids)
                && Arrays.equals(values, same.values);
    }

    @Override
    public int hashCode() {
        return 31 * token + Arrays.hashCode(values);
    }
}
