package loupe.analysis.effects;

import java.util.Arrays;
import java.util.Random;

/**
 * The mean of values with the percentile bootstrap's 95 % interval: the 2.5th and 97.5th percentile of the means of as
 * many values drawn with replacement, again and again.
 *
 * @param count values
 * @param mean NaN if there are none
 * @param low lower end; the mean itself for one value
 * @param high upper end
 */
public record Bootstrap(int count, double mean, double low, double high) {
    /** Drawings that commands and panes make. */
    public static final int RESAMPLES = 2_000;

    private static final double TAIL = 0.025;

    /**
     * The mean of all values that are numbers.
     *
     * @param resamples how often values are drawn
     * @param seed one seed gives one interval
     */
    public static Bootstrap of(double[] all, int resamples, long seed) {
        double[] values =
                Arrays.stream(all).filter(value -> !Double.isNaN(value)).toArray();
        if (values.length == 0) {
            return new Bootstrap(0, Double.NaN, Double.NaN, Double.NaN);
        }
        Random random = new Random(seed);
        double[] means = new double[resamples];
        for (int r = 0; r < resamples; r++) {
            double sum = 0;
            for (int i = 0; i < values.length; i++) {
                sum += values[random.nextInt(values.length)];
            }
            means[r] = sum / values.length;
        }
        Arrays.sort(means);
        return new Bootstrap(
                values.length,
                Arrays.stream(values).sum() / values.length,
                percentile(means, TAIL),
                percentile(means, 1 - TAIL));
    }

    /** With linear interpolation between the two nearest. */
    static double percentile(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) Math.floor(place);
        int above = Math.min(sorted.length - 1, below + 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
