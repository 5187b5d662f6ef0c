package loupe.index;

import java.util.Arrays;
import loupe.sae.SparseFeatures;

/**
 * Every token of a corpus at which one feature is active.
 *
 * @param feature index of the feature
 * @param tokens running numbers of the tokens, ascending
 * @param values the activation at each; negative only for autoencoders without a ReLU
 * @param corpusTokens number of tokens counted, active or not
 */
public record FeatureActivations(int feature, int[] tokens, float[] values, long corpusTokens) {
    /** Number of tokens at which the feature is active. */
    public long count() {
        long count = 0;
        for (float value : values) {
            if (SparseFeatures.isActive(value)) {
                count++;
            }
        }
        return count;
    }

    /** Fraction of tokens at which the feature is active. */
    public double density() {
        return corpusTokens == 0 ? 0 : (double) count() / corpusTokens;
    }

    /** Mean of the activations, with their signs; 0 if there are none. */
    public double mean() {
        double sum = 0;
        for (float value : values) {
            sum += SparseFeatures.isActive(value) ? value : 0;
        }
        return sum / Math.max(1, count());
    }

    /** Largest activation, 0 if there is none; negative if all are. */
    public float max() {
        float max = Float.NEGATIVE_INFINITY;
        for (float value : values) {
            max = SparseFeatures.isActive(value) ? Math.max(max, value) : max;
        }
        return max == Float.NEGATIVE_INFINITY ? 0 : max;
    }

    /** Smallest activation, 0 if there is none; positive if all are. */
    public float min() {
        float min = Float.POSITIVE_INFINITY;
        for (float value : values) {
            min = SparseFeatures.isActive(value) ? Math.min(min, value) : min;
        }
        return min == Float.POSITIVE_INFINITY ? 0 : min;
    }

    /** The largest absolute value of an activation, 0 if there is none. */
    public float strongest() {
        return Math.max(Math.abs(max()), Math.abs(min()));
    }

    /** The activation at a token, 0 where the feature is silent. */
    public float at(int token) {
        int i = Arrays.binarySearch(tokens, token);
        return i < 0 ? 0 : values[i];
    }

    /**
     * Counts of the activations in equal bins between the smallest and the largest, as torch.histc does (the largest
     * belongs to the last bin).
     */
    public Histogram histogram(int bins) {
        return count() == 0 ? Histogram.of(values, bins, 0, 1) : Histogram.of(values, bins, min(), max());
    }

    /** Counts of the activations in equal bins over a given range, so that two features share their axes. */
    public Histogram histogram(int bins, double low, double high) {
        return Histogram.of(values, bins, low, high);
    }

    /**
     * Counts of the activations in bins of any width.
     *
     * @param edges bins + 1 ascending values; not to be written afterwards
     */
    public Histogram histogram(double[] edges) {
        long[] counts = new long[edges.length - 1];
        for (float value : values) {
            if (SparseFeatures.isActive(value) && value >= edges[0] && value <= edges[counts.length]) {
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
     * @param counts activations in each bin; the last includes its upper edge
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
                if (SparseFeatures.isActive(value) && value >= low && value <= top) {
                    counts[Math.min(bins - 1, (int) ((value - low) / (top - low) * bins))]++;
                }
            }
            return new Histogram(edges, counts);
        }
    }
}
