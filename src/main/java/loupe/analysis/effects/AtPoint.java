package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import loupe.base.HookPoint;
import loupe.lm.Hook;

/**
 * A hook that changes the values at some places.
 *
 * @param changes for each place what becomes of its value, (B, T, ...)
 */
record AtPoint(Map<HookPoint, UnaryOperator<NDArray>> changes) implements Hook {
    /** A change at one place. */
    static AtPoint of(HookPoint point, UnaryOperator<NDArray> change) {
        return new AtPoint(Map.of(point, change));
    }

    @Override
    public boolean wants(HookPoint point) {
        return changes.containsKey(point);
    }

    @Override
    public NDArray at(HookPoint point, NDArray value) {
        return Objects.requireNonNull(changes.get(point)).apply(value);
    }
}
