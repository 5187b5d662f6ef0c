package loupe.analysis.effects;

import java.util.Arrays;
import java.util.OptionalDouble;

/** Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of their ranks. */
final class RankCorrelation {
    private RankCorrelation() {}

    /** The correlation; empty if there are fewer than two values, or all of one side are equal. */
    static OptionalDouble of(double[] a, double[] b) {
        double[] ranksA = ranks(a);
        double[] ranksB = ranks(b);
        double mean = (a.length - 1) / 2.0;
        double products = 0;
        double squaresA = 0;
        double squaresB = 0;
        for (int i = 0; i < a.length; i++) {
            products += (ranksA[i] - mean) * (ranksB[i] - mean);
            squaresA += (ranksA[i] - mean) * (ranksA[i] - mean);
            squaresB += (ranksB[i] - mean) * (ranksB[i] - mean);
        }
        return squaresA == 0 || squaresB == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(products / Math.sqrt(squaresA * squaresB));
    }

    /** Ranks from 0. */
    static double[] ranks(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double[] shared = new double[sorted.length];
        for (int from = 0; from < sorted.length; ) {
            int to = from + 1;
            while (to < sorted.length && sorted[to] == sorted[from]) {
                to++;
            }
            Arrays.fill(shared, from, to, (from + to - 1) / 2.0);
            from = to;
        }
        double[] ranks = new double[values.length];
        Arrays.setAll(ranks, i -> shared[Arrays.binarySearch(sorted, values[i])]);
        return ranks;
    }
}
