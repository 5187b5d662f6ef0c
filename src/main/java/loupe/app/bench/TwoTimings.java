package loupe.app.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;

/**
 * Two pieces of work beside each other, in turn, so that whatever else the machine does in a while slows both down.
 *
 * @param ratios of the first piece's time over the second's, run by run
 */
record TwoTimings(Timing first, Timing second, double[] ratios) {
    /** Runs of both in turn, after {@code warmUp} that are not counted. */
    static TwoTimings of(int warmUp, int runs, Runnable first, Runnable second) {
        double[] firsts = new double[runs];
        double[] seconds = new double[runs];
        double[] ratios = new double[runs];
        for (int i = -warmUp; i < runs; i++) {
            double one = seconds(first);
            double other = seconds(second);
            if (i >= 0) {
                firsts[i] = one;
                seconds[i] = other;
                ratios[i] = one / other;
            }
        }
        return new TwoTimings(Timing.of(firsts), Timing.of(seconds), ratios);
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    /** How many times the second the first takes, beside what it may take at most. */
    Ratio ratio(double limit) {
        double[] sorted = ratios.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return new Ratio((sorted[n / 2] + sorted[(n - 1) / 2]) / 2, first.best() / second.best(), sorted[n - 1], limit);
    }

    /**
     * What is printed.
     *
     * @param median of the ratios of runs one after the other
     * @param ofBests the best of all runs of the one over the best of the other
     * @param largest of the ratios
     */
    record Ratio(double median, @JsonProperty("of_bests") double ofBests, double largest, double limit) {}
}
