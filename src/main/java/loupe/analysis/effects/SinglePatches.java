package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import loupe.analysis.DeviceArrays;
import loupe.analysis.prompts.TokenBatch;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Scope;

/** Runs in each of which one feature, or the error, is patched at one position. */
final class SinglePatches {
    private SinglePatches() {}

    /**
     * The metric of each run.
     *
     * @param change of the place
     * @param nodes one for each run, in any order
     */
    static double[] metrics(
            Scope scope,
            ModelId model,
            List<Integer> ids,
            SiteChange change,
            List<Attribution.Node> nodes,
            MetricAt metric) {
        List<Attribution.Node> features = new ArrayList<>();
        List<Attribution.Node> errors = new ArrayList<>();
        nodes.forEach(node -> (node.feature().isPresent() ? features : errors).add(node));
        double[] ofFeatures = features.isEmpty()
                ? new double[0]
                : run(scope, model, ids, change, features, byFeature(scope, change, features), metric);
        double[] ofErrors = errors.isEmpty()
                ? new double[0]
                : run(scope, model, ids, change, errors, byError(change, errors), metric);
        double[] found = new double[nodes.size()];
        int f = 0;
        int e = 0;
        for (int i = 0; i < found.length; i++) {
            found[i] = nodes.get(i).feature().isPresent() ? ofFeatures[f++] : ofErrors[e++];
        }
        return found;
    }

    /** What each node changes of the value at its position, (N, S). */
    private static NDArray byFeature(Scope scope, SiteChange change, List<Attribution.Node> nodes) {
        int n = nodes.size();
        int[] features = new int[n];
        long[] picks = new long[n];
        long width = change.sae().features();
        for (int i = 0; i < n; i++) {
            features[i] = nodes.get(i).feature().getAsInt();
            picks[i] = nodes.get(i).position() * width + features[i];
        }
        NDArray flat = change.features().reshape(change.features().size());
        float[] amounts = DeviceArrays.floats(flat.gather(scope.arrays().create(picks), 0));
        return change.sae().changesApart(scope.arrays(), amounts, features, positions(nodes), change.read());
    }

    private static NDArray byError(SiteChange change, List<Attribution.Node> nodes) {
        return TokenBatch.pick(positions(nodes), SiteChange.rows(change.error()));
    }

    private static int[] positions(List<Attribution.Node> nodes) {
        return nodes.stream().mapToInt(Attribution.Node::position).toArray();
    }

    /** @param changes (N, S) */
    private static double[] run(
            Scope scope,
            ModelId model,
            List<Integer> ids,
            SiteChange change,
            List<Attribution.Node> nodes,
            NDArray changes,
            MetricAt metric) {
        int n = nodes.size();
        int length = ids.size();
        float[] there = new float[n * length];
        for (int i = 0; i < n; i++) {
            there[i * length + nodes.get(i).position()] = 1;
        }
        NDManager step = scope.arrays();
        NDArray whole = changes.expandDims(1).mul(step.create(there, new Shape(n, length, 1)));
        HookPoint point = change.sae().writesAt();
        AtPoint hook = AtPoint.of(point, value -> value.add(whole.reshape(value.getShape())));
        return Runs.numbers(Runs.metricAround(scope, model, ids, n, point, hook, metric));
    }

    /** The metric with everything at the place patched. */
    static double whole(Scope scope, ModelId model, List<Integer> ids, SiteChange change, MetricAt metric) {
        HookPoint point = change.sae().writesAt();
        NDArray patched = change.patched();
        AtPoint hook = AtPoint.of(point, value -> patched);
        return Runs.number(Runs.metricAround(scope, model, ids, 1, point, hook, metric));
    }
}
