package loupe.analysis.tokens;

import ai.djl.ndarray.NDArray;
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
        double[] centroid = scope.answer(new TokenGeometry(model)).centroid();
        NDArray embedding = scope.embeddings(model).embedding();
        double[] sum = new double[centroid.length];
        double[] centredSum = new double[centroid.length];
        for (int token : tokens) {
            double[] row = DeviceArrays.doubles(DeviceArrays.rows(scope.arrays(), embedding, token, token + 1L));
            Vectors.addScaled(sum, 1, Vectors.unit(row));
            Vectors.addScaled(row, -1, centroid);
            Vectors.addScaled(centredSum, 1, Vectors.unit(row));
        }
        return new Answer(mean(sum), mean(centredSum));
    }

    /**
     * The mean pairwise cosine of n unit vectors from their sum, whose squared norm is n plus twice the sum of all
     * pairs' cosines.
     */
    private double mean(double[] sum) {
        int n = tokens.size();
        return n < 2 ? Double.NaN : (Vectors.dot(sum, sum) - n) / ((double) n * (n - 1));
    }
}
