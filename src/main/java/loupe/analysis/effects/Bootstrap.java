package loupe.analysis.effects;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The mean of values with the percentile bootstrap's 95 % interval: the 2.5th and 97.5th percentile of the means of as
 * many values drawn with replacement, again and again.
 *
 * @param count values, or units that were drawn
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

    /**
     * A mean over things of which each unit has several, such as tokens of contexts: units are drawn, and the mean is
     * taken over what is in them.
     *
     * @param sums over the things in each unit
     * @param counts how many those are
     */
    public record OfUnits(double[] sums, double[] counts) {
        double mean() {
            return Arrays.stream(sums).sum() / Arrays.stream(counts).sum();
        }
    }

    /**
     * Several such means over the same units, which are drawn once for all.
     *
     * @param resamples how often units are drawn
     * @param seed one seed gives the same intervals
     */
    public static List<Bootstrap> of(List<OfUnits> means, int resamples, long seed) {
        int units = means.isEmpty() ? 0 : means.get(0).sums().length;
        Random random = new Random(seed);
        double[][] drawn = new double[means.size()][resamples];
        int[] times = new int[units];
        for (int r = 0; r < resamples; r++) {
            Arrays.fill(times, 0);
            for (int i = 0; i < units; i++) {
                times[random.nextInt(units)]++;
            }
            for (int m = 0; m < drawn.length; m++) {
                double sum = 0;
                double count = 0;
                for (int unit = 0; unit < units; unit++) {
                    sum += times[unit] * means.get(m).sums()[unit];
                    count += times[unit] * means.get(m).counts()[unit];
                }
                drawn[m][r] = sum / count;
            }
        }
        List<Bootstrap> found = new ArrayList<>();
        for (int m = 0; m < drawn.length; m++) {
            double[] sorted = Arrays.stream(drawn[m])
                    .filter(mean -> !Double.isNaN(mean)) // units without a thing
                    .sorted()
                    .toArray();
            found.add(
                    sorted.length == 0
                            ? new Bootstrap(units, Double.NaN, Double.NaN, Double.NaN)
                            : new Bootstrap(
                                    units,
                                    means.get(m).mean(),
                                    percentile(sorted, TAIL),
                                    percentile(sorted, 1 - TAIL)));
        }
        return found;
    }

    /** With linear interpolation between the two nearest. */
    static double percentile(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) Math.floor(place);
        int above = Math.min(sorted.length - 1, below + 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
