package loupe.analysis.geometry;

import java.util.Arrays;
import loupe.analysis.features.Histogram;

/**
 * What the k-th largest cosines of many vectors are together. Vectors that have none are left out.
 *
 * @param vectors that have one
 * @param mean NaN, as all the others, if none has one
 * @param median the mean of the two in the middle if their number is even
 * @param histogram in equal bins from -1 to 1
 */
public record CosineSummary(int vectors, double mean, double median, double max, double min, Histogram histogram) {
    /** Summarises what is known. */
    public static CosineSummary of(float[] cosines, int bins) {
        float[] known = known(cosines);
        Arrays.sort(known);
        double sum = 0;
        for (float cosine : known) {
            sum += cosine;
        }
        int n = known.length;
        return new CosineSummary(
                n,
                n == 0 ? Double.NaN : sum / n,
                n == 0 ? Double.NaN : (known[(n - 1) / 2] + (double) known[n / 2]) / 2,
                n == 0 ? Double.NaN : known[n - 1],
                n == 0 ? Double.NaN : known[0],
                histogram(known, bins));
    }

    /** Counts from -1 to 1. What rounding puts beyond an end is counted with it. */
    public static Histogram histogram(float[] cosines, int bins) {
        float[] within = known(cosines);
        for (int i = 0; i < within.length; i++) {
            within[i] = Math.max(-1, Math.min(1, within[i]));
        }
        return Histogram.of(within, -1, 1, bins);
    }

    private static float[] known(float[] cosines) {
        float[] known = new float[cosines.length];
        int count = 0;
        for (float cosine : cosines) {
            if (!Float.isNaN(cosine)) {
                known[count++] = cosine;
            }
        }
        return Arrays.copyOf(known, count);
    }

    /** The root mean square of the cosine of two random directions in so many dimensions. */
    public static double rootMeanSquare(int width) {
        return 1 / Math.sqrt(width);
    }

    /**
     * About the largest cosine of a random direction with n others: (a - (ln ln n + ln 4 pi) / 2a) / sqrt(d), where a =
     * sqrt(2 ln n). NaN for fewer than two.
     */
    public static double expectedLargest(int count, int width) {
        double a = Math.sqrt(2 * Math.log(count));
        return count < 2
                ? Double.NaN
                : (a - (Math.log(Math.log(count)) + Math.log(4 * Math.PI)) / (2 * a)) / Math.sqrt(width);
    }
}
