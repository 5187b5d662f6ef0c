package loupe.analysis.dream;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Fit;
import loupe.analysis.effects.GraphMemory;
import loupe.analysis.prompts.TrainedValues;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.lm.Scalars;
import loupe.sae.SparseAutoencoder;
import org.jspecify.annotations.Nullable;

/**
 * Passes over texts of one length, for what they give at their last token and how likely they are. For one step; B
 * texts of T tokens, the first K of which stand before those that are searched for.
 */
final class DreamPass {
    private static final HookPoint EMBED = HookPoint.of(Site.EMBED);

    private final Scope scope;
    private final LanguageModel lm;
    private final int before;
    private final Reader feature;
    private final Optional<Reader> without;

    /**
     * @param before tokens of each text whose likelihood does not count, K
     * @throws Refusal if a checkpoint does not fit the model, or has no such feature
     */
    DreamPass(Scope scope, ModelId model, DreamTarget target, int before) {
        this.scope = scope;
        this.lm = scope.model(model);
        this.before = before;
        this.feature = reader(model, target.feature());
        this.without = target.without().map(other -> reader(model, other));
    }

    private Reader reader(ModelId model, DreamTarget.Feature of) {
        SparseAutoencoder sae = scope.sae(of.sae());
        new Fit(lm.config(), sae.config()).misfit().ifPresent(why -> {
            throw why.refusal(of.sae().name(), model.name());
        });
        if (of.index() < 0 || of.index() >= sae.config().dSae()) {
            throw new Refusal(
                    "There is no feature " + of.index() + " in " + of.sae().name(),
                    "0 to " + (sae.config().dSae() - 1),
                    "Choose a feature of the checkpoint");
        }
        return new Reader(lm, sae, of.index());
    }

    /**
     * What each text gives.
     *
     * @param rows tokens, (B, T)
     */
    List<DreamText> texts(int[][] rows) {
        try (NDManager step = scope.arrays().newSubManager()) {
            Seen seen = new Seen(points(), true, Optional.empty());
            double[] losses = DeviceArrays.doubles(crossEntropy(step, run(step, rows, seen), rows));
            double[] targets = DeviceArrays.doubles(target(seen));
            double[] activations = feature.activations(seen);
            double[] others = without.map(other -> other.activations(seen)).orElseGet(() -> new double[rows.length]);
            List<DreamText> texts = new ArrayList<>();
            for (int row = 0; row < rows.length; row++) {
                texts.add(new DreamText(
                        Ids.after(rows[row], before), targets[row], activations[row], others[row], losses[row]));
            }
            return texts;
        }
    }

    /** The feature's activation at every token of one text, T values. */
    float[] activations(int[] text) {
        try (NDManager step = scope.arrays().newSubManager()) {
            Seen seen = new Seen(List.of(feature.at()), false, Optional.empty());
            run(step, new int[][] {text}, seen);
            return feature.everywhere(seen);
        }
    }

    /**
     * The gradient of each text's loss, its penalty times its cross-entropy less its target, with respect to which
     * token stands where.
     *
     * @param rows tokens, (B, T)
     * @param penalties B of them
     * @return for each text (T - K, V), row-major: what the loss gains, to first order, for each unit by which a token
     *     is there
     */
    List<float[]> gradients(int[][] rows, double[] penalties) {
        int length = rows[0].length;
        boolean isGpu = scope.arrays().getDevice().isGpu();
        int fitting = GraphMemory.rows(lm.config(), lm.config().nLayers(), length, rows.length, isGpu);
        if (fitting < rows.length) {
            throw new Refusal(
                    "The gradient on " + rows.length + " texts of " + length + " tokens does not fit into memory",
                    "at most " + fitting + " such texts",
                    "Choose fewer slots, or shorter texts");
        }
        try (NDManager step = scope.arrays().newSubManager()) {
            NDArray leaf = step.zeros(new Shape(rows.length, length, lm.config().dModel()));
            leaf.setRequiresGradient(true);
            // what goes into the recorded pass stays open until the gradient is taken
            float[] factors = new float[penalties.length];
            for (int i = 0; i < factors.length; i++) {
                factors[i] = (float) penalties[i];
            }
            NDArray weights = step.create(factors);
            try (GradientCollector gradients = Engine.getInstance().newGradientCollector()) {
                Seen seen = new Seen(points(), true, Optional.of(leaf));
                NDArray likelihood = crossEntropy(step, run(step, rows, seen), rows);
                gradients.backward(likelihood.mul(weights).sub(target(seen)).sum());
            }
            return ofTokens(step, leaf.getGradient(), rows.length, length);
        }
    }

    /** Products of the gradients at the embeddings with the embedding of every token. */
    private List<float[]> ofTokens(NDManager step, NDArray gradient, int rows, int length) {
        List<float[]> all = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            scope.cancellation().check();
            try (NDManager own = step.newSubManager()) {
                NDArray there = gradient.get("{}, {}:", row, before)
                        .reshape(length - before, lm.config().dModel());
                there.attach(own);
                NDArray products = Linear.linear(there, lm.embedding()).singletonOrThrow();
                double scale = lm.config().scaling().embedding();
                all.add(DeviceArrays.floats(scale == 1 ? products : Scalars.mul(products, scale)));
            }
        }
        return all;
    }

    private List<HookPoint> points() {
        return Stream.concat(Stream.of(feature), without.stream())
                .map(Reader::at)
                .distinct()
                .toList();
    }

    /** The residual stream leaving the last block, (B, T, dModel). */
    private NDArray run(NDManager step, int[][] rows, Seen seen) {
        return lm.forward(step, Input.of(rows), seen, null, Logits.NONE, scope.cancellation());
    }

    /** What is made large, of each text, (B). */
    private NDArray target(Seen seen) {
        NDArray one = feature.preActivations(seen);
        return without.map(other -> one.sub(Activation.relu(other.preActivations(seen))))
                .orElse(one);
    }

    /** The mean over the tokens that are searched for and have one before them, (B); NaN if none has. */
    private NDArray crossEntropy(NDManager step, NDArray end, int[][] rows) {
        int length = rows[0].length;
        int first = Math.max(1, before);
        int counted = length - first;
        if (counted == 0) {
            return step.full(new Shape(rows.length), Float.NaN);
        }
        NDArray predicting = end.get(":, {}:{}", first - 1, length - 1).reshape((long) rows.length * counted, -1);
        long[] next = new long[rows.length * counted];
        for (int i = 0; i < next.length; i++) {
            next[i] = rows[i / counted][first + i % counted];
        }
        NDArray chosen = lm.logits(predicting)
                .logSoftmax(-1)
                .gather(step.create(next, new Shape(next.length, 1)), 1)
                .reshape(rows.length, counted);
        return chosen.mean(new int[] {1}).neg();
    }

    /** A feature in its place in the model. */
    private record Reader(LanguageModel lm, SparseAutoencoder sae, int index) {
        HookPoint at() {
            return sae.config().hook().orElseThrow();
        }

        /** At the last token, (B). */
        NDArray preActivations(Seen seen) {
            return sae.preActivation(last(seen), index);
        }

        /** At the last token, B values. */
        double[] activations(Seen seen) {
            NDArray last = last(seen);
            long rows = last.getShape().get(0);
            if (!sae.config().activation().takesWholeBatch()) {
                return DeviceArrays.doubles(column(sae.encode(last)));
            }
            // each text by itself, since what one gives depends on those it is encoded with
            return IntStream.range(0, Math.toIntExact(rows))
                    .mapToDouble(row ->
                            column(sae.encode(last.get("{}:{}", row, row + 1))).getFloat())
                    .toArray();
        }

        /** At every token of the only text. */
        float[] everywhere(Seen seen) {
            return DeviceArrays.floats(column(sae.encode(trained(seen.value(at())))));
        }

        private NDArray last(Seen seen) {
            NDArray value = seen.value(at());
            return trained(value.get(":, {}:", value.getShape().get(1) - 1));
        }

        private NDArray trained(NDArray value) {
            return TrainedValues.of(lm, sae.config(), at(), value);
        }

        /** @param features (..., dSae) */
        private NDArray column(NDArray features) {
            return features.reshape(-1, sae.config().dSae())
                    .get(":, {}:{}", index, index + 1)
                    .reshape(-1);
        }
    }

    /** Keeps the values at some places and adds a leaf to the embeddings. */
    private static final class Seen implements Hook {
        private final List<HookPoint> points;
        private final boolean toTheEnd;
        private final Optional<NDArray> leaf;
        private final Map<HookPoint, NDArray> values = new HashMap<>();

        /** @param toTheEnd whether the pass goes on behind the last of the places */
        Seen(List<HookPoint> points, boolean toTheEnd, Optional<NDArray> leaf) {
            this.points = points;
            this.toTheEnd = toTheEnd;
            this.leaf = leaf;
        }

        NDArray value(HookPoint at) {
            return Objects.requireNonNull(values.get(at), at::toString);
        }

        @Override
        public boolean wants(HookPoint point) {
            return points.contains(point) || (leaf.isPresent() && point.equals(EMBED));
        }

        @Override
        public NDArray at(HookPoint point, NDArray value) {
            NDArray next = leaf.isPresent() && point.equals(EMBED) ? value.add(leaf.get()) : value;
            if (points.contains(point)) {
                values.put(point, next);
            }
            return next;
        }

        @Override
        public @Nullable HookPoint stopAfter() {
            return toTheEnd ? null : points.stream().max(HookPoint::compareTo).orElse(null);
        }
    }
}
