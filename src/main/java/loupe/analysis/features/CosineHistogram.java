package loupe.analysis.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Random;
import loupe.analysis.DeviceArrays;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;

/**
 * For every feature the 1st, 10th and 100th largest cosine of its direction with any other feature's, and the same for
 * as many random unit vectors of the same dimension. All pairs, in row blocks; the full matrix never exists. The random
 * vectors are rows of independent normal coordinates, which have the direction of uniform random unit vectors.
 *
 * @param encoder whether encoder directions are compared; else decoder directions
 * @param seed of the random vectors
 * @see <a href="https://github.com/jacobcd52/SAE-geometry">SAE geometry</a> ({@code src/site/markdown/methods.md},
 *     section 5, "Interference of features")
 */
public record CosineHistogram(SaeId sae, boolean encoder, long seed) implements Query.Stepped<CosineHistogram.Answer> {
    private static final int[] RANKS = {1, 10, 100};
    private static final long ELEMENTS_PER_STEP = 1 << 22;

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(this);
    }

    @Override
    public long bytes(Answer answer) {
        return answer.features().nearest().length * 28L;
    }

    /**
     * The largest cosine of each vector with another, for features and for as many random vectors.
     *
     * @param done how many features, and as many random vectors, have been reached
     * @param rootMeanSquare of the cosine of two independent random unit vectors, 1/sqrt(dModel)
     */
    public record Answer(int done, Largest features, Largest random, double rootMeanSquare) {}

    /**
     * One entry per vector, NaN where not reached yet or where there are too few others. The arrays are not to be
     * written.
     *
     * @param nearest the other vector with the largest cosine, -1 where not reached yet
     */
    public record Largest(float[] first, float[] tenth, float[] hundredth, int[] nearest) {
        static Largest empty(int count) {
            float[][] values = new float[RANKS.length][count];
            for (float[] column : values) {
                java.util.Arrays.fill(column, Float.NaN);
            }
            int[] nearest = new int[count];
            java.util.Arrays.fill(nearest, -1);
            return new Largest(values[0], values[1], values[2], nearest);
        }

        private float[] rank(int index) {
            return index == 0 ? first : index == 1 ? tenth : hundredth;
        }
    }

    private record RandomKey(long seed, long count, long width) {}

    private static final class Blocks implements Query.Sweep<Answer> {
        private final CosineHistogram query;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private Largest features;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private Largest random;

        private int count = 1;
        private long width = 1;
        private int done;

        Blocks(CosineHistogram query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            NDArray directions = (query.encoder
                            ? new NeighbourSpace.Encoder(query.sae)
                            : new NeighbourSpace.Decoder(query.sae))
                    .rows(scope);
            count = (int) directions.getShape().get(0);
            width = directions.getShape().get(1);
            if (features == null) {
                features = Largest.empty(count);
                random = Largest.empty(count);
            }
            NDArray normal = scope.kept(new RandomKey(query.seed, count, width), () -> normal(scope.arrays()));
            int end = (int) Math.min(count, done + Math.max(1, ELEMENTS_PER_STEP / count));
            fill(scope, directions, end, features);
            fill(scope, normal, end, random);
            done = end;
            return done < count;
        }

        private void fill(Scope scope, NDArray all, int end, Largest largest) {
            try (NDManager step = scope.arrays().newSubManager()) {
                int near = Math.min(RANKS[RANKS.length - 1] + 1, count);
                NDArray inverse =
                        all.square().sum(new int[] {1}).sqrt().maximum(1e-30f).pow(-1);
                inverse.attach(step);
                NDArray rows = DeviceArrays.rows(step, all, done, end)
                        .mul(inverse.get(done + ":" + end).expandDims(1));
                NDArray turned = all.transpose();
                turned.attach(step);
                NDList top = rows.matMul(turned).muli(inverse).topK(near, 1, true, true);
                float[] cosines = DeviceArrays.floats(top.get(0));
                long[] ids = DeviceArrays.longs(top.get(1));
                for (int i = done; i < end; i++) {
                    int at = (i - done) * near;
                    int rank = 0;
                    for (int k = 0; k < near; k++) {
                        boolean itself = ids[at + k] == i;
                        // The vector itself may be missing among ties of cosine 1; then the last of them stands for it.
                        if (!itself && rank < near - 1) {
                            rank++;
                            if (rank == 1) {
                                largest.nearest[i] = (int) ids[at + k];
                            }
                            for (int r = 0; r < RANKS.length; r++) {
                                if (rank == RANKS[r]) {
                                    largest.rank(r)[i] = cosines[at + k];
                                }
                            }
                        }
                    }
                }
            }
        }

        private NDArray normal(NDManager step) {
            Random source = new Random(query.seed);
            float[] values = new float[Math.toIntExact(count * width)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) source.nextGaussian();
            }
            return step.create(values, new Shape(count, width));
        }

        /** Shares the arrays with later answers: a feature once reached does not change. */
        @Override
        public Answer result() {
            return new Answer(done, features, random, 1 / Math.sqrt(width));
        }

        @Override
        public double fraction() {
            return (double) done / count;
        }
    }
}
