/**
 * Small values that every layer uses: where in a model ({@link loupe.base.HookPoint}), what went wrong
 * ({@link loupe.base.Refusal} and the {@link loupe.base.Remedy} for it, {@link loupe.base.Problem}), when to stop
 * ({@link loupe.base.Cancellation}).
 */
@NullMarked
package loupe.base;

import org.jspecify.annotations.NullMarked;
