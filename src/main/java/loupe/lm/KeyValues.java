package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;

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

    /** Those of all layers as one array, (2 layers, B, K, S, dHead), keys and values of a layer one after the other. */
    public static NDArray joined(List<KeyValues> layers) {
        NDList all = new NDList();
        for (KeyValues layer : layers) {
            all.add(layer.keys());
            all.add(layer.values());
        }
        return NDArrays.stack(all);
    }

    /** The layers of what {@link #joined} gives. */
    public static List<KeyValues> apart(NDArray joined) {
        List<KeyValues> layers = new ArrayList<>();
        for (long at = 0; at < joined.getShape().get(0); at += 2) {
            layers.add(new KeyValues(joined.get(at), joined.get(at + 1)));
        }
        return layers;
    }
}
