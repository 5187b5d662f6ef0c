package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;
import java.util.Arrays;
import java.util.Random;
import loupe.analysis.DeviceArrays;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * How alike the tokens nearest to a random vector are: for each of many Gaussian vectors the tokens of largest cosine
 * with it, and the mean cosine of all their pairs. The distribution in which any list of tokens has a place.
 *
 * @param top tokens of each vector, at least 2
 * @param draws vectors, with the seeds from {@code seed} on, as {@code random:SEED} gives each alone
 */
public record RandomNeighbours(ModelId model, TokenMatrix which, int top, int draws, long seed)
        implements Query.Stepped<RandomNeighbours.Answer> {
    /** As many vectors as tell a place to a tenth of a per cent. */
    public static final int DRAWS = 1_000;

    private static final long ELEMENTS_PER_STEP = 1 << 22;

    public RandomNeighbours {
        if (top < 2 || draws < 1) {
            throw new IllegalArgumentException("top is " + top + ", draws are " + draws);
        }
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Draws(this);
    }

    @Override
    public long bytes(Answer answer) {
        return 8L * draws;
    }

    /**
     * The mean cosine among the neighbours of each vector drawn so far. Not to be written.
     *
     * @param size tokens of each list: fewer than asked for where there are not as many
     */
    public record Answer(double[] coherences, int size) {}

    private static final class Draws implements Query.Sweep<Answer> {
        private final RandomNeighbours query;
        private double[] found = new double[0];
        private int size;

        Draws(RandomNeighbours query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            NDArray all = query.which.rows(scope, query.model);
            int tokens = scope.embeddings(query.model).tokens();
            int width = (int) all.getShape().get(1);
            int top = Math.min(query.top, tokens);
            int count = (int) Math.max(1, Math.min(query.draws - found.length, ELEMENTS_PER_STEP / tokens));
            NDManager step = scope.arrays();
            NDArray vectors = step.create(vectors(count, width), new Shape(count, width));
            NDArray rows = DeviceArrays.rows(step, all, 0, tokens);
            NDList cosines = new NDList();
            DeviceArrays.forEachBlock(scope, rows, DataType.FLOAT32, (first, block) -> {
                NDArray part = vectors.matMul(unit(block).transpose());
                part.attach(step);
                cosines.add(part);
            });
            NDArray ids = NDArrays.concat(cosines, 1).topK(top, 1, true, true).get(1);
            NDArray near = Embedding.embedding(ids.flatten(), rows, SparseFormat.DENSE)
                    .singletonOrThrow()
                    .toType(DataType.FLOAT64, false);
            NDArray sums = unit(near).reshape(count, top, width).sum(new int[] {1});
            double[] squares = DeviceArrays.doubles(sums.square().sum(new int[] {1}));
            double[] longer = Arrays.copyOf(found, found.length + count);
            for (int i = 0; i < count; i++) {
                longer[found.length + i] = top < 2 ? Double.NaN : (squares[i] - top) / ((double) top * (top - 1));
            }
            found = longer;
            size = top;
            return found.length < query.draws;
        }

        /** Rows at unit norm; rows of zeros stay. */
        private static NDArray unit(NDArray rows) {
            return rows.div(rows.square().sum(new int[] {1}, true).sqrt().maximum(1e-30f));
        }

        private float[] vectors(int count, int width) {
            float[] flat = new float[count * width];
            for (int i = 0; i < count; i++) {
                Random random = new Random(query.seed + found.length + i);
                for (int j = 0; j < width; j++) {
                    flat[i * width + j] = (float) random.nextGaussian();
                }
            }
            return flat;
        }

        @Override
        public Answer result() {
            return new Answer(found, size);
        }

        @Override
        public double fraction() {
            return (double) found.length / query.draws;
        }
    }
}
