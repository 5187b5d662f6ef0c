package loupe.analysis.lens;

/**
 * How logit weights are distributed over the vocabulary. Of weights that are all equal, shape has no meaning: skewness,
 * kurtosis and two-sided mass are then NaN.
 *
 * @param deviation standard deviation, of a population
 * @param skewness mean of z^3
 * @param kurtosis mean of z^4, not in excess: 3 for a normal distribution
 * @param entropy of the softmax of the weights, in nats: ln V if all are equal
 * @param twoSidedMass twice the smaller share of the squared deviations that lies on one side of the mean: 1 if both
 *     sides weigh the same, near 0 if a few tokens on one side make up the deviation
 * @see <a href="https://www.lesswrong.com/posts/qykrYY6rXXM7EEs8Q">Bloom and Lin 2024</a>
 */
public record Moments(
        double mean, double deviation, double skewness, double kurtosis, double entropy, double twoSidedMass) {
    private static final double LN_2 = Math.log(2);
    private static final double LEAST_EXPONENT = -700;
    /** Added and taken away again, leaves the nearest whole number. */
    private static final double ROUND = 3L << 51;

    /** Two passes in float64. */
    public static Moments of(float[] values) {
        return of(values, 0, values.length);
    }

    /** The moments of the values from index {@code from} to {@code to}, exclusive. */
    public static Moments of(float[] values, int from, int to) {
        int count = to - from;
        double sum = 0;
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) {
            sum += values[i];
            largest = values[i] > largest ? values[i] : largest;
        }
        double mean = sum / count;
        double second = 0;
        double third = 0;
        double fourth = 0;
        double oneSided = 0; // the squares above the mean less those below
        double partition = 0;
        double weighted = 0;
        for (int i = from; i < to; i++) {
            double d = values[i] - mean;
            double square = d * d;
            second += square;
            third += square * d;
            fourth += square * square;
            oneSided += d * Math.abs(d);
            double below = values[i] - largest;
            double p = exponential(below);
            partition += p;
            weighted += p * below;
        }
        double variance = second / count;
        boolean flat = !(variance > 0);
        return new Moments(
                mean,
                Math.sqrt(variance),
                flat ? Double.NaN : third / count / Math.pow(variance, 1.5),
                flat ? Double.NaN : fourth / count / (variance * variance),
                Math.log(partition) - weighted / partition,
                flat ? Double.NaN : 1 - Math.abs(oneSided) / second);
    }

    /**
     * e^x for x at most 0, to 1e-11 of it: a call of the library's for each token of each feature would take as long as
     * all the rest.
     */
    static double exponential(double x) {
        if (x < LEAST_EXPONENT) {
            return 0;
        }
        double twos = x * (1 / LN_2) + ROUND - ROUND;
        double r = x - twos * LN_2;
        double even = r * r;
        double p = 1
                + r
                + even * (1.0 / 2 + r * (1.0 / 6))
                + even * even * (1.0 / 24 + r * (1.0 / 120) + even * (1.0 / 720 + r * (1.0 / 5040)))
                + even * even * even * even * (1.0 / 40320 + r * (1.0 / 362880));
        return p * Double.longBitsToDouble((long) ((int) twos + 1023) << 52);
    }
}
