package loupe.analysis.tokens;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import loupe.analysis.DeviceArrays;
import loupe.analysis.ghost.EmbeddingCovariance;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * The inverse P of the Ledoit-Wolf covariance of the token embeddings, and each token's square under it. Once per
 * model.
 */
public record EmbeddingPrecision(ModelId model) implements Query.Single<EmbeddingPrecision.Answer> {
    /** Beyond it float64 has no digit left. */
    private static final double LARGEST_CONDITION = 1e15;

    @Override
    public Answer answer(Scope scope) {
        EmbeddingCovariance.Answer covariance = scope.answer(new EmbeddingCovariance(model));
        int d = covariance.dModel();
        NDArray inverse = inverse(scope.arrays().create(covariance.ledoitWolf(), new Shape(d, d)), model.name());
        double[] squares = new double[covariance.tokens()];
        DeviceArrays.forEachBlock(scope, scope.embeddings(model).embedding(), DataType.FLOAT64, (first, rows) -> {
            double[] block = DeviceArrays.doubles(rows.matMul(inverse).mul(rows).sum(new int[] {1}));
            System.arraycopy(block, 0, squares, first, block.length);
        });
        return new Answer(d, DeviceArrays.doubles(inverse), squares);
    }

    /** @throws Refusal if the matrix is singular, or so nearly that its inverse has no right digit */
    private static NDArray inverse(NDArray covariance, String name) {
        try {
            NDArray inverse = covariance.inverse();
            if (norm(covariance) * norm(inverse) <= LARGEST_CONDITION) {
                return inverse;
            }
        } catch (EngineException singular) {
            // the same as one that is nearly so
        }
        throw new Refusal(
                "The token embeddings of " + name + " do not vary in every direction, so their covariance has no "
                        + "inverse",
                "embeddings of more tokens than dimensions that differ",
                "Choose another metric");
    }

    /** The largest sum of magnitudes of a column. */
    private static double norm(NDArray matrix) {
        return matrix.abs().sum(new int[] {0}).max().getDouble();
    }

    @Override
    public long bytes(Answer answer) {
        return 8L * (answer.inverse.length + answer.squares.length);
    }

    /**
     * The inverse of the embeddings' regularised covariance, and the length of each embedding by it.
     *
     * @param inverse P, (d, d) row-major; not to be written
     * @param squares E_t^T P E_t, one per token; not to be written
     */
    public record Answer(int dModel, double[] inverse, double[] squares) {
        /** P v. */
        public double[] times(double[] v) {
            double[] product = new double[dModel];
            for (int i = 0; i < dModel; i++) {
                double sum = 0;
                for (int j = 0; j < dModel; j++) {
                    sum += inverse[i * dModel + j] * v[j];
                }
                product[i] = sum;
            }
            return product;
        }
    }
}
