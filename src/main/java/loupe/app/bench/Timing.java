package loupe.app.bench;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * Repeated measurements of one quantity.
 *
 * @param unit {@code s}, {@code ms}, {@code tokens/s}, {@code GFLOP/s} ...
 */
public record Timing(double median, double best, String unit) {
    /** Seconds of {@code runs} runs of some work, after {@code warmUp} runs that are not counted. */
    static Timing of(int warmUp, int runs, Runnable work) {
        double[] seconds = new double[runs];
        for (int i = -warmUp; i < runs; i++) {
            long start = System.nanoTime();
            work.run();
            if (i >= 0) {
                seconds[i] = (System.nanoTime() - start) / 1e9;
            }
        }
        return of(seconds);
    }

    /** Measured seconds, in any order. */
    public static Timing of(double[] seconds) {
        double[] sorted = seconds.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return new Timing((sorted[n / 2] + sorted[(n - 1) / 2]) / 2, sorted[0], "s");
    }

    /** Another quantity that follows from the seconds, such as a rate. */
    Timing as(String newUnit, DoubleUnaryOperator fromSeconds) {
        return new Timing(fromSeconds.applyAsDouble(median), fromSeconds.applyAsDouble(best), newUnit);
    }

    public Timing milliseconds() {
        return as("ms", seconds -> seconds * 1e3);
    }
}
