package loupe.index;

import loupe.analysis.WilsonInterval;
import loupe.sae.SparseFeatures;

/**
 * Statistics of every feature of one autoencoder over the tokens counted; arrays have one entry a feature and are not
 * to be written. Of autoencoders without a ReLU, negative activations count as positive ones do, with their signs.
 *
 * @param corpusTokens number of tokens counted
 * @param count tokens at which the feature is active: its activation is not 0
 * @param sum of the activations
 * @param sumOfSquares of the activations
 * @param mass the sum of their absolute values
 * @param max largest activation, 0 for a feature that never fires; negative if all are
 * @param min smallest activation, 0 for a feature that never fires; positive if all are
 */
public record FeatureStatistics(
        long corpusTokens, long[] count, double[] sum, double[] sumOfSquares, double[] mass, float[] max, float[] min) {
    /** Statistics of {@code features} features before any token was seen. */
    static FeatureStatistics empty(int features) {
        return new FeatureStatistics(
                0,
                new long[features],
                new double[features],
                new double[features],
                new double[features],
                new float[features],
                new float[features]);
    }

    public int features() {
        return count.length;
    }

    /** Activation density: the fraction of tokens at which the feature is active. */
    public double density(int feature) {
        return corpusTokens == 0 ? 0 : (double) count[feature] / corpusTokens;
    }

    /**
     * The Wilson score interval of the activation density at 95 %, as if the tokens were drawn one by one: a corpus of
     * long documents says less than that.
     *
     * @return its ends; 0 and 1 if nothing has been counted
     */
    public double[] densityInterval(int feature) {
        WilsonInterval interval = WilsonInterval.of(count[feature], corpusTokens);
        return new double[] {interval.low(), interval.high()};
    }

    /** Mean of the activations, with their signs; 0 for a feature that never fires. */
    public double mean(int feature) {
        return count[feature] == 0 ? 0 : sum[feature] / count[feature];
    }

    /** Standard deviation of the activations, 0 for a feature that never fires. */
    public double deviation(int feature) {
        return count[feature] == 0
                ? 0
                : Math.sqrt(Math.max(0, sumOfSquares[feature] / count[feature] - mean(feature) * mean(feature)));
    }

    /** The largest absolute value of an activation, 0 for a feature that never fires. */
    public float strongest(int feature) {
        return Math.max(Math.abs(max[feature]), Math.abs(min[feature]));
    }

    /** Number of features that never fired. */
    public int dead() {
        int dead = 0;
        for (long c : count) {
            if (c == 0) {
                dead++;
            }
        }
        return dead;
    }

    /** A copy with {@code tokens} more tokens counted. */
    FeatureStatistics withTokens(long tokens) {
        return new FeatureStatistics(tokens, count, sum, sumOfSquares, mass, max, min);
    }

    /** Adds one activation; 0 does not count. */
    void add(int feature, float value) {
        if (SparseFeatures.isActive(value)) {
            boolean first = count[feature]++ == 0;
            sum[feature] += value;
            sumOfSquares[feature] += (double) value * value;
            mass[feature] += Math.abs(value);
            max[feature] = first ? value : Math.max(max[feature], value);
            min[feature] = first ? value : Math.min(min[feature], value);
        }
    }

    FeatureStatistics copy() {
        return new FeatureStatistics(
                corpusTokens, count.clone(), sum.clone(), sumOfSquares.clone(), mass.clone(), max.clone(), min.clone());
    }
}
