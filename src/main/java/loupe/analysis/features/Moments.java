package loupe.analysis.features;

/**
 * Population moments of logit weights over the vocabulary.
 *
 * @param deviation standard deviation
 * @param skewness mean of z^3; 0 when all values are equal
 * @param kurtosis mean of z^4, not in excess: 3 for a normal distribution; 0 when all values are equal
 * @see <a href="https://www.lesswrong.com/posts/qykrYY6rXXM7EEs8Q">Bloom and Lin 2024</a>
 */
public record Moments(double mean, double deviation, double skewness, double kurtosis) {
    /** Two passes in float64. */
    public static Moments of(float[] values) {
        return of(values, 0, values.length);
    }

    /** The moments of the values from index {@code from} to {@code to}, exclusive. */
    public static Moments of(float[] values, int from, int to) {
        int count = to - from;
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += values[i];
        }
        double mean = sum / count;
        double second = 0;
        double third = 0;
        double fourth = 0;
        for (int i = from; i < to; i++) {
            double d = values[i] - mean;
            double square = d * d;
            second += square;
            third += square * d;
            fourth += square * square;
        }
        double variance = second / count;
        boolean flat = !(variance > 0);
        return new Moments(
                mean,
                Math.sqrt(variance),
                flat ? 0 : third / count / Math.pow(variance, 1.5),
                flat ? 0 : fourth / count / (variance * variance));
    }
}
