package loupe.analysis.effects;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Scope;
import loupe.lm.LanguageModel;

/**
 * Gradients of a metric with respect to values inside a run. Weights have none, so that only what lies behind the
 * values is recorded, and nothing in front of them is kept.
 */
final class Gradients {
    private Gradients() {}

    /**
     * The gradients at places, in one pass forward and one back.
     *
     * @param metric of the run
     * @param values at each place, on the host, (T, S) row-major
     */
    record AtPlaces(double metric, Map<HookPoint, float[]> values) {}

    /**
     * The gradients of the metric of a text with respect to the values at several places, none of which hides another.
     * The values themselves are kept for {@link Runs#at}.
     */
    static AtPlaces at(Scope scope, ModelId model, List<Integer> ids, List<HookPoint> points, MetricAt metric) {
        LanguageModel lm = scope.model(model);
        GraphMemory.rows(lm.config(), lm.config().nLayers(), ids.size(), 1, isGpu(scope));
        Map<HookPoint, NDArray> leaves = new HashMap<>();
        Map<HookPoint, UnaryOperator<NDArray>> changes = new HashMap<>();
        Map<HookPoint, NDArray> seen = new HashMap<>();
        for (HookPoint point : points) {
            changes.put(point, value -> {
                // adds nothing, and has the gradient of what it is added to
                NDArray leaf = scope.arrays().zeros(value.getShape());
                leaf.setRequiresGradient(true);
                leaves.put(point, leaf);
                seen.put(point, value);
                return value.add(leaf);
            });
        }
        Map<HookPoint, float[]> found = new LinkedHashMap<>();
        double measured;
        try (GradientCollector gradients = Engine.getInstance().newGradientCollector()) {
            NDArray m = Runs.metric(scope, lm, scope.arrays(), Runs.rows(ids, 1), new AtPoint(changes), metric);
            measured = Runs.number(m);
            gradients.backward(m);
        }
        for (HookPoint point : points) {
            found.put(
                    point,
                    Runs.gradient(Objects.requireNonNull(leaves.get(point)).getGradient()));
            Runs.keep(
                    scope,
                    model,
                    ids,
                    point,
                    Objects.requireNonNull(seen.get(point)).stopGradient());
        }
        return new AtPlaces(measured, found);
    }

    /**
     * Adds the gradients of the metric at values between two to a sum.
     *
     * @param from the value at a place in the run on the text, (1, T, ...)
     * @param to the value it goes to
     * @param point where
     * @param shares how far between the two, one run each
     * @param sum (T, S), on the host
     */
    static void addBetween(
            Scope scope,
            ModelId model,
            List<Integer> ids,
            NDArray from,
            NDArray to,
            HookPoint point,
            float[] shares,
            MetricAt metric,
            double[] sum) {
        NDArray share = scope.arrays().create(shares, column(shares.length, from.getShape()));
        NDArray leaf = from.add(to.sub(from).mul(share)).stopGradient();
        leaf.setRequiresGradient(true);
        try (GradientCollector gradients = Engine.getInstance().newGradientCollector()) {
            AtPoint hook = AtPoint.of(point, value -> leaf);
            NDArray m = Runs.metricAround(scope, model, ids, shares.length, point, hook, metric);
            gradients.backward(m);
        }
        float[] all = Runs.gradient(leaf.getGradient());
        for (int i = 0; i < all.length; i++) {
            sum[i % sum.length] += all[i];
        }
    }

    /** How far between two values runs {@code first} and after stand, of {@code steps} that leave the end out. */
    static float[] shares(int first, int count, int steps) {
        float[] shares = new float[count];
        for (int i = 0; i < count; i++) {
            shares[i] = (float) ((double) (first + i) / steps);
        }
        return shares;
    }

    /** A sum of gradients divided by their number. */
    static float[] mean(double[] sum, int steps) {
        float[] mean = new float[sum.length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (sum[i] / steps);
        }
        return mean;
    }

    /**
     * How many runs of a text can be differentiated at once from a place on, at most so many.
     *
     * @param features of a checkpoint that are computed in each run; 0 for none
     */
    static int rows(Scope scope, ModelId model, HookPoint point, int tokens, int features, int most) {
        LanguageModel lm = scope.model(model);
        int before = point.site().inBlock() ? point.layer() : 0;
        return GraphMemory.rows(lm.config(), lm.config().nLayers() - before, tokens, features, most, isGpu(scope));
    }

    /** N numbers along the first axis of values (1, ...). */
    private static Shape column(int n, Shape of) {
        long[] axes = new long[of.dimension()];
        Arrays.fill(axes, 1);
        axes[0] = n;
        return new Shape(axes);
    }

    private static boolean isGpu(Scope scope) {
        return scope.arrays().getDevice().isGpu();
    }
}
