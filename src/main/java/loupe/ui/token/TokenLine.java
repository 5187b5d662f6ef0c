package loupe.ui.token;

import java.util.Objects;

/**
 * A stretch of tokens with a feature's activation at each.
 *
 * @param texts each token's text, with its spaces; not to be written
 * @param ids each token's id; not to be written
 * @param activations the feature's activation at each token; not to be written
 * @param peak the token that the line is shown for, such as the one of the largest activation
 */
public record TokenLine(String[] texts, int[] ids, float[] activations, int peak) {
    public TokenLine {
        Objects.requireNonNull(texts, "texts");
        if (ids.length != texts.length || activations.length != texts.length) {
            throw new IllegalArgumentException(
                    "texts has " + texts.length + " tokens, ids " + ids.length + ", activations " + activations.length);
        }
        if (texts.length > 0 && (peak < 0 || peak >= texts.length)) {
            throw new IllegalArgumentException("peak is " + peak + ", the line has " + texts.length + " tokens");
        }
    }

    public static TokenLine empty() {
        return new TokenLine(new String[0], new int[0], new float[0], 0);
    }

    /** The tokens as one reads them. */
    public String sentence() {
        return TokenText.sentence(String.join("", texts));
    }
}
