package loupe.state.corpus;

import java.util.Arrays;
import loupe.base.Cancellation;
import loupe.index.FeatureActivations;
import loupe.state.pane.HostQuestion;

/**
 * Counts in bins from 0, or from the smallest activation if that is negative, to the largest activation on either side.
 *
 * @param from positive for bins of equal ratios that begin there
 */
public record ActivationBins(FeatureActivations activations, int bins, double from, double upper, boolean cumulative)
        implements HostQuestion<FeatureActivations.Histogram> {
    /** What part of a bin may be due to rounding. */
    private static final double ROUNDING = 1e-9;

    /**
     * The bins of one feature by itself.
     *
     * @param logarithmic whether they are of equal ratios; where there are negative activations they never are
     */
    public static ActivationBins of(FeatureActivations activations, int bins, boolean logarithmic, boolean cumulative) {
        double least = activations.min() < 0 ? activations.min() : activations.minPositive();
        return new ActivationBins(
                activations,
                bins,
                logarithmic ? least : Math.min(0, least),
                Math.max(0, activations.max()),
                cumulative);
    }

    @Override
    public FeatureActivations.Histogram answer(Cancellation cancellation) {
        FeatureActivations.Histogram counted = from < 0
                ? activations.histogram(aroundZero())
                : from > 0 && upper > from
                        ? activations.histogram(ratios())
                        : activations.histogram(bins, 0, Math.max(upper, Float.MIN_NORMAL));
        return cumulative ? new FeatureActivations.Histogram(counted.edges(), added(counted.counts())) : counted;
    }

    /** Equal bins, about as many as wanted, with an edge at 0, so that no bar counts both signs. */
    private double[] aroundZero() {
        double width = (upper - from) / bins;
        int below = (int) Math.ceil(-from / width - ROUNDING);
        int above = (int) Math.ceil(upper / width - ROUNDING);
        double[] edges = new double[below + above + 1];
        for (int i = 0; i < edges.length; i++) {
            edges[i] = (i - below) * width;
        }
        edges[0] = Math.min(edges[0], from);
        edges[edges.length - 1] = Math.max(edges[edges.length - 1], upper);
        return edges;
    }

    private double[] ratios() {
        double[] edges = new double[bins + 1];
        for (int i = 0; i <= bins; i++) {
            edges[i] = from * Math.pow(upper / from, (double) i / bins);
        }
        edges[bins] = upper;
        return edges;
    }

    private static long[] added(long[] counts) {
        long[] sums = counts.clone();
        Arrays.parallelPrefix(sums, Long::sum);
        return sums;
    }
}
