package loupe.index;

/**
 * Statistics of every feature of one autoencoder over the tokens counted; arrays have one entry a feature and are not
 * to be written.
 *
 * @param corpusTokens number of tokens counted
 * @param count tokens with a positive activation
 * @param sum of the positive activations
 * @param sumOfSquares of the positive activations
 * @param max largest activation, 0 for a feature that never fires
 * @param minPositive smallest positive activation, 0 for a feature that never fires
 */
public record FeatureStatistics(
        long corpusTokens, long[] count, double[] sum, double[] sumOfSquares, float[] max, float[] minPositive) {
    /** Statistics of {@code features} features before any token was seen. */
    static FeatureStatistics empty(int features) {
        return new FeatureStatistics(
                0,
                new long[features],
                new double[features],
                new double[features],
                new float[features],
                new float[features]);
    }

    public int features() {
        return count.length;
    }

    /** Activation density: the fraction of tokens at which the feature is positive. */
    public double density(int feature) {
        return corpusTokens == 0 ? 0 : (double) count[feature] / corpusTokens;
    }

    /** Mean of the positive activations, 0 for a feature that never fires. */
    public double mean(int feature) {
        return count[feature] == 0 ? 0 : sum[feature] / count[feature];
    }

    /** Standard deviation of the positive activations, 0 for a feature that never fires. */
    public double deviation(int feature) {
        return count[feature] == 0
                ? 0
                : Math.sqrt(Math.max(0, sumOfSquares[feature] / count[feature] - mean(feature) * mean(feature)));
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
        return new FeatureStatistics(tokens, count, sum, sumOfSquares, max, minPositive);
    }

    /** Adds one activation; zero and negative ones do not count. */
    void add(int feature, float value) {
        if (value > 0) {
            count[feature]++;
            sum[feature] += value;
            sumOfSquares[feature] += (double) value * value;
            max[feature] = Math.max(max[feature], value);
            minPositive[feature] = minPositive[feature] == 0 ? value : Math.min(minPositive[feature], value);
        }
    }

    FeatureStatistics copy() {
        return new FeatureStatistics(
                corpusTokens, count.clone(), sum.clone(), sumOfSquares.clone(), max.clone(), minPositive.clone());
    }
}
