package loupe.index;

import java.util.Arrays;

/**
 * Every token of a corpus at which one feature is not zero.
 *
 * @param feature index of the feature
 * @param tokens running numbers of the tokens, ascending
 * @param values the activation at each; negative only for autoencoders without a ReLU
 * @param corpusTokens number of tokens counted, active or not
 */
public record FeatureActivations(int feature, int[] tokens, float[] values, long corpusTokens) {
    /** Number of tokens with a positive activation. */
    public long count() {
        long count = 0;
        for (float value : values) {
            if (value > 0) {
                count++;
            }
        }
        return count;
    }

    /** Fraction of tokens with a positive activation. */
    public double density() {
        return corpusTokens == 0 ? 0 : (double) count() / corpusTokens;
    }

    /** Largest activation, 0 if there is none. */
    public float max() {
        float max = 0;
        for (float value : values) {
            max = Math.max(max, value);
        }
        return max;
    }

    /** The activation at a token, 0 where the feature is silent. */
    public float at(int token) {
        int i = Arrays.binarySearch(tokens, token);
        return i < 0 ? 0 : values[i];
    }

    /**
     * Counts of the positive activations in equal bins between their smallest and largest value, as torch.histc does
     * (the largest belongs to the last bin).
     */
    public Histogram histogram(int bins) {
        float low = Float.POSITIVE_INFINITY;
        for (float value : values) {
            if (value > 0) {
                low = Math.min(low, value);
            }
        }
        return low == Float.POSITIVE_INFINITY
                ? Histogram.of(values, bins, 0, 1)
                : Histogram.of(values, bins, low, max());
    }

    /** Counts of the positive activations in equal bins over a given range, so that two features share their axes. */
    public Histogram histogram(int bins, double low, double high) {
        return Histogram.of(values, bins, low, high);
    }

    /**
     * Counts of the positive activations in bins of any width.
     *
     * @param edges bins + 1 ascending values; not to be written afterwards
     */
    public Histogram histogram(double[] edges) {
        long[] counts = new long[edges.length - 1];
        for (float value : values) {
            if (value > 0 && value >= edges[0] && value <= edges[counts.length]) {
                int at = Arrays.binarySearch(edges, value);
                counts[Math.min(counts.length - 1, at >= 0 ? at : -at - 2)]++;
            }
        }
        return new Histogram(edges, counts);
    }

    /** Smallest positive activation, 0 if there is none. */
    public float minPositive() {
        float min = 0;
        for (float value : values) {
            if (value > 0 && (min == 0 || value < min)) {
                min = value;
            }
        }
        return min;
    }

    /**
     * How often a feature's activations fall into each of some ranges.
     *
     * @param edges bins + 1 ascending values
     * @param counts positive activations in each bin; the last includes its upper edge
     */
    public record Histogram(double[] edges, long[] counts) {
        static Histogram of(float[] values, int bins, double low, double high) {
            if (bins < 1) {
                throw new IllegalArgumentException("bins is " + bins + ", at least 1 is needed");
            }
            double top = high > low ? high : low + Math.max(1e-6, Math.abs(low) * 1e-6);
            double[] edges = new double[bins + 1];
            for (int i = 0; i <= bins; i++) {
                edges[i] = low + (top - low) * i / bins;
            }
            long[] counts = new long[bins];
            for (float value : values) {
                if (value > 0 && value >= low && value <= top) {
                    counts[Math.min(bins - 1, (int) ((value - low) / (top - low) * bins))]++;
                }
            }
            return new Histogram(edges, counts);
        }
    }
}
