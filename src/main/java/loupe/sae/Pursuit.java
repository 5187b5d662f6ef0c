package loupe.sae;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import java.util.stream.IntStream;

/**
 * Features by matching pursuit, as {@link Activation.MatchingPursuit} defines them: one product with every direction
 * for each feature that is chosen, over the vectors that are not finished. Device thread only.
 *
 * <p>This is SAELens 6.49's {@code matching_pursuit_sae.py}, where both matrices are the decoder; here a factor for the
 * input may be multiplied into them.
 *
 * @param encoderRows (F, M)
 * @param decoder (F, M)
 * @param residualThreshold as in {@link Activation.MatchingPursuit}
 */
record Pursuit(NDArray encoderRows, NDArray decoder, double residualThreshold) {

    /** Features (P, F) of vectors (P, M) from which b_dec has been subtracted; owned by the manager of the vectors. */
    NDArray features(NDArray vectors) {
        int dSae = Math.toIntExact(decoder.getShape().get(0));
        int[] rows =
                IntStream.range(0, Math.toIntExact(vectors.getShape().get(0))).toArray();
        float[] features = new float[Math.multiplyExact(rows.length, dSae)];
        NDManager owner = vectors.getManager();
        try (NDManager all = owner.newSubManager()) {
            NDArray residual = vectors.reshape(vectors.getShape());
            residual.attach(all);
            while (rows.length > 0) {
                try (NDManager step = all.newSubManager()) {
                    residual.attach(step);
                    Round round = round(residual);
                    int[] unfinished = unfinished(rows, dSae, features, round);
                    int[] before = rows;
                    rows = IntStream.of(unfinished).map(i -> before[i]).toArray();
                    residual = round.residual().get(step.create(unfinished).toType(DataType.INT64, false));
                    residual.attach(all);
                }
            }
            return owner.create(features, new Shape(vectors.getShape().get(0), dSae));
        }
    }

    /** For each vector the feature that fits best, what it is worth, and what is then left of the vector. */
    private record Round(long[] features, float[] values, NDArray residual, float[] norms) {}

    private Round round(NDArray residual) {
        NDArray products = Linear.linear(residual, encoderRows).singletonOrThrow();
        NDArray best = products.argMax(1);
        NDArray values = products.max(new int[] {1}).maximum(0f);
        NDArray directions =
                Embedding.embedding(best, decoder, SparseFormat.DENSE).singletonOrThrow();
        NDArray left = residual.sub(directions.mul(values.expandDims(1)));
        return new Round(
                best.toLongArray(),
                values.toFloatArray(),
                left,
                left.square().sum(new int[] {1}).sqrt().toFloatArray());
    }

    /** Adds what a round found to the features, and gives the places of the vectors that need another one. */
    private int[] unfinished(int[] rows, int dSae, float[] features, Round round) {
        return IntStream.range(0, rows.length)
                .filter(i -> {
                    int at = rows[i] * dSae + (int) round.features()[i];
                    float before = features[at];
                    features[at] = before + round.values()[i];
                    return before == 0 && features[at] != 0 && !(round.norms()[i] < residualThreshold);
                })
                .toArray();
    }
}
