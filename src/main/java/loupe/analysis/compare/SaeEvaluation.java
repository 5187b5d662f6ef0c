package loupe.analysis.compare;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import loupe.analysis.DeviceArrays;
import loupe.analysis.prompts.CorpusActivations;
import loupe.analysis.prompts.TokenRows;
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
 * position counts, the first included. An autoencoder trained on the centred residual stream is shown, and puts back, the
 * stream less its mean over dModel, which a model with layer norms cannot tell from the stream itself.
 */
public record SaeEvaluation(ModelId model, SaeId sae, TokenRows texts) implements Query.Stepped<SaeEvaluation.Answer> {
    /** Keeps the three arrays of logits in a step small. */
    private static final long LOGITS_PER_STEP = 1L << 22;

    /**
     * Cross-entropies and divergences are in nats per predicted token.
     *
     * @param tokens positions counted so far
     * @param ceClean loss of the model as it is; {@code ceSae} with the reconstruction, {@code ceZero} with zeros
     * @param klSae divergence KL(clean || reconstruction), over all positions; {@code klZero} likewise
     */
    public record Answer(SaeMetrics metrics, long tokens, double ceClean, double ceSae, double ceZero, double klSae, double klZero) {
        /** (CE_zero - CE_sae) / (CE_zero - CE_clean): 1 is perfect, 0 no better than zeros. */
        public double ceRecovered() {
            return (ceZero - ceSae) / (ceZero - ceClean);
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
        private SaeMetrics metrics;
        private int rows;
        private long tokens;
        private long predicted;
        private final double[] sums = new double[5];

        @Override
        public boolean step(Scope scope) {
            if (rows == texts.count()) {
                return false;
            }
            LanguageModel lm = scope.model(model);
            SparseAutoencoder loaded = scope.sae(sae);
            Places places = Places.of(loaded.config());
            int length = texts.row(rows).length;
            int[][] batch = texts.alike(rows, (int) Math.max(1, LOGITS_PER_STEP / ((long) length * lm.config().vocabularySize())));
            Input input = Input.of(batch);
            NDArray ids = scope.arrays().create(Arrays.stream(batch).flatMapToInt(Arrays::stream).asLongStream().toArray(), new Shape(batch.length, length));

            Patch caught = Patch.looking(places.read, places.write);
            NDArray clean = logProbabilities(lm, scope, input, caught);
            NDArray target = CorpusActivations.asTrained(loaded.config(), caught.value(places.write));
            Reconstruction made = loaded.reconstruct(CorpusActivations.asTrained(loaded.config(), caught.value(places.read)), ids);
            NDArray withSae = logProbabilities(lm, scope, input, Patch.replacing(places.write, made.xHat()));
            NDArray withZeros = logProbabilities(lm, scope, input, Patch.replacing(places.write, target.zerosLike()));

            double[] found = {loss(clean, batch), loss(withSae, batch), loss(withZeros, batch), divergence(clean, withSae), divergence(clean, withZeros)};
            float[] features = DeviceArrays.floats(made.features());
            if (metrics == null) {
                metrics = new SaeMetrics(loaded.config().dOut(), loaded.config().dSae());
            }
            metrics.add(batch.length * length, DeviceArrays.floats(target), DeviceArrays.floats(made.xHat()), features);
            for (int i = 0; i < sums.length; i++) {
                sums[i] += found[i];
            }
            rows += batch.length;
            tokens += (long) batch.length * length;
            predicted += (long) batch.length * (length - 1);
            return rows < texts.count();
        }

        @Override
        public Answer result() {
            return new Answer(metrics, tokens, sums[0] / predicted, sums[1] / predicted, sums[2] / predicted, sums[3] / tokens, sums[4] / tokens);
        }

        @Override
        public double fraction() {
            return tokens / (double) texts.tokens();
        }
    }

    private static NDArray logProbabilities(LanguageModel lm, Scope scope, Input input, Hook hook) {
        NDArray logits = lm.forward(scope.arrays(), input, hook, null, Logits.ALL, scope.cancellation());
        NDArray logProbabilities = logits.logSoftmax(-1);
        logits.close();
        return logProbabilities;
    }

    /** Sum of the losses at all positions but the last of each row. */
    private static double loss(NDArray logProbabilities, int[][] batch) {
        int length = batch[0].length;
        if (length < 2) {
            return 0;
        }
        long[] next = Arrays.stream(batch).flatMapToInt(row -> Arrays.stream(row, 1, length)).asLongStream().toArray();
        NDArray at = logProbabilities.getManager().create(next, new Shape(batch.length, length - 1, 1));
        double sum = 0;
        for (float value : DeviceArrays.floats(logProbabilities.get(":, :{}", length - 1).gather(at, 2))) {
            sum -= value;
        }
        return sum;
    }

    /** Sum over all positions of KL(p || q), both given as log-probabilities. */
    private static double divergence(NDArray p, NDArray q) {
        double sum = 0;
        for (float value : DeviceArrays.floats(p.exp().mul(p.sub(q)).sum(new int[] {-1}))) {
            sum += value;
        }
        return sum;
    }

    /** Where an autoencoder reads and where it writes; the same but for transcoders. */
    private record Places(HookPoint read, HookPoint write) {
        static Places of(SaeConfig config) {
            HookPoint read = config.hook().orElseThrow(() -> new IllegalArgumentException(
                    "the checkpoint does not say where in the model it reads; give its hook point, such as --hook blocks.6.hook_resid_pre"));
            return new Places(read, config.hookOut().orElse(read));
        }
    }

    /** Looks at the values at some hook points, and puts others in the place of some. */
    private record Patch(Set<HookPoint> caught, Map<HookPoint, NDArray> values, Map<HookPoint, NDArray> replacements) implements Hook {
        static Patch looking(HookPoint... at) {
            return new Patch(new HashSet<>(Arrays.asList(at)), new HashMap<>(), Map.of());
        }

        static Patch replacing(HookPoint at, NDArray by) {
            return new Patch(Set.of(), Map.of(), Map.of(at, by));
        }

        NDArray value(HookPoint at) {
            NDArray value = values.get(at);
            if (value == null) {
                throw new IllegalArgumentException("the model has no hook point " + at + ", where the autoencoder is applied");
            }
            return value;
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
