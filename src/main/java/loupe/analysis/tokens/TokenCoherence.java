package loupe.analysis.tokens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.analysis.ghost.TokenGeometry;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * How alike some tokens are: the mean cosine over all pairs of different tokens, of their embeddings and of the
 * embeddings minus the centroid, which all tokens have in common. NaN for fewer than two tokens.
 */
public record TokenCoherence(ModelId model, List<Integer> tokens) implements Query.Single<TokenCoherence.Answer> {
    public TokenCoherence {
        tokens = List.copyOf(tokens);
    }

    /**
     * How alike a set of tokens is: means over all its pairs.
     *
     * @param meanCosine of E_i and E_j
     * @param meanCentredCosine of E_i - c and E_j - c
     */
    public record Answer(double meanCosine, double meanCentredCosine) {}

    @Override
    public Answer answer(Scope scope) {
        return of(
                scope,
                model,
                scope.answer(new TokenGeometry(model)),
                tokens.stream().mapToInt(Integer::intValue).toArray());
    }

    /** The same within another question's step. */
    static Answer of(Scope scope, ModelId model, TokenGeometry.Answer geometry, int[] tokens) {
        NDArray embedding = scope.embeddings(model).embedding();
        double[] centroid = geometry.centroid();
        double[] sum = new double[centroid.length];
        double[] centredSum = new double[centroid.length];
        try (NDManager step = scope.arrays().newSubManager()) {
            for (int token : tokens) {
                double[] row = DeviceArrays.doubles(DeviceArrays.rows(step, embedding, token, token + 1L));
                Vectors.addScaled(sum, 1, Vectors.unit(row));
                Vectors.addScaled(row, -1, centroid);
                Vectors.addScaled(centredSum, 1, Vectors.unit(row));
            }
        }
        return new Answer(mean(sum, tokens.length), mean(centredSum, tokens.length));
    }

    /**
     * The mean pairwise cosine of n unit vectors from their sum, whose squared norm is n plus twice the sum of all
     * pairs' cosines.
     */
    private static double mean(double[] sum, int n) {
        return n < 2 ? Double.NaN : (Vectors.dot(sum, sum) - n) / ((double) n * (n - 1));
    }
}
