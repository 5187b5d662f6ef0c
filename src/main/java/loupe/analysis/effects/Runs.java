package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import loupe.analysis.DeviceArrays;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.KeyValues;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import org.jspecify.annotations.Nullable;

/** Runs of a model on one text, and what they give at some places and as a metric. */
final class Runs {
    private static final String ANOTHER = "Choose another text, model or checkpoint";

    private Runs() {}

    /** Tokens as the model takes them. */
    static int[] array(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The same text in every row of a batch. */
    static Input rows(List<Integer> ids, int rows) {
        return Input.of(Collections.nCopies(rows, array(ids)).toArray(int[][]::new));
    }

    /**
     * A log-probability under interventions.
     *
     * @throws Refusal if it is no number, since a value in the run went beyond what 32 bits hold
     */
    static double number(double logProbability) {
        if (Double.isNaN(logProbability)) {
            throw noNumbers("The predictions under the interventions", "Choose smaller ones");
        }
        return logProbability;
    }

    /**
     * The metric of one run.
     *
     * @throws Refusal if it is no number, or infinite
     */
    static double number(NDArray metric) {
        return numbers(metric)[0];
    }

    /**
     * The metrics of several runs.
     *
     * @throws Refusal if one is no number, or infinite
     */
    static double[] numbers(NDArray metrics) {
        double[] found = DeviceArrays.doubles(metrics);
        if (!Arrays.stream(found).allMatch(Double::isFinite)) {
            throw noNumbers("The predictions", ANOTHER);
        }
        return found;
    }

    /**
     * A gradient on the host.
     *
     * @throws Refusal if one of its values is no number, or infinite
     */
    static float[] gradient(NDArray gradient) {
        float[] found = DeviceArrays.floats(gradient);
        requireNumbers(found);
        return found;
    }

    /**
     * Goes on only with numbers.
     *
     * @throws Refusal if a gradient, or what was made of one, is no number, or infinite
     */
    static void requireNumbers(float[] gradients) {
        for (float value : gradients) {
            if (!Float.isFinite(value)) {
                throw noNumbers("The gradients", ANOTHER);
            }
        }
    }

    private static Refusal noNumbers(String what, String remedy) {
        return new Refusal(what + " are no numbers: a value in the model became too large", "", remedy);
    }

    /**
     * The metric of each row of a run. Only the position that counts is unembedded.
     *
     * @return B values, differentiable
     */
    static NDArray metric(Scope scope, LanguageModel lm, NDManager step, Input input, Hook hook, MetricAt metric) {
        NDArray end = lm.forward(step, input, hook, null, ending(hook), scope.cancellation());
        return metric(scope, lm, end, hook, metric);
    }

    /**
     * The metric of each of several runs on one text that are alike before a place: they begin at its layer.
     *
     * @param hook changes values at or after the place, (B, T, ...)
     */
    static NDArray metricAround(
            Scope scope, ModelId model, List<Integer> ids, int rows, HookPoint place, Hook hook, MetricAt metric) {
        LanguageModel lm = scope.model(model);
        NDManager step = scope.arrays();
        Input input = rows(ids, rows);
        if (!place.site().inBlock() || place.layer() == 0) {
            return metric(scope, lm, step, input, hook, metric);
        }
        NDArray residual =
                at(scope, model, ids, HookPoint.residPre(place.layer())).repeat(0, rows);
        NDArray end =
                lm.forwardFrom(step, place.layer(), residual, input, hook, null, ending(hook), scope.cancellation());
        return metric(scope, lm, end, hook, metric);
    }

    private static NDArray metric(Scope scope, LanguageModel lm, NDArray end, Hook hook, MetricAt metric) {
        return metric.of(scope, prediction(lm, end, hook, metric.position()));
    }

    /**
     * The logits behind one token, (B, V).
     *
     * @param end what a pass ends with whose {@link Logits} are none, unless the hook looks at the final norm
     */
    static NDArray prediction(LanguageModel lm, NDArray end, Hook hook, int position) {
        NDArray there = end.get(":, {}:{}", position, position + 1)
                .reshape(end.getShape().get(0), end.getShape().get(2));
        return ending(hook) == Logits.ALL ? there : lm.logits(there);
    }

    /** The final norm is part of the pass only if the logits are. */
    static Logits ending(Hook hook) {
        boolean behind =
                hook.wants(HookPoint.of(Site.LN_FINAL_SCALE)) || hook.wants(HookPoint.of(Site.LN_FINAL_NORMALIZED));
        return behind ? Logits.ALL : Logits.NONE;
    }

    /**
     * The metric of a run on one text, whose values at some places are kept for {@link #at}, and keys and values for
     * {@link #keysAndValues}.
     */
    static double observed(Scope scope, ModelId model, List<Integer> ids, List<HookPoint> points, MetricAt metric) {
        Map<HookPoint, UnaryOperator<NDArray>> looks = new HashMap<>();
        for (HookPoint point : points) {
            looks.put(point, value -> {
                keep(scope, model, ids, point, value);
                return value;
            });
        }
        LanguageModel lm = scope.model(model);
        Hook hook = new AtPoint(looks);
        KeyValueCache cache = KeyValueCache.empty();
        NDArray end = lm.forward(scope.arrays(), rows(ids, 1), hook, cache, ending(hook), scope.cancellation());
        scope.kept(new KeysAndValues(model, ids), () -> KeyValues.joined(cache.added()));
        return number(metric(scope, lm, end, hook, metric));
    }

    /**
     * Keys and values of the first tokens of a text in all layers, of batch size 1, kept on the device between steps.
     */
    static List<KeyValues> keysAndValues(Scope scope, ModelId model, List<Integer> ids, int tokens) {
        NDArray all = scope.kept(new KeysAndValues(model, ids), () -> {
            KeyValueCache cache = KeyValueCache.empty();
            scope.model(model)
                    .forward(scope.arrays(), rows(ids, 1), Hook.NONE, cache, Logits.NONE, scope.cancellation());
            return KeyValues.joined(cache.added());
        });
        return KeyValues.apart(all.get(":, :, :, {}:{}", 0, tokens));
    }

    private record KeysAndValues(ModelId model, List<Integer> ids) {}

    /** The values of one text at places, (1, T, ...) each, in one pass that ends at the last of them. */
    static Map<HookPoint, NDArray> values(
            Scope scope, ModelId model, NDManager step, List<Integer> ids, List<HookPoint> points) {
        Caught caught = new Caught(points);
        scope.model(model).forward(step, rows(ids, 1), caught, null, Logits.NONE, scope.cancellation());
        return caught.values;
    }

    /** The value of one text at a place, (1, T, ...), kept on the device between steps. */
    static NDArray at(Scope scope, ModelId model, List<Integer> ids, HookPoint point) {
        return scope.kept(
                new OfPoint(model, ids, point),
                () -> values(scope, model, scope.arrays(), ids, List.of(point))
                        .values()
                        .iterator()
                        .next());
    }

    /**
     * The values of several texts of one length at a place, (B, T, ...), kept on the device between steps: rows of one
     * batch, so that where another batch of as many has the same tokens, it has the same numbers to the last bit, and a
     * feature that is just at its threshold is active in both or in neither.
     */
    static NDArray atOfAll(Scope scope, ModelId model, List<List<Integer>> texts, HookPoint point) {
        return scope.kept(new OfTexts(model, texts, point), () -> {
            Caught caught = new Caught(List.of(point));
            Input input = Input.of(texts.stream().map(Runs::array).toArray(int[][]::new));
            return scope.model(model).forward(scope.arrays(), input, caught, null, Logits.NONE, scope.cancellation());
        });
    }

    private record OfTexts(ModelId model, List<List<Integer>> texts, HookPoint point) {}

    /** Lets {@link #at} give a value that a pass has come by. */
    static void keep(Scope scope, ModelId model, List<Integer> ids, HookPoint point, NDArray value) {
        scope.kept(new OfPoint(model, ids, point), () -> value);
    }

    private record OfPoint(ModelId model, List<Integer> ids, HookPoint point) {}

    /** Keeps the values at some places, in the order of the pass. */
    private static final class Caught implements Hook {
        private final List<HookPoint> points;
        private final Map<HookPoint, NDArray> values = new TreeMap<>();

        Caught(List<HookPoint> points) {
            this.points = points;
        }

        @Override
        public boolean wants(HookPoint point) {
            return points.contains(point);
        }

        @Override
        public NDArray at(HookPoint point, NDArray value) {
            values.put(point, value);
            return value;
        }

        @Override
        public @Nullable HookPoint stopAfter() {
            return points.stream().max(HookPoint::compareTo).orElse(null);
        }
    }
}
