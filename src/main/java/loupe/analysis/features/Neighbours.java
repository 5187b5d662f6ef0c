package loupe.analysis.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import loupe.analysis.DeviceArrays;
import loupe.analysis.SmallestK;
import loupe.analysis.Vectors;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;

/**
 * The exact nearest neighbours of a vector by cosine. Ties go to the lower id, but the vector itself comes before all
 * others; a zero row has cosine 0 with everything. The vectors of a sum are left out of its neighbours, as usual for
 * analogies.
 *
 * @param withItself whether the vector is among its own neighbours where it is in the space, as when the features of a
 *     checkpoint are matched with its own
 */
public record Neighbours(NeighbourQuery of, NeighbourSpace in, int top, boolean withItself)
        implements Query.Single<Neighbours.Answer> {
    /** Spaces of at most this many elements are searched in float64, larger ones in float32. */
    private static final long DOUBLE_ELEMENTS = 1 << 24;
    /** Elements between two looks at whether the question is still wanted: some 10 ms of reading. */
    private static final long DIRECT_ELEMENTS = 1 << 26;
    /** Sorts the vector itself before every other, whatever rounding makes of their cosines. */
    private static final double ITSELF = -2;

    public Neighbours {
        if (top < 1) {
            throw new IllegalArgumentException("top is " + top + ", must be 1 or more");
        }
    }

    /** The nearest neighbours without the vector itself. */
    public Neighbours(NeighbourQuery of, NeighbourSpace in, int top) {
        this(of, in, top, false);
    }

    /** The feature of a checkpoint that a feature of another, or of the same, is most like. */
    public static Neighbours match(SaeId sae, int feature, SaeId other) {
        return new Neighbours(new NeighbourQuery.Feature(sae, feature), new NeighbourSpace.Decoder(other), 1, true);
    }

    /** Features whose decoder directions are nearest to a feature's. */
    public static Neighbours ofFeature(SaeId sae, int feature, int top) {
        return new Neighbours(new NeighbourQuery.Feature(sae, feature), new NeighbourSpace.Decoder(sae), top);
    }

    @Override
    public Answer answer(Scope scope) {
        NDArray rows = in.rows(scope);
        int width = (int) rows.getShape().get(1);
        double[] vector = Vectors.requireFinite("The vector", vector(scope, of, width));
        if (vector.length != width) {
            throw new Refusal(
                    "The vector has " + vector.length + " dimensions, what it is compared with has " + width,
                    "",
                    "Compare it with vectors of the same place in the model");
        }
        double[] unit = Vectors.unit(vector);
        Set<Integer> itself = itself(scope, of);
        SmallestK nearest =
                new SmallestK().reset((int) Math.min(top, rows.getShape().get(0)));
        DataType type = rows.size() <= DOUBLE_ELEMENTS ? DataType.FLOAT64 : DataType.FLOAT32;
        // Twice: the product with two columns uses all cores on the CPU, that with one only one.
        NDArray columns = scope.arrays()
                .create(unit)
                .toType(type, false)
                .reshape(1, width)
                .repeat(0, 2)
                .transpose();
        double[] squares = DeviceArrays.doubles(squares(scope, rows, type));
        DeviceArrays.forEachBlock(scope, rows, type, blockRows(type, width), (first, block) -> {
            double[] products = DeviceArrays.doubles(block.matMul(columns));
            for (int i = 0; i < products.length / 2; i++) {
                boolean isItself = itself.contains(first + i);
                if (!isItself || withItself) {
                    double square = squares[first + i];
                    double cosine = square == 0 ? 0 : products[2 * i] / Math.sqrt(square);
                    nearest.offer(isItself ? ITSELF : -cosine, first + i);
                }
            }
        });
        int size = nearest.finish();
        int[] ids = new int[size];
        double[] cosines = new double[size];
        for (int i = 0; i < size; i++) {
            ids[i] = nearest.id(i);
            cosines[i] = nearest.key(i) == ITSELF ? Vectors.dot(unit, unit) : -nearest.key(i);
        }
        return new Answer(ids, cosines, meanPairwiseCosine(scope, rows, ids));
    }

    /** The squared norms of a space's vectors, kept for the next question. */
    private record Squares(NeighbourSpace of, DataType type) {}

    private NDArray squares(Scope scope, NDArray rows, DataType type) {
        return scope.kept(new Squares(in, type), () -> {
            NDList blocks = new NDList();
            DeviceArrays.forEachBlock(scope, rows, type, (first, block) -> {
                NDArray sums = block.square().sum(new int[] {1});
                sums.attach(scope.arrays());
                blocks.add(sums);
            });
            return blocks.size() == 1 ? blocks.get(0) : NDArrays.concat(blocks);
        });
    }

    /** Vectors that need no conversion are multiplied where they lie, many at once. */
    private static int blockRows(DataType type, int width) {
        return type == DataType.FLOAT32 ? (int) Math.max(1, DIRECT_ELEMENTS / width) : DeviceArrays.blockRows(width);
    }

    /** Mean over pairs i < j of the listed rows, from the norm of the sum of their unit vectors. */
    private static double meanPairwiseCosine(Scope scope, NDArray rows, int[] ids) {
        if (ids.length < 2) {
            return Double.NaN;
        }
        double[] sum = new double[(int) rows.getShape().get(1)];
        double units = 0;
        NDArray listed = rows.get(new NDIndex("{}", scope.arrays().create(ids)));
        double[] vectors = DeviceArrays.doubles(listed);
        for (int i = 0; i < ids.length; i++) {
            double[] unit = Vectors.unit(Arrays.copyOfRange(vectors, i * sum.length, (i + 1) * sum.length));
            units += Vectors.dot(unit, unit);
            Vectors.addScaled(sum, 1, unit);
        }
        return (Vectors.dot(sum, sum) - units) / ((double) ids.length * (ids.length - 1));
    }

    /** The row that is the query's own vector, if there is one; of a sum those of its vectors. */
    private Set<Integer> itself(Scope scope, NeighbourQuery of) {
        if (of instanceof NeighbourQuery.Sum sum) {
            return sum.terms().stream()
                    .flatMap(term -> itself(scope, term.of()).stream())
                    .collect(Collectors.toSet());
        }
        if (of instanceof NeighbourQuery.Token token && isEmbeddingOf(scope, token.model())) {
            return Set.of(token.id());
        }
        if (of instanceof NeighbourQuery.Text text && text.ids().size() == 1 && isEmbeddingOf(scope, text.model())) {
            return Set.of(text.ids().get(0));
        }
        if (of instanceof NeighbourQuery.Bias bias && in.equals(new NeighbourSpace.Biases(bias.sae()))) {
            return Set.of(bias.id());
        }
        if (of instanceof NeighbourQuery.Feature feature
                && (in.equals(new NeighbourSpace.Decoder(feature.sae()))
                        || in.equals(new NeighbourSpace.Encoder(feature.sae())))) {
            return Set.of(feature.index());
        }
        return Set.of();
    }

    /** Whether the space is the model's embedding, or its unembedding where the two are one matrix. */
    private boolean isEmbeddingOf(Scope scope, ModelId model) {
        return in.equals(new NeighbourSpace.Tokens(model))
                || (in.equals(new NeighbourSpace.Unembedding(model))
                        && scope.embeddings(model).unembedding()
                                == scope.embeddings(model).embedding());
    }

    private double[] vector(Scope scope, NeighbourQuery of, int width) {
        if (of instanceof NeighbourQuery.Sum sum) {
            double[] total = new double[width];
            for (NeighbourQuery.Term term : sum.terms()) {
                double[] vector = vector(scope, term.of(), width);
                if (vector.length != width) {
                    throw new Refusal(
                            "A vector of the sum has " + vector.length + " dimensions, the space has " + width,
                            "",
                            "Add vectors of the same place in the model");
                }
                Vectors.addScaled(total, term.factor(), vector);
            }
            return total;
        }
        if (of instanceof NeighbourQuery.Token token) {
            return row(scope, scope.embeddings(token.model()).embedding(), token.id());
        }
        if (of instanceof NeighbourQuery.Text text) {
            NDArray embedding = scope.embeddings(text.model()).embedding();
            double[] mean = new double[(int) embedding.getShape().get(1)];
            text.ids().forEach(id -> Vectors.addScaled(mean, 1.0 / text.ids().size(), row(scope, embedding, id)));
            return mean;
        }
        if (of instanceof NeighbourQuery.Feature feature) {
            boolean encoder = in instanceof NeighbourSpace.Encoder;
            return row(
                    scope,
                    (encoder ? new NeighbourSpace.Encoder(feature.sae()) : new NeighbourSpace.Decoder(feature.sae()))
                            .rows(scope),
                    feature.index());
        }
        if (of instanceof NeighbourQuery.Bias bias) {
            return row(scope, new NeighbourSpace.Biases(bias.sae()).rows(scope), bias.id());
        }
        if (of instanceof NeighbourQuery.RandomVector random) {
            return random(random.seed(), width);
        }
        return Vectors.doubles(((NeighbourQuery.Vector) of).vector());
    }

    /** Standard normal coordinates of Java's own generator. */
    static double[] random(long seed, int width) {
        Random random = new Random(seed);
        double[] vector = new double[width];
        for (int i = 0; i < width; i++) {
            vector[i] = random.nextGaussian();
        }
        return vector;
    }

    private static double[] row(Scope scope, NDArray rows, int index) {
        if (index < 0 || index >= rows.getShape().get(0)) {
            throw new Refusal(
                    "The query is row " + index, "0 to " + (rows.getShape().get(0) - 1), "Choose another row");
        }
        try (NDManager step = scope.arrays().newSubManager()) {
            return DeviceArrays.doubles(DeviceArrays.rows(step, rows, index, index + 1L));
        }
    }

    @Override
    public long bytes(Answer answer) {
        return 64 + 12L * answer.ids().length;
    }

    /**
     * Nearest first. The arrays are not to be written.
     *
     * @param ids token ids or feature indices
     * @param meanPairwiseCosine mean cosine among the listed vectors, which a list for a random vector is the null of;
     *     NaN for fewer than two
     */
    public record Answer(int[] ids, double[] cosines, double meanPairwiseCosine) {}
}
