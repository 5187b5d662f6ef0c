package loupe.analysis.compare;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Fit;
import loupe.analysis.prompts.TokenBatch;
import loupe.analysis.prompts.TokenRows;
import loupe.analysis.prompts.TrainedValues;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.sae.Reconstruction;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;

/**
 * How faithful an autoencoder is to its model: metrics of the reconstruction, and what the model loses when the
 * reconstruction takes the activation's place at every position, error term left out, against zeros in its place. Every
 * position counts, the first included; only predictions of a next token of the same document have a loss. An
 * autoencoder trained on the centred residual stream is shown, and puts back, the stream less its mean over dModel,
 * which a model with layer norms cannot tell from the stream itself.
 *
 * @param ignored tokens at whose positions the reconstruction replaces nothing and nothing is counted, as SAELens'
 *     {@code ignore_tokens}; the zero ablation still covers every position, as there
 */
public record SaeEvaluation(ModelId model, SaeId sae, TokenRows texts, Set<Integer> ignored)
        implements Query.Stepped<SaeEvaluation.Answer> {
    /** Keeps the three arrays of logits in a step small. */
    private static final long LOGITS_PER_STEP = 1L << 22;

    public SaeEvaluation {
        ignored = Set.copyOf(ignored);
    }

    /** An evaluation in which every position counts. */
    public SaeEvaluation(ModelId model, SaeId sae, TokenRows texts) {
        this(model, sae, texts, Set.of());
    }

    /**
     * Cross-entropies and divergences are in nats per predicted token.
     *
     * @param tokens positions counted so far
     * @param ceClean loss of the model as it is; {@code ceSae} with the reconstruction, {@code ceZero} with zeros
     * @param klSae divergence KL(clean || reconstruction), over all positions; {@code klZero} with zeros
     */
    public record Answer(
            SaeMetrics metrics, long tokens, double ceClean, double ceSae, double ceZero, double klSae, double klZero) {
        /** (CE_zero - CE_sae) / (CE_zero - CE_clean): 1 is perfect, 0 no better than zeros. */
        public double ceRecovered() {
            return (ceZero - ceSae) / (ceZero - ceClean);
        }

        /** (CE_sae - CE_clean) / (CE_clean + 0.001). */
        public double ceAdded() {
            return (ceSae - ceClean) / (ceClean + 0.001);
        }

        /** (KL_zero - KL_sae) / KL_zero. */
        public double klRecovered() {
            return (klZero - klSae) / klZero;
        }
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Pass();
    }

    @Override
    public long bytes(Answer answer) {
        return 1 << 18;
    }

    private final class Pass implements Query.Sweep<Answer> {
        @SuppressWarnings("NullAway.Init") // made by the first step
        private SaeMetrics metrics;

        private List<int[]> batches = List.of();
        private int done;
        private long tokens;
        private long seen;
        private long predicted;
        private final double[] sums = new double[5];

        @Override
        public boolean step(Scope scope) {
            if (texts.count() == 0) {
                return false;
            }
            LanguageModel lm = scope.model(model);
            SparseAutoencoder loaded = scope.sae(sae);
            SaeConfig config = loaded.config();
            new Fit(scope.model(model).config(), config).misfitOfOutput().ifPresent(misfit -> {
                throw misfit.refusal(sae.name(), model.name());
            });
            HookPoint read = config.hook().orElseThrow();
            HookPoint write = config.hookOut().orElse(read);
            if (batches.isEmpty()) {
                batches =
                        texts.batches(Math.max(1, LOGITS_PER_STEP / lm.config().vocabularySize()));
                metrics = new SaeMetrics(config.dOut(), config.dSae());
            }
            TokenBatch batch = texts.batch(batches.get(done));
            int[] places = batch.places();
            boolean[] counted = new boolean[batch.input().rows() * batch.length()];
            for (int place : places) {
                counted[place] = !ignored.contains(batch.id(place));
            }
            NDArray ids = scope.arrays()
                    .create(Arrays.stream(places)
                            .mapToLong(place -> batch.id(place))
                            .toArray());

            Patch caught = Patch.looking(read, write);
            NDArray clean = logProbabilities(lm, scope, batch.input(), caught);
            NDArray whole = caught.value(write);
            NDArray target = TrainedValues.of(lm, config, write, whole);
            Reconstruction reconstruction =
                    loaded.reconstruct(batch.tokensOf(TrainedValues.of(lm, config, read, caught.value(read))), ids);
            NDArray withSae = logProbabilities(
                    lm,
                    scope,
                    batch.input(),
                    Patch.replacing(
                            write,
                            TrainedValues.with(
                                    lm,
                                    config,
                                    write,
                                    whole,
                                    whereCounted(counted, places, reconstruction.xHat(), target))));
            NDArray withZeros = logProbabilities(
                    lm,
                    scope,
                    batch.input(),
                    Patch.replacing(write, TrainedValues.with(lm, config, write, whole, target.zerosLike())));

            int[] predicting = Arrays.stream(places)
                    .filter(place -> counted[place] && batch.isFollowed(place))
                    .toArray();
            double[] found = {
                loss(clean, batch, predicting),
                loss(withSae, batch, predicting),
                loss(withZeros, batch, predicting),
                divergence(clean, withSae, counted),
                divergence(clean, withZeros, counted)
            };
            boolean[] ofTokens = new boolean[places.length];
            for (int i = 0; i < places.length; i++) {
                ofTokens[i] = counted[places[i]];
                tokens += ofTokens[i] ? 1 : 0;
            }
            float[] x = only(ofTokens, DeviceArrays.floats(batch.tokensOf(target)));
            float[] xHat = only(ofTokens, DeviceArrays.floats(reconstruction.xHat()));
            float[] features = only(ofTokens, DeviceArrays.floats(reconstruction.features()));
            metrics.add(x.length / config.dOut(), x, xHat, features);
            for (int i = 0; i < sums.length; i++) {
                sums[i] += found[i];
            }
            predicted += predicting.length;
            seen += places.length;
            done++;
            return done < batches.size();
        }

        @Override
        public Answer result() {
            return new Answer(
                    metrics,
                    tokens,
                    sums[0] / predicted,
                    sums[1] / predicted,
                    sums[2] / predicted,
                    sums[3] / tokens,
                    sums[4] / tokens);
        }

        @Override
        public double fraction() {
            return seen / (double) texts.tokens();
        }
    }

    private static NDArray logProbabilities(LanguageModel lm, Scope scope, Input input, Hook hook) {
        NDArray logits = lm.forward(scope.arrays(), input, hook, null, Logits.ALL, scope.cancellation());
        NDArray logProbabilities = logits.logSoftmax(-1);
        logits.close();
        return logProbabilities;
    }

    /**
     * The reconstruction where positions count, {@code otherwise} where they do not and in padding, (B, T, ..).
     *
     * @param counted for each place
     * @param places those of {@code value}, (N, ..)
     */
    private static NDArray whereCounted(boolean[] counted, int[] places, NDArray value, NDArray otherwise) {
        Shape shape = otherwise.getShape();
        if (IntStream.range(0, counted.length).allMatch(place -> counted[place])) {
            return value.reshape(shape);
        }
        int[] from = IntStream.range(0, counted.length).toArray();
        for (int i = 0; i < places.length; i++) {
            if (counted[places[i]]) {
                from[places[i]] = counted.length + i;
            }
        }
        long width = shape.size() / counted.length;
        NDArray both = otherwise.reshape(counted.length, width).concat(value.reshape(places.length, width), 0);
        return TokenBatch.pick(from, both).reshape(shape);
    }

    /** The rows of tokens that count. */
    private static float[] only(boolean[] counted, float[] values) {
        int width = values.length / counted.length;
        float[] kept = new float[values.length];
        int size = 0;
        for (int place = 0; place < counted.length; place++) {
            if (counted[place]) {
                System.arraycopy(values, place * width, kept, size, width);
                size += width;
            }
        }
        return Arrays.copyOf(kept, size);
    }

    /** Sum of the losses at some places, each of which a token of the same text follows. */
    private static double loss(NDArray logProbabilities, TokenBatch batch, int[] predicting) {
        if (predicting.length == 0) {
            return 0;
        }
        long vocabulary = logProbabilities.getShape().get(2);
        long[] next = Arrays.stream(predicting)
                .mapToLong(place -> place * vocabulary + batch.id(place + 1))
                .toArray();
        double sum = 0;
        for (float each : DeviceArrays.floats(logProbabilities
                .reshape(logProbabilities.size())
                .gather(logProbabilities.getManager().create(next), 0))) {
            sum -= each;
        }
        return sum;
    }

    /** Sum over positions that count of KL(p || q), both given as log-probabilities. */
    private static double divergence(NDArray p, NDArray q, boolean[] counted) {
        float[] each = DeviceArrays.floats(p.exp().mul(p.sub(q)).sum(new int[] {-1}));
        double sum = 0;
        for (int place = 0; place < each.length; place++) {
            sum += counted[place] ? each[place] : 0;
        }
        return sum;
    }

    /** Looks at the values at some hook points, and puts others in the place of some. */
    private record Patch(Set<HookPoint> caught, Map<HookPoint, NDArray> values, Map<HookPoint, NDArray> replacements)
            implements Hook {
        static Patch looking(HookPoint... at) {
            return new Patch(new HashSet<>(Arrays.asList(at)), new HashMap<>(), Map.of());
        }

        static Patch replacing(HookPoint at, NDArray by) {
            return new Patch(Set.of(), Map.of(), Map.of(at, by));
        }

        NDArray value(HookPoint at) {
            return Objects.requireNonNull(values.get(at), at::toString);
        }

        @Override
        public boolean wants(HookPoint point) {
            return caught.contains(point) || replacements.containsKey(point);
        }

        @Override
        public NDArray at(HookPoint point, NDArray value) {
            if (caught.contains(point)) {
                values.put(point, value);
            }
            return replacements.getOrDefault(point, value);
        }
    }
}
