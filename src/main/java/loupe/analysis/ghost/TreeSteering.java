package loupe.analysis.ghost;

import loupe.base.NumberRange;
import loupe.inference.SaeId;

/**
 * A feature steered while the tree grows, in the residual stream h that enters a layer, at every position after the
 * last ghost. With the feature's decoder direction d of unit norm and the coefficient c.
 */
public record TreeSteering(SaeId sae, int feature, int layer, Kind kind, double coefficient) {
    public TreeSteering {
        NumberRange.COMPUTABLE.require("The coefficient of the steering", coefficient);
    }

    /** How h is changed. */
    public enum Kind {
        /** h + c d. */
        ADD,
        /** h + (c - h.d) d: the direction's share of h is c at every position; with 0 the direction is ablated. */
        CLAMP
    }
}
