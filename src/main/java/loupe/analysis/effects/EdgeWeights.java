package loupe.analysis.effects;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import loupe.analysis.DeviceArrays;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;

/**
 * How much features of one checkpoint contribute to a metric through features of a later one: for a feature u at a
 * position of the first and a node v of the second, (the mean gradient of the metric with respect to v on the way from
 * the clean run to the corrupt one) times (the gradient of v with respect to u at the clean run) times (what u changes
 * by).
 *
 * @param clean the text, T tokens
 * @param corrupt the text that the changes are taken from, of as many tokens
 * @param position whose prediction the metric is of
 * @param steps of the mean gradient
 * @param from the earlier checkpoint, F features
 * @param to the later one
 * @param nodes features of the later one, each at a position
 * @param constant places whose values are held constant, which leaves the paths that avoid them
 */
public record EdgeWeights(
        ModelId model,
        List<Integer> clean,
        List<Integer> corrupt,
        Metric metric,
        int position,
        int steps,
        SaeId from,
        SaeId to,
        List<Node> nodes,
        Set<HookPoint> constant)
        implements Query.Stepped<EdgeWeights.Answer> {
    /** Tokens computed in one step. */
    private static final int STEP_TOKENS = 512;

    public EdgeWeights {
        clean = List.copyOf(clean);
        corrupt = List.copyOf(corrupt);
        nodes = List.copyOf(nodes);
        constant = Set.copyOf(constant);
        if (clean.isEmpty() || clean.size() != corrupt.size() || steps < 1 || position >= clean.size()) {
            throw new IllegalArgumentException("clean has " + clean.size() + " tokens, corrupt " + corrupt.size()
                    + ", steps are " + steps + ", position is " + position);
        }
    }

    /** A feature at a position. */
    public record Node(int position, int feature) {}

    /**
     * The weights of the nodes that are done.
     *
     * @param gradients of the metric with respect to each node, the mean of the steps
     * @param weights of the edges into each node, (T, F)
     */
    public record Answer(List<Double> gradients, List<HostTensor> weights) {}

    @Override
    public Sweep begin() {
        return new Sweep();
    }

    /** The mean gradient, then one batch of nodes after the other. */
    public final class Sweep implements Query.Sweep<Answer> {
        private final int length = clean.size();
        private final List<HostTensor> weights = new ArrayList<>();
        private double[] sum = {};
        private int next;
        private @Nullable List<Double> ofNodes;

        private Sweep() {}

        @Override
        public boolean step(Scope scope) {
            PlacedSae upstream = PlacedSae.of(scope, model, from);
            PlacedSae downstream = PlacedSae.of(scope, model, to);
            if (upstream.writesAt().compareTo(downstream.readsAt()) >= 0) {
                boolean turned = downstream.writesAt().compareTo(upstream.readsAt()) < 0;
                throw new Refusal(
                        "There are no edges from " + upstream.writesAt() + " to " + downstream.readsAt() + ", which is "
                                + (turned ? "before it" : "not behind it"),
                        "a checkpoint that reads behind the place where the other writes",
                        turned ? "Exchange the two" : "Choose a checkpoint of another place or layer for one of them");
            }
            for (Node node : nodes) {
                downstream.require(node.feature());
            }
            if (ofNodes == null) {
                SiteChange change = new SiteChange(scope, model, to, clean, Optional.of(corrupt));
                addGradients(scope, change);
                if (next == steps) {
                    ofNodes = ofNodes(scope, change);
                }
                return true;
            }
            int most = Math.min(nodes.size() - weights.size(), Math.max(1, STEP_TOKENS / length));
            int count = Gradients.rows(scope, model, upstream.writesAt(), length, downstream.features(), most);
            weights.addAll(weights(scope, ofNodes, weights.size(), count));
            return weights.size() < nodes.size();
        }

        private void addGradients(Scope scope, SiteChange change) {
            HookPoint at = change.sae().writesAt();
            double[] more =
                    next == 0 ? new double[Math.toIntExact(change.value().size())] : sum.clone();
            int count = Gradients.rows(
                    scope, model, at, length, 0, Math.min(steps - next, Math.max(1, STEP_TOKENS / length)));
            Gradients.addBetween(
                    scope,
                    model,
                    clean,
                    change.value(),
                    change.patched(),
                    at,
                    Gradients.shares(next, count, steps),
                    new MetricAt(model, clean, metric, position),
                    more);
            sum = more;
            next += count;
        }

        private List<Double> ofNodes(Scope scope, SiteChange change) {
            NDArray mean = scope.arrays()
                    .create(Gradients.mean(sum, steps), change.value().getShape());
            float[] all = DeviceArrays.floats(change.sae().gradient(mean, change.read()));
            int width = change.sae().features();
            return nodes.stream()
                    .map(node -> (double) all[node.position() * width + node.feature()])
                    .toList();
        }

        /** One run for each node, all differentiated at once: what happens in one does not reach another. */
        private List<HostTensor> weights(Scope scope, List<Double> gradientsOfNodes, int first, int count) {
            NDManager step = scope.arrays();
            LanguageModel lm = scope.model(model);
            SiteChange change = new SiteChange(scope, model, from, clean, Optional.of(corrupt));
            PlacedSae downstream = PlacedSae.of(scope, model, to);
            NDArray leaf = change.value().repeat(0, count).stopGradient();
            leaf.setRequiresGradient(true);
            Map<HookPoint, NDArray> read = new HashMap<>();
            Map<HookPoint, UnaryOperator<NDArray>> changes = new HashMap<>();
            constant.forEach(point -> changes.put(point, NDArray::stopGradient));
            changes.put(change.sae().writesAt(), value -> leaf);
            UnaryOperator<NDArray> before = changes.getOrDefault(downstream.readsAt(), UnaryOperator.identity());
            changes.put(downstream.readsAt(), value -> {
                NDArray seen = before.apply(value);
                read.put(downstream.readsAt(), seen);
                return seen;
            });
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                lm.forward(
                        step,
                        Runs.rows(clean, count),
                        new Until(new AtPoint(changes), downstream.readsAt()),
                        null,
                        Logits.NONE,
                        scope.cancellation());
                NDArray features = downstream.readKeepingGraph(Objects.requireNonNull(read.get(downstream.readsAt())));
                float[] chosen = new float[Math.toIntExact(features.size())];
                for (int row = 0; row < count; row++) {
                    Node node = nodes.get(first + row);
                    chosen[(row * length + node.position()) * downstream.features() + node.feature()] = 1;
                }
                collector.backward(
                        features.mul(step.create(chosen, features.getShape())).sum());
            }
            NDArray gradient = leaf.getGradient();
            List<HostTensor> found = new ArrayList<>();
            for (int row = 0; row < count; row++) {
                NDArray one = change.sae().gradient(gradient.get("{}:{}", row, row + 1), change.read());
                float[] weight = Runs.gradient(one.mul(change.features()));
                double factor = gradientsOfNodes.get(first + row);
                for (int i = 0; i < weight.length; i++) {
                    weight[i] = (float) (factor * weight[i]);
                }
                found.add(new HostTensor(weight, length, change.sae().features()));
            }
            return found;
        }

        @Override
        public Answer result() {
            return new Answer(ofNodes == null ? List.of() : ofNodes, List.copyOf(weights));
        }

        @Override
        public double fraction() {
            return (double) (next + weights.size()) / (steps + nodes.size());
        }
    }

    /** A hook, and where the pass may end. */
    private record Until(AtPoint hook, HookPoint end) implements Hook {
        @Override
        public boolean wants(HookPoint point) {
            return hook.wants(point);
        }

        @Override
        public NDArray at(HookPoint point, NDArray value) {
            return hook.at(point, value);
        }

        @Override
        public HookPoint stopAfter() {
            return end;
        }
    }

    @Override
    public long bytes(Answer answer) {
        return answer.weights().stream()
                .mapToLong(one -> 4L * one.data().length)
                .sum();
    }
}
