package loupe.analysis.ghost;

import java.util.OptionalDouble;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.Positions;
import loupe.base.HookPoint;
import loupe.base.NumberRange;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;

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

    /** The intervention that this is; its direction is brought to unit norm where it is carried out. */
    Intervention intervention(HostTensor direction, Positions positions) {
        OptionalDouble bound = OptionalDouble.of(coefficient);
        return new Intervention(
                new Intervention.Target.Direction(HookPoint.residPre(layer), direction),
                kind == Kind.ADD ? new Intervention.Add(coefficient, true) : new Intervention.Cap(bound, bound),
                positions);
    }
}
