package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import loupe.base.HookPoint.Site;
import loupe.lm.ModelConfig.NormKind;

/**
 * LayerNorm, (x - mean) / sqrt(var + eps) * gain + bias with the biased variance, or RMSNorm, x / sqrt(mean x^2 + eps) * gain,
 * over the last axis. A processed model has gain 1 and bias 0. The hook sees LayerNorm's value after gain and bias and
 * RMSNorm's before the gain, as in TransformerLens 2.8.1.
 *
 * @param gain (dModel)
 * @param bias (dModel); null for RMSNorm
 */
record Norm(NormKind kind, NDArray gain, NDArray bias, double epsilon) {
    NDArray apply(Pass pass, NDArray x, Site site, int layer) {
        if (kind == NormKind.LAYER_NORM) {
            Shape last = new Shape(x.getShape().getLastDimension());
            NDArray normal = ai.djl.nn.norm.LayerNorm.layerNorm(x, last, gain, bias, (float) epsilon).singletonOrThrow();
            return pass.show(site, layer, normal);
        }
        NDArray size = x.square().mean(new int[] {-1}, true).addi(epsilon).sqrt();
        return pass.show(site, layer, x.div(size)).mul(gain);
    }
}
