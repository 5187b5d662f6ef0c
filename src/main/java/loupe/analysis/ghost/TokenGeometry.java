package loupe.analysis.ghost;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * Where the token embeddings lie: their centroid, their norms, and how far each is from the centroid. Computed in
 * float64 from the model's embedding as it is open, once per model.
 */
public record TokenGeometry(ModelId model) implements Query.Single<TokenGeometry.Answer> {
    /** No cosine distance from the centroid is taken to be smaller, so that nothing is divided by zero. */
    public static final double SMALLEST_GAP = 1e-6;

    @Override
    public Answer answer(Scope scope) {
        return of(scope, scope.embeddings(model).embedding());
    }

    /**
     * The same of another matrix with a row for each token.
     *
     * @param embedding (V, dModel), lent to the step
     */
    public static Answer of(Scope scope, NDArray embedding) {
        int tokens = (int) embedding.getShape().get(0);
        int dModel = (int) embedding.getShape().get(1);
        double[] centroid = new double[dModel];
        DeviceArrays.forEachBlock(
                scope,
                embedding,
                DataType.FLOAT64,
                (first, rows) ->
                        Vectors.addScaled(centroid, 1.0 / tokens, DeviceArrays.doubles(rows.sum(new int[] {0}))));
        Vectors.requireFinite("The mean of the token embeddings", centroid);
        double[] norms = new double[tokens];
        double[] products = new double[tokens];
        double[] distances = new double[tokens];
        DeviceArrays.forEachBlock(scope, embedding, DataType.FLOAT64, (first, rows) -> {
            NDManager step = rows.getManager();
            NDArray c = step.create(centroid);
            copy(rows.square().sum(new int[] {1}).sqrt(), norms, first);
            copy(rows.matMul(c.reshape(dModel, 1)).reshape(-1), products, first);
            copy(rows.sub(c).square().sum(new int[] {1}).sqrt(), distances, first);
        });
        return Answer.of(centroid, norms, products, distances);
    }

    private static void copy(NDArray column, double[] target, int first) {
        double[] values = DeviceArrays.doubles(column);
        System.arraycopy(values, 0, target, first, values.length);
    }

    @Override
    public long bytes(Answer answer) {
        return 6L * Double.BYTES * answer.norms().length;
    }

    /**
     * V tokens; the arrays are not to be written.
     *
     * @param centroid c, the mean of the embeddings, dModel values
     * @param norms |E_t|, V values
     * @param inverseNorms 1 / |E_t|, and 0 for a zero row, whose cosine with anything is then 0
     * @param centroidProducts E_t . c
     * @param distances |E_t - c|
     * @param centroidGaps 1 - cos(c, E_t), at least {@link #SMALLEST_GAP}
     * @param logCentroidGaps binary logarithm of those
     * @param meanNorm mean of |E_t|
     * @param meanDistance mean of |E_t - c|: the scale at which a ghost is as far from the centroid as a typical token
     */
    public record Answer(
            double[] centroid,
            double[] norms,
            double[] inverseNorms,
            double[] centroidProducts,
            double[] distances,
            double[] centroidGaps,
            double[] logCentroidGaps,
            double meanNorm,
            double meanDistance) {
        /** Works out the rest from what was measured. */
        public static Answer of(double[] centroid, double[] norms, double[] centroidProducts, double[] distances) {
            int tokens = norms.length;
            double centroidNorm = Vectors.norm(centroid);
            double[] inverseNorms = new double[tokens];
            double[] gaps = new double[tokens];
            double[] logGaps = new double[tokens];
            double normSum = 0;
            double distanceSum = 0;
            for (int t = 0; t < tokens; t++) {
                inverseNorms[t] = norms[t] == 0 ? 0 : 1 / norms[t];
                double cosine = centroidNorm == 0 ? 0 : centroidProducts[t] * inverseNorms[t] / centroidNorm;
                gaps[t] = Math.max(SMALLEST_GAP, 1 - cosine);
                logGaps[t] = Math.log(gaps[t]) / Math.log(2);
                normSum += norms[t];
                distanceSum += distances[t];
            }
            return new Answer(
                    centroid,
                    norms,
                    inverseNorms,
                    centroidProducts,
                    distances,
                    gaps,
                    logGaps,
                    normSum / tokens,
                    distanceSum / tokens);
        }

        /** Number of tokens, V. */
        public int tokens() {
            return norms.length;
        }
    }
}
