package loupe.analysis.lens;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Adjusts p-values for how many were looked at. */
public final class FalseDiscovery {
    private FalseDiscovery() {}

    /**
     * The smallest false discovery rate at which each would be found, by Benjamini and Hochberg: at rank r of m rising
     * p-values the least p m / r from there on. NaN stays NaN and is not counted.
     */
    public static double[] adjusted(double[] p) {
        int[] rising = IntStream.range(0, p.length)
                .filter(i -> !Double.isNaN(p[i]))
                .boxed()
                .sorted((a, b) -> Double.compare(p[a], p[b]))
                .mapToInt(i -> i)
                .toArray();
        double[] q = new double[p.length];
        Arrays.fill(q, Double.NaN);
        double least = 1;
        for (int rank = rising.length; rank >= 1; rank--) {
            int i = rising[rank - 1];
            least = Math.min(least, p[i] * rising.length / rank);
            q[i] = least;
        }
        return q;
    }
}
