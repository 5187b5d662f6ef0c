package loupe.analysis.tokenbias;

import java.util.Arrays;

/**
 * Where some numbers lie. Percentiles are interpolated linearly between the sorted numbers, as NumPy does; all are NaN
 * of no numbers.
 *
 * @param sd standard deviation of these numbers themselves, not an estimate from a sample
 * @param p5 the number that a twentieth lies below
 * @param p95 the number that a twentieth lies above
 */
public record ValueSummary(double mean, double sd, double min, double p5, double median, double p95, double max) {
    /** The summary of some numbers, none of them NaN. */
    public static ValueSummary of(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double mean = Arrays.stream(values).average().orElse(Double.NaN);
        double squares = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElse(Double.NaN);
        return new ValueSummary(
                mean,
                Math.sqrt(squares),
                percentile(sorted, 0),
                percentile(sorted, 0.05),
                percentile(sorted, 0.5),
                percentile(sorted, 0.95),
                percentile(sorted, 1));
    }

    /** The median of some numbers; NaN of none. */
    public static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return percentile(sorted, 0.5);
    }

    /** The number below which a share of sorted ones lies. */
    static double percentile(double[] sorted, double share) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(sorted.length - 1, below + 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
