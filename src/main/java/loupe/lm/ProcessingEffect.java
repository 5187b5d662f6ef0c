package loupe.lm;

import loupe.base.HookPoint.Site;
import loupe.lm.ModelConfig.NormKind;

/**
 * What TransformerLens' processing of the weights takes from the value at a hook point, compared with the model as it
 * was published; {@code src/site/markdown/formats.md}, section H.9. The only place that knows that a model with RMSNorm
 * is not centred.
 */
public enum ProcessingEffect {
    /** Nothing: the value is the same. */
    NONE,
    /**
     * The mean over dModel: weights that write to the residual stream are centred where all that read it are
     * LayerNorms.
     */
    MEAN,
    /** The bias of the values, if the model has one: it is added behind the output projection instead. */
    VALUE_BIAS,
    /** Gain and bias of the norm in front: they are folded into the matrices behind it. */
    GAIN;

    public static ProcessingEffect of(ModelConfig model, Site site) {
        boolean layerNorm = model.wiring().norm() == NormKind.LAYER_NORM;
        return switch (site) {
            case V, Z -> VALUE_BIAS;
            case ATTN_MODULE_IN, MLP_MODULE_IN -> GAIN;
            // of RMSNorm the hook sees the value before the gain
            case LN1_NORMALIZED, LN2_NORMALIZED, LN_FINAL_NORMALIZED -> layerNorm ? GAIN : NONE;
            default -> layerNorm && site.onResidualStream() ? MEAN : NONE;
        };
    }
}
