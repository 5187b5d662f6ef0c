package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import org.jspecify.annotations.Nullable;

/**
 * A running forward pass: its hook, and the owners of its arrays. Intermediate values belong to a scope that is closed
 * when its part of the pass is over, since arrays never free themselves; values shown to a hook belong to the step.
 */
final class Pass {
    private final NDManager step;
    private final Hook hook;
    private final Optional<KeyValueCache> cache;
    private final Cancellation cancellation;
    private NDManager scope;
    private @Nullable NDArray stoppedWith;

    Pass(NDManager step, Hook hook, @Nullable KeyValueCache cache, Cancellation cancellation) {
        this.step = step;
        this.hook = hook;
        this.cache = Optional.ofNullable(cache);
        this.cancellation = cancellation;
        this.scope = step;
    }

    Optional<KeyValueCache> cache() {
        return cache;
    }

    void checkCancelled() {
        cancellation.check();
    }

    /** Whether the hook has seen all it wants. */
    boolean isStopped() {
        return stoppedWith != null;
    }

    /** The value at the hook's last place. */
    NDArray stoppedWith() {
        return Objects.requireNonNull(stoppedWith);
    }

    boolean wants(Site site, int layer) {
        HookPoint point = new HookPoint(site, layer);
        return hook.wants(point) || point.equals(hook.stopAfter());
    }

    /**
     * Shows a value to the hook if it wants it.
     *
     * @return the value to continue with, not to be written in place
     */
    NDArray show(Site site, int layer, NDArray value) {
        if (isStopped() || !wants(site, layer)) {
            return value;
        }
        return alias(shown(new HookPoint(site, layer), value));
    }

    /**
     * Shows the hook a value that the pass itself does not need.
     *
     * @return the replacement by the hook; empty if there is none
     */
    Optional<NDArray> showAside(Site site, int layer, NDArray value) {
        if (isStopped() || !wants(site, layer)) {
            return Optional.empty();
        }
        NDArray next = shown(new HookPoint(site, layer), value);
        return next == value ? Optional.empty() : Optional.of(alias(next));
    }

    private NDArray shown(HookPoint point, NDArray value) {
        value.attach(step);
        NDArray next = hook.wants(point) ? hook.at(point, value) : value;
        if (!next.getShape().equals(value.getShape())) {
            throw new IllegalArgumentException(
                    "replacement at " + point + " is " + next.getShape() + ", expected " + value.getShape());
        }
        if (point.equals(hook.stopAfter())) {
            stoppedWith = next;
        }
        return next;
    }

    /** Runs a part of the pass and closes all it made, except its result and what was shown to the hook. */
    NDArray scoped(NDArray x, UnaryOperator<NDArray> part) {
        NDManager outer = scope;
        try (NDManager inner = outer.newSubManager()) {
            scope = inner;
            NDArray result = part.apply(alias(x));
            result.attach(outer);
            return result;
        } finally {
            scope = outer;
        }
    }

    /** Hands an array made in a scope to the step. */
    NDArray keep(NDArray value) {
        value.attach(step);
        return value;
    }

    /** The same storage under a handle of the current scope, so that results computed from it belong to the scope. */
    private NDArray alias(NDArray value) {
        NDArray alias = value.reshape(value.getShape());
        alias.attach(scope);
        return alias;
    }
}
