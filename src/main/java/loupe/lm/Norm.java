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
    /** @param site where the result is shown; what it was divided by is shown at the scale that belongs to it */
    NDArray apply(Pass pass, NDArray x, Site site, int layer) {
        Site scale = scaleOf(site);
        if (kind == NormKind.LAYER_NORM) {
            return pass.show(site, layer, pass.wants(scale, layer) ? layerNorm(pass, x, scale, layer) : layerNorm(x));
        }
        NDArray size = pass.show(scale, layer, x.square().mean(new int[] {-1}, true).addi(epsilon).sqrt());
        return pass.show(site, layer, x.div(size)).mul(gain);
    }

    private NDArray layerNorm(NDArray x) {
        Shape last = new Shape(x.getShape().getLastDimension());
        return ai.djl.nn.norm.LayerNorm.layerNorm(x, last, gain, bias, (float) epsilon).singletonOrThrow();
    }

    /** The same step by step, for a hook that looks at the scale or replaces it. */
    private NDArray layerNorm(Pass pass, NDArray x, Site scale, int layer) {
        NDArray centred = x.sub(x.mean(new int[] {-1}, true));
        NDArray deviation = pass.show(scale, layer, centred.square().mean(new int[] {-1}, true).addi(epsilon).sqrt());
        return centred.div(deviation).mul(gain).add(bias);
    }

    private static Site scaleOf(Site normalised) {
        return switch (normalised) {
            case LN1_NORMALIZED -> Site.LN1_SCALE;
            case LN2_NORMALIZED -> Site.LN2_SCALE;
            case LN_FINAL_NORMALIZED -> Site.LN_FINAL_SCALE;
            default -> throw new IllegalArgumentException("site is " + normalised + ", which is not the output of a norm");
        };
    }
}
