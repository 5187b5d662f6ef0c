package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import loupe.analysis.DeviceArrays;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.sae.SparseAutoencoder;

/**
 * The cosine of one feature's decoder direction with every token's unigram residual, as the autoencoder was trained to
 * see it.
 */
public record UnigramCosines(SaeId sae, UnigramTable residuals, int feature) implements Query.Single<float[]> {
    @Override
    public float[] answer(Scope scope) {
        SparseAutoencoder checkpoint = scope.sae(sae);
        float[] direction = checkpoint.decoderDirection(feature);
        double norm = 0;
        for (float value : direction) {
            norm += (double) value * value;
        }
        float[] cosines = new float[residuals.tokens()];
        int block = DeviceArrays.blockRows(residuals.width());
        for (int first = 0; first < cosines.length; first += block) {
            scope.cancellation().check();
            int end = Math.min(cosines.length, first + block);
            try (NDManager step = scope.arrays().newSubManager()) {
                NDArray rows = FeatureTokens.asTrained(scope, checkpoint.config(), residuals, step, first, end);
                NDArray column = step.create(direction).reshape(direction.length, 1);
                float[] products = DeviceArrays.floats(rows.matMul(column));
                float[] squares = DeviceArrays.floats(rows.square().sum(new int[] {1}));
                for (int i = 0; i < products.length; i++) {
                    double scale = Math.sqrt(norm * squares[i]);
                    cosines[first + i] = scale == 0 ? 0 : (float) (products[i] / scale);
                }
            }
        }
        return cosines;
    }

    @Override
    public boolean cacheable() {
        return false;
    }
}
