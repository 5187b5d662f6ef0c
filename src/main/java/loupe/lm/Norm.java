package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;
import java.util.Optional;
import loupe.base.HookPoint.Site;
import loupe.lm.ModelConfig.NormKind;
import org.jspecify.annotations.Nullable;

/**
 * LayerNorm, (x - mean) / sqrt(var + eps) * gain + bias with the biased variance, or RMSNorm, x / sqrt(mean x^2 + eps)
 * * gain, over the last axis. A processed model has gain 1 and bias 0. The hook sees LayerNorm's value after gain and
 * bias and RMSNorm's before the gain, as in TransformerLens 2.8.1.
 *
 * @param gain (dModel); for the norm of queries or keys (dHead), (heads dHead) if all heads have one norm together, or
 *     (heads, dHead) if each has its own gain
 * @param bias of the same shape; null for RMSNorm
 */
record Norm(NormKind kind, NDArray gain, @Nullable NDArray bias, double epsilon) {
    /** Normalises x where there is no hook point. */
    NDArray apply(NDArray x) {
        if (kind == NormKind.LAYER_NORM) {
            return gain.getShape().dimension() == 1 ? engineNorm(x) : plainNorm(x);
        }
        return x.div(size(x)).mul(gain);
    }

    /** How many numbers are normalised together. */
    long width() {
        return gain.getShape().getLastDimension();
    }

    /** @param site where the result is shown; what it was divided by is shown at the scale that belongs to it */
    NDArray apply(Pass pass, NDArray x, Site site, int layer) {
        Site scale = scaleOf(site);
        if (kind == NormKind.LAYER_NORM) {
            return pass.show(site, layer, layerNorm(pass, x, scale, layer));
        }
        NDArray size = pass.show(scale, layer, size(x));
        return pass.show(site, layer, x.div(size)).mul(gain);
    }

    /**
     * LayerNorm by the engine's own function, except where a hook has replaced the scale; observing the scale changes
     * nothing.
     */
    private NDArray layerNorm(Pass pass, NDArray x, Site scale, int layer) {
        if (pass.wants(scale, layer)) {
            NDArray centred = x.sub(x.mean(new int[] {-1}, true));
            NDArray deviation =
                    centred.square().mean(new int[] {-1}, true).addi(epsilon).sqrt();
            Optional<NDArray> replaced = pass.showAside(scale, layer, deviation);
            if (replaced.isPresent()) {
                return centred.div(replaced.get()).mul(gain).add(Objects.requireNonNull(bias));
            }
        }
        return engineNorm(x);
    }

    private NDArray engineNorm(NDArray x) {
        Shape last = new Shape(x.getShape().getLastDimension());
        return ai.djl.nn.norm.LayerNorm.layerNorm(x, last, gain, bias, (float) epsilon)
                .singletonOrThrow();
    }

    /** LayerNorm whose gain is not the same for all vectors. */
    private NDArray plainNorm(NDArray x) {
        NDArray centred = x.sub(x.mean(new int[] {-1}, true));
        return centred.div(size(centred)).mul(gain).add(Objects.requireNonNull(bias));
    }

    private NDArray size(NDArray x) {
        return x.square().mean(new int[] {-1}, true).addi(epsilon).sqrt();
    }

    private static Site scaleOf(Site normalised) {
        return switch (normalised) {
            case LN1_NORMALIZED -> Site.LN1_SCALE;
            case LN2_NORMALIZED -> Site.LN2_SCALE;
            case LN_FINAL_NORMALIZED -> Site.LN_FINAL_SCALE;
            default ->
                throw new IllegalArgumentException("site is " + normalised + ", which is not the output of a norm");
        };
    }
}
