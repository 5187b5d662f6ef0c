package loupe.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/**
 * What the device can do at best, measured: float32 matrix products and reading memory. Benchmarks are reported
 * relative to it, because machines differ and share their cores.
 *
 * @param repeats how often each is measured
 * @param reading whether reading is measured too, which takes a second and 1 GiB
 */
public record MachinePeak(int repeats, boolean reading) implements Query.Single<MachinePeak.Answer> {
    private static final int SIDE = 2048;
    private static final long READ_FLOATS = 1L << 28;

    /** Measures matrix products and reading. */
    public MachinePeak(int repeats) {
        this(repeats, true);
    }

    @Override
    public Answer answer(Scope scope) {
        NDManager arrays = scope.arrays();
        NDArray a = arrays.randomUniform(-1, 1, new Shape(SIDE, SIDE));
        NDArray b = arrays.randomUniform(-1, 1, new Shape(SIDE, SIDE));
        double product = best(scope, () -> {
            try (NDArray c = a.matMul(b)) {
                c.getFloat(0, 0);
            }
        });
        double flops = 2.0 * SIDE * SIDE * SIDE;
        if (!reading) {
            return new Answer(flops / product / 1e9, Double.NaN);
        }
        NDArray memory = arrays.ones(new Shape(READ_FLOATS), DataType.FLOAT32);
        double read = best(scope, () -> {
            try (NDArray sum = memory.sum()) {
                sum.getFloat();
            }
        });
        return new Answer(flops / product / 1e9, 4.0 * READ_FLOATS / read / 1e9);
    }

    /** Seconds of the fastest run, after one warm-up run. */
    private double best(Scope scope, Runnable work) {
        work.run();
        double[] seconds = new double[repeats];
        for (int i = 0; i < repeats; i++) {
            scope.cancellation().check();
            long start = System.nanoTime();
            work.run();
            seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        return Arrays.stream(seconds).min().orElseThrow();
    }

    /** False: each question measures anew. */
    @Override
    public boolean cacheable() {
        return false;
    }

    /**
     * How fast the machine computes and reads memory at best.
     *
     * @param sgemmGflops 10^9 floating-point operations per second in a product of two 2048 x 2048 matrices
     * @param readGbPerSecond 10^9 bytes per second, summing 1 GiB; NaN if not measured
     */
    public record Answer(double sgemmGflops, double readGbPerSecond) {}
}
