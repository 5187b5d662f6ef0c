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
            largest = Math.max(largest, values[i]);
        }
        double mean = sum / count;
        double second = 0;
        double third = 0;
        double fourth = 0;
        double above = 0;
        double partition = 0;
        double weighted = 0;
        for (int i = from; i < to; i++) {
            double d = values[i] - mean;
            double square = d * d;
            second += square;
            third += square * d;
            fourth += square * square;
            above += d > 0 ? square : 0;
            double below = values[i] - largest;
            double p = Math.exp(below);
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
                flat ? Double.NaN : 2 * Math.min(above, second - above) / second);
    }
}
