package loupe.lm;

import ai.djl.ndarray.NDArray;

/**
 * Keys (after rotation, where there is any) and values of one layer, each (B, K, S, dHead): K = nKeyValueHeads, S
 * tokens.
 */
public record KeyValues(NDArray keys, NDArray values) {
    public KeyValues {
        if (!keys.getShape().equals(values.getShape()) || keys.getShape().dimension() != 4) {
            throw new IllegalArgumentException("keys are " + keys.getShape() + " and values " + values.getShape()
                    + ", expected the same (rows, heads, tokens, dHead)");
        }
    }

    /** Number of tokens, S. */
    public long tokens() {
        return keys.getShape().get(2);
    }
}
