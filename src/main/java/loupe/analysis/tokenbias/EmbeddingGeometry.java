package loupe.analysis.tokenbias;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import loupe.analysis.Vectors;
import loupe.analysis.ghost.TokenGeometry;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * Where the rows of a matrix with a row for each token lie: their norms, and their distances from the centroid, the
 * mean of all rows, those that only pad the matrix included. In float64, once per model and matrix.
 */
public record EmbeddingGeometry(ModelId model, TokenMatrix which) implements Query.Single<EmbeddingGeometry.Answer> {
    /**
     * A distance this many robust standard deviations below the median makes a token an outlier (Iglewicz and Hoaglin
     * 1993).
     */
    public static final double UNUSED_BELOW = -3.5;

    /** Of a normal distribution, the standard deviation as a multiple of the median absolute deviation. */
    private static final double DEVIATION_OF_MEDIAN = 1.482602218505602;

    @Override
    public Answer answer(Scope scope) {
        TokenGeometry.Answer measured = which == TokenMatrix.INPUT
                ? scope.answer(new TokenGeometry(model))
                : TokenGeometry.of(scope, which.rows(scope, model));
        double centroidNorm = Vectors.norm(measured.centroid());
        double[] cosineDistances = new double[measured.tokens()];
        for (int t = 0; t < cosineDistances.length; t++) {
            cosineDistances[t] = centroidNorm == 0
                    ? 1
                    : 1 - measured.centroidProducts()[t] * measured.inverseNorms()[t] / centroidNorm;
        }
        return new Answer(
                centroidNorm,
                measured.norms(),
                measured.distances(),
                cosineDistances,
                scope.embeddings(model).tokens());
    }

    @Override
    public long bytes(Answer answer) {
        return 24L * answer.norms().length;
    }

    /**
     * One entry per row; the arrays are not to be written.
     *
     * @param centroidNorm norm of the mean of all rows
     * @param norms of the rows
     * @param distances from the centroid
     * @param cosineDistances 1 less the cosine with the centroid; 1 for a row of zeros
     * @param tokens how many of the rows are tokens, the first ones
     */
    public record Answer(
            double centroidNorm, double[] norms, double[] distances, double[] cosineDistances, int tokens) {
        /**
         * Tokens by their distance from the centroid, in shells of equal width from the least distance to the greatest.
         */
        public List<Shell> shells(int count) {
            ValueSummary range = ValueSummary.of(distances);
            double width = (range.max() - range.min()) / count;
            int[] tokensIn = new int[count];
            for (double distance : distances) {
                tokensIn[width == 0 ? 0 : Math.min(count - 1, (int) ((distance - range.min()) / width))]++;
            }
            return IntStream.range(0, count)
                    .mapToObj(i -> new Shell(
                            range.min() + i * width,
                            i == count - 1 ? range.max() : range.min() + (i + 1) * width,
                            tokensIn[i]))
                    .toList();
        }

        /**
         * The tokens that training has likely hardly touched: rows that only pad the matrix, and those that have stayed
         * near the centroid, because an embedding that is never read keeps to where all of them begin.
         *
         * @param below the robust z of a token's distance that makes it one
         * @return nearest to the centroid first
         */
        public List<Unused> unused(double below) {
            double[] scores = robustScores(distances, tokens);
            List<Unused> unused = new ArrayList<>();
            for (int t = 0; t < distances.length; t++) {
                if (t >= tokens || scores[t] < below) {
                    unused.add(new Unused(t, norms[t], distances[t], scores[t], t >= tokens));
                }
            }
            unused.sort(Comparator.comparingDouble(Unused::distance).thenComparingInt(Unused::id));
            return List.copyOf(unused);
        }
    }

    /** How far each number lies from the median of the first ones, in robust standard deviations. */
    static double[] robustScores(double[] values, int first) {
        double[] measured = Arrays.copyOf(values, first);
        double median = ValueSummary.median(measured);
        double deviation = DEVIATION_OF_MEDIAN
                * ValueSummary.median(Arrays.stream(measured)
                        .map(value -> Math.abs(value - median))
                        .toArray());
        return Arrays.stream(values)
                .map(value -> deviation == 0 ? 0 : (value - median) / deviation)
                .toArray();
    }

    /**
     * Tokens whose distance from the centroid lies between two numbers.
     *
     * @param from its inner bound
     * @param to its outer bound, which belongs to the next shell, or to the last one itself
     */
    public record Shell(double from, double to, int tokens) {}

    /**
     * A token that is likely not used.
     *
     * @param z how many robust standard deviations its distance is from the median
     * @param padding whether it is no token, but a row that pads the matrix
     */
    public record Unused(int id, double norm, double distance, double z, boolean padding) {}
}
