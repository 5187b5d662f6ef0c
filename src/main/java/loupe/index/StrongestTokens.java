package loupe.index;

import java.util.Arrays;
import loupe.sae.SparseFeatures;

/** Keeps the tokens of the strongest activations of each feature, as they come token by token. One thread. */
final class StrongestTokens {
    private final int most;
    private final int[] tokens;
    private final float[] values;
    private final int[] counts;

    /** @param most of each feature, at least 1 */
    StrongestTokens(int features, int most) {
        this.most = most;
        tokens = new int[Math.multiplyExact(features, most)];
        values = new float[tokens.length];
        counts = new int[features];
    }

    /** Takes one activation; those of a feature in the order of their tokens. */
    void add(int feature, int token, float value) {
        float strength = Math.abs(value);
        int first = feature * most;
        int count = counts[feature];
        if (!SparseFeatures.isActive(value) || (count == most && strength <= values[first + most - 1])) {
            return;
        }
        int place = count == most ? most - 1 : count;
        while (place > 0 && values[first + place - 1] < strength) {
            values[first + place] = values[first + place - 1];
            tokens[first + place] = tokens[first + place - 1];
            place--;
        }
        values[first + place] = strength;
        tokens[first + place] = token;
        counts[feature] = Math.min(most, count + 1);
    }

    /** For each feature its tokens, strongest first. */
    int[][] all() {
        int[][] all = new int[counts.length][];
        Arrays.setAll(all, feature -> Arrays.copyOfRange(tokens, feature * most, feature * most + counts[feature]));
        return all;
    }
}
