package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.analysis.DeviceArrays;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;

/**
 * How much each feature at each position, and each position's error, contributes to a metric: what the metric of the
 * clean run would change by if their values were those of another run, or 0. Each checkpoint's place is taken on its
 * own; gradients are those of the model without any checkpoint in it.
 *
 * @param saes checkpoints, each in its place
 * @param clean the text, T tokens
 * @param corrupt the text that the other values are taken from, of as many tokens; empty to take features and errors
 *     away
 * @param position whose prediction the metric is of
 * @param steps between the two runs, of {@link Method#INTEGRATED_GRADIENTS}
 * @param checks what is computed besides
 */
public record Attribution(
        ModelId model,
        List<SaeId> saes,
        List<Integer> clean,
        Optional<List<Integer>> corrupt,
        Metric metric,
        int position,
        Method method,
        int steps,
        Checks checks)
        implements Query.Stepped<Attribution.Answer> {
    /** Tokens computed in one step, and while others wait. */
    private static final int STEP_TOKENS = 1_024;

    private static final int SHORT_STEP_TOKENS = 256;

    /** How effects are found. */
    public enum Method {
        /** The change times the gradient at the clean run: one pass forward and one back for everything. */
        GRADIENT,
        /** The change times the mean gradient on the way to the other values, which is left out itself. */
        INTEGRATED_GRADIENTS,
        /** A run for each feature and position that differ, and for each position's error. */
        EXACT
    }

    /**
     * What shows how good the effects are.
     *
     * @param whole whether the metric is also measured with everything at a place changed at once
     * @param largest how many of the largest effects are also measured exactly
     */
    public record Checks(boolean whole, int largest) {
        /** Nothing. */
        public static final Checks NONE = new Checks(false, 0);
    }

    public Attribution {
        saes = List.copyOf(saes);
        clean = List.copyOf(clean);
        corrupt = corrupt.map(List::copyOf);
        if (clean.isEmpty() || (corrupt.isPresent() && corrupt.get().size() != clean.size())) {
            throw new IllegalArgumentException("clean has " + clean.size() + " tokens, corrupt is " + corrupt);
        }
        if (position < 0 || position >= clean.size() || steps < 1) {
            throw new IllegalArgumentException(
                    "position is " + position + " of " + clean.size() + " tokens, steps " + steps);
        }
        if (method == Method.GRADIENT && !metric.hasGradientAtClean()) {
            throw new IllegalArgumentException("the gradient of " + metric + " is 0 at the clean run");
        }
    }

    /**
     * The contributions.
     *
     * @param clean the metric of the clean run
     * @param corrupt that of the corrupt run; NaN if there is none
     * @param sites one for each checkpoint that is done
     */
    public record Answer(double clean, double corrupt, List<Site> sites) {}

    /**
     * The contributions at one checkpoint's place.
     *
     * @param at where the features write
     * @param effects of each feature at each position, (T, F)
     * @param errors of each position's error
     * @param whole what the metric changes by with everything there changed at once; NaN if it was not measured
     * @param largest effects measured exactly, largest first
     */
    public record Site(HookPoint at, HostTensor effects, double[] errors, double whole, List<Measured> largest) {
        /** Sum over features and positions. */
        public double sumOfFeatures() {
            double sum = 0;
            for (float effect : effects.data()) {
                sum += effect;
            }
            return sum;
        }

        /** Sum over positions. */
        public double sumOfErrors() {
            return Arrays.stream(errors).sum();
        }

        /** The effect of a node. */
        public double effect(Node node) {
            return node.feature().isPresent()
                    ? effects.get(node.position(), node.feature().getAsInt())
                    : errors[node.position()];
        }

        /**
         * The nodes whose effects are furthest from 0, those first; at most so many, features without effect left out.
         */
        public List<Node> largestNodes(int most) {
            int width = effects.size(-1);
            return IntStream.concat(
                            LargestEffects.of(effects.data(), most),
                            IntStream.range(0, errors.length).map(t -> ~t))
                    .mapToObj(i ->
                            i < 0 ? new Node(~i, OptionalInt.empty()) : new Node(i / width, OptionalInt.of(i % width)))
                    .sorted(Comparator.comparingDouble(node -> -Math.abs(effect(node))))
                    .limit(most)
                    .toList();
        }
    }

    /**
     * A feature, or the error, at a position.
     *
     * @param feature empty for the error
     */
    public record Node(int position, OptionalInt feature) {}

    /**
     * One effect beside its exact size.
     *
     * @param feature empty for the error
     * @param effect as the method has it
     * @param exact what the metric really changes by
     */
    public record Measured(int position, OptionalInt feature, double effect, double exact) {}

    private MetricAt measured() {
        return new MetricAt(model, clean, metric, position);
    }

    @Override
    public Sweep begin() {
        return new Sweep();
    }

    /** The unpatched runs, then each place in turn. */
    public final class Sweep implements Query.Sweep<Answer> {
        private final int length = clean.size();
        private final List<Site> sites = new ArrayList<>();
        private final Map<HookPoint, float[]> gradients = new HashMap<>();
        private double cleanMetric = Double.NaN;
        private double corruptMetric = Double.NaN;
        private boolean hasRuns;
        private double[] sum = {};
        private List<Node> nodes = List.of();
        private double[] metrics = {};
        private int next;

        private Sweep() {}

        @Override
        public boolean step(Scope scope) {
            if (!hasRuns) {
                runs(scope);
                hasRuns = true;
                return !saes.isEmpty();
            }
            SiteChange change = new SiteChange(scope, model, saes.get(sites.size()), clean, corrupt);
            boolean isDone =
                    switch (method) {
                        case GRADIENT ->
                            addSite(
                                    scope,
                                    change,
                                    Objects.requireNonNull(
                                            gradients.get(change.sae().writesAt())));
                        case INTEGRATED_GRADIENTS -> integrate(scope, change);
                        case EXACT -> measure(scope, change);
                    };
            return !isDone || sites.size() < saes.size();
        }

        private void runs(Scope scope) {
            if (method == Method.GRADIENT) {
                List<HookPoint> points = saes.stream()
                        .map(id -> PlacedSae.of(scope, model, id).writesAt())
                        .distinct()
                        .toList();
                Gradients.AtPlaces found = Gradients.at(scope, model, clean, points, measured());
                gradients.putAll(found.values());
                cleanMetric = found.metric();
            } else {
                cleanMetric = plain(scope, clean);
            }
            corrupt.ifPresent(ids -> corruptMetric = plain(scope, ids));
        }

        /** The metric of a run, whose values where checkpoints read and write are kept. */
        private double plain(Scope scope, List<Integer> ids) {
            List<HookPoint> points = saes.stream()
                    .map(id -> PlacedSae.of(scope, model, id))
                    .flatMap(sae -> Stream.of(sae.readsAt(), sae.writesAt()))
                    .distinct()
                    .toList();
            return Runs.observed(scope, model, ids, points, measured());
        }

        private boolean integrate(Scope scope, SiteChange change) {
            HookPoint at = change.sae().writesAt();
            int width = Math.toIntExact(change.value().size() / length);
            if (next == 0) {
                sum = new double[length * width];
            }
            int most = Math.max(1, (scope.othersWait() ? SHORT_STEP_TOKENS : STEP_TOKENS) / length);
            int count = Gradients.rows(scope, model, at, length, 0, Math.min(most, steps - next));
            double[] more = sum.clone();
            Gradients.addBetween(
                    scope,
                    model,
                    clean,
                    change.value(),
                    change.patched(),
                    at,
                    Gradients.shares(next, count, steps),
                    measured(),
                    more);
            sum = more;
            next += count;
            if (next < steps) {
                return false;
            }
            next = 0;
            return addSite(scope, change, Gradients.mean(sum, steps));
        }

        /** @param gradient of the metric where the checkpoint writes, (T, S) */
        private boolean addSite(Scope scope, SiteChange change, float[] gradient) {
            NDArray there = scope.arrays().create(gradient, change.value().getShape());
            NDArray effects = change.features().mul(change.sae().gradient(there, change.read()));
            double[] errors = DeviceArrays.doubles(
                    SiteChange.rows(change.error().mul(there)).sum(new int[] {1}));
            finish(scope, change, host(effects), errors);
            return true;
        }

        private boolean measure(Scope scope, SiteChange change) {
            if (next == 0) {
                nodes = differing(change);
                metrics = new double[nodes.size()];
            }
            int most = Math.max(1, (scope.othersWait() ? SHORT_STEP_TOKENS : STEP_TOKENS) / length);
            int count = Math.min(most, nodes.size() - next);
            double[] found =
                    SinglePatches.metrics(scope, model, clean, change, nodes.subList(next, next + count), measured());
            System.arraycopy(found, 0, metrics, next, count);
            next += count;
            if (next < nodes.size()) {
                return false;
            }
            next = 0;
            float[] effects = new float[length * change.sae().features()];
            double[] errors = new double[length];
            for (int i = 0; i < metrics.length; i++) {
                Node node = nodes.get(i);
                double effect = metrics[i] - cleanMetric;
                if (node.feature().isPresent()) {
                    effects[
                            node.position() * change.sae().features()
                                    + node.feature().getAsInt()] = (float) effect;
                } else {
                    errors[node.position()] = effect;
                }
            }
            finish(scope, change, new HostTensor(effects, length, change.sae().features()), errors);
            return true;
        }

        private List<Node> differing(SiteChange change) {
            int width = change.sae().features();
            float[] changes = DeviceArrays.floats(change.features());
            List<Node> found = new ArrayList<>();
            for (int i = 0; i < changes.length; i++) {
                if (changes[i] != 0) {
                    found.add(new Node(i / width, OptionalInt.of(i % width)));
                }
            }
            for (int t = 0; t < length; t++) {
                found.add(new Node(t, OptionalInt.empty()));
            }
            return found;
        }

        private void finish(Scope scope, SiteChange change, HostTensor effects, double[] errors) {
            Runs.requireNumbers(effects.data());
            double whole = checks.whole()
                    ? SinglePatches.whole(scope, model, clean, change, measured()) - cleanMetric
                    : Double.NaN;
            Site found = new Site(change.sae().writesAt(), effects, errors, whole, List.of());
            List<Measured> largest = List.of();
            if (checks.largest() > 0) {
                List<Node> some = found.largestNodes(checks.largest());
                double[] exact = method == Method.EXACT
                        ? new double[0]
                        : SinglePatches.metrics(scope, model, clean, change, some, measured());
                largest = IntStream.range(0, some.size())
                        .mapToObj(i -> {
                            Node node = some.get(i);
                            double effect = found.effect(node);
                            return new Measured(
                                    node.position(),
                                    node.feature(),
                                    effect,
                                    exact.length == 0 ? effect : exact[i] - cleanMetric);
                        })
                        .toList();
            }
            sites.add(new Site(change.sae().writesAt(), effects, errors, whole, largest));
        }

        private static HostTensor host(NDArray matrix) {
            Shape shape = matrix.getShape();
            return new HostTensor(
                    DeviceArrays.floats(matrix), Math.toIntExact(shape.get(0)), Math.toIntExact(shape.get(1)));
        }

        @Override
        public Answer result() {
            return new Answer(cleanMetric, corruptMetric, List.copyOf(sites));
        }

        @Override
        public double fraction() {
            double within = method == Method.EXACT ? (double) next / Math.max(1, nodes.size()) : (double) next / steps;
            return (sites.size() + within) / Math.max(1, saes.size());
        }
    }

    @Override
    public long bytes(Answer answer) {
        return answer.sites().stream()
                .mapToLong(site -> 4L * site.effects().data().length + 8L * site.errors().length)
                .sum();
    }
}
