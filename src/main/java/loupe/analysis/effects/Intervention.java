package loupe.analysis.effects;

import java.util.OptionalDouble;
import loupe.base.HookPoint;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;

/**
 * One change of a running model: what is done to a feature or a direction, and at which tokens.
 *
 * <p>With h the value at the target's place, v the target's direction there (of a feature, the vector that its
 * checkpoint's reconstruction gains for each unit of it), v^ that direction at unit length and f the feature's
 * activation, the actions say what h becomes.
 */
public record Intervention(Target target, Action action, Positions positions) {
    /** @throws IllegalArgumentException if an action that needs an activation is meant for a direction */
    public Intervention {
        if (!(target instanceof Target.Feature) && action instanceof OfActivation) {
            throw new IllegalArgumentException("action is " + action + ", which needs a feature, not a direction");
        }
    }

    /** What is changed. */
    public sealed interface Target {
        /** A feature, where its checkpoint writes. */
        record Feature(SaeId sae, int feature) implements Target {}

        /** The direction of a feature at another place of that width, such as an earlier layer. */
        record FeatureElsewhere(SaeId sae, int feature, HookPoint at) implements Target {}

        /**
         * A direction that belongs to no feature.
         *
         * @param vector as many numbers as a token has at {@code at}, in all its heads
         */
        record Direction(HookPoint at, HostTensor vector) implements Target {}
    }

    /** What is done. */
    public sealed interface Action {}

    /**
     * What changes a feature's activation from f to f', and so h to h + (f' - f) v. Several in a row, of one
     * checkpoint, all start from the same h.
     */
    public sealed interface OfActivation extends Action {}

    /** f' = factor f: 0 ablates the feature. */
    public record Scale(double factor) implements OfActivation {}

    /**
     * f' = times * unit, whatever f is.
     *
     * @param unit 1, or the feature's largest activation on a corpus, of which {@code times} then is a multiple
     */
    public record Clamp(double times, double unit) implements OfActivation {
        /** To an activation. */
        public static Clamp to(double activation) {
            return new Clamp(activation, 1);
        }

        /** The activation that the feature gets. */
        public double activation() {
            return times * unit;
        }
    }

    /**
     * h + strength v, or h + strength v^.
     *
     * @param unit whether the direction has unit length
     */
    public record Add(double strength, boolean unit) implements Action {}

    /** h + (factor - 1) (h . v^) v^: 0 removes the direction from h, 1 changes nothing. */
    public record Orthogonal(double factor) implements Action {}

    /**
     * h + (min(max(h . v^, least), most) - h . v^) v^.
     *
     * @param least empty if there is no such bound
     * @param most empty if there is no such bound
     */
    public record Cap(OptionalDouble least, OptionalDouble most) implements Action {}
}
