package loupe.lm;

import ai.djl.ndarray.NDArray;
import loupe.base.HookPoint;
import org.jspecify.annotations.Nullable;

/**
 * Observes, and may replace, values in a forward pass. Values have a leading batch axis B before the shape given at
 * {@link HookPoint.Site}. Only the hook points a hook wants are shown to it, so that an unused one costs nothing.
 */
public interface Hook {
    /** A hook that observes nothing. */
    Hook NONE = new Hook() {
        @Override
        public boolean wants(HookPoint point) {
            return false;
        }

        @Override
        public NDArray at(HookPoint point, NDArray value) {
            return value;
        }
    };

    boolean wants(HookPoint point);

    /**
     * Is shown the value at a hook point that it wants.
     *
     * @return {@code value} itself, or its replacement in the forward pass, of the same shape
     */
    NDArray at(HookPoint point, NDArray value);

    /**
     * The last hook point that this hook needs: the forward pass may stop after it and return no logits. Null: run to
     * the end.
     */
    default @Nullable HookPoint stopAfter() {
        return null;
    }
}
