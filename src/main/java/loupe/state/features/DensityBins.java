package loupe.state.features;

import java.util.Arrays;
import java.util.Locale;
import loupe.search.FeatureFilter;

/**
 * A histogram of activation densities, in equal bins of their logarithm. Edges are rounded to three digits, so that
 * they are counted by the same edges as are written out.
 *
 * @param edges ascending densities, one more than bins; a bin has its lower edge and not its upper
 * @param counts features in each bin
 * @param silent features that are never active, which no bin has
 */
public record DensityBins(double[] edges, long[] counts, int silent) {
    private static final int PER_DECADE = 5;

    /**
     * Bins of equal ratios that hold all densities above 0.
     *
     * @param densities one a feature; NaN where it is not known, which is not counted
     */
    public static DensityBins of(double[] densities) {
        double least =
                Arrays.stream(densities).filter(density -> density > 0).min().orElse(1);
        double most =
                Arrays.stream(densities).filter(density -> density > 0).max().orElse(1);
        int first = (int) Math.floor(Math.log10(least) * PER_DECADE)
                - (edge((int) Math.floor(Math.log10(least) * PER_DECADE)) > least ? 1 : 0);
        int last = first + 1;
        while (edge(last) <= most) {
            last++;
        }
        double[] edges = new double[last - first + 1];
        for (int i = 0; i < edges.length; i++) {
            edges[i] = edge(first + i);
        }
        long[] counts = new long[edges.length - 1];
        int silent = 0;
        for (double density : densities) {
            if (density > 0) {
                int found = Arrays.binarySearch(edges, density);
                counts[found >= 0 ? found : -found - 2]++;
            } else if (density == 0) {
                silent++;
            }
        }
        return new DensityBins(edges, counts, silent);
    }

    private static double edge(int step) {
        return Double.parseDouble(written(Math.pow(10, (double) step / PER_DECADE)));
    }

    private static String written(double density) {
        return String.format(Locale.ROOT, "%.2e", density);
    }

    /** The bounds of the densities between two edges, as {@link FeatureFilter} reads them. */
    public static String filter(double from, double to) {
        return "density>=" + written(from) + " density<" + written(to);
    }

    /** The filter as typed, without bounds of the density. */
    public static String withoutBounds(String typed) {
        return typed.replaceAll("(?i)density\\s*(<=|>=|<|>|=)\\s*[-+0-9.e]+%?", "")
                .strip()
                .replaceAll("\\s+", " ");
    }
}
