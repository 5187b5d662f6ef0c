package loupe.analysis.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.SmallestK;
import loupe.analysis.features.Histogram;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Embeddings;

/**
 * Which tokens a feature's decoder direction promotes and suppresses.
 *
 * @param top how many tokens at each end
 */
public record LogitWeights(ModelId model, SaeId sae, int feature, LogitProjection projection, int top)
        implements Query.Single<LogitWeights.Answer> {
    public LogitWeights {
        if (top < 0) {
            throw new IllegalArgumentException("top is " + top);
        }
    }

    @Override
    public Answer answer(Scope scope) {
        float[] direction = scope.sae(sae).decoderDirection(feature);
        int dModel = scope.embeddings(model).config().dModel();
        if (direction.length != dModel) {
            throw new Refusal(
                    sae.name() + " writes vectors of " + direction.length + " numbers, the residual stream of "
                            + model.name() + " has " + dModel,
                    "",
                    "Choose a checkpoint that writes to the residual stream");
        }
        NDManager step = scope.arrays();
        NDArray row = step.create(direction, new Shape(1, dModel));
        float[] weights = DeviceArrays.floats(projection.weights(row, scope, model));
        return Answer.of(weights, scope.answer(new KeptTokens(model, projection.keptPercentile())), top);
    }

    /** (N, V) logit weights of directions (N, dModel), with the final gain. Device thread only. */
    public static NDArray weights(NDArray directions, Embeddings lm) {
        return directions.mul(lm.finalGain()).matMul(lm.unembedding().transpose());
    }

    /** The columns that belong to tokens, without those that pad the vocabulary: (N, {@link Embeddings#tokens}). */
    static NDArray ofTokens(NDArray weights, Embeddings lm) {
        return lm.tokens() == weights.getShape().get(1)
                ? weights
                : weights.get(":, :{}", lm.tokens()).duplicate();
    }

    @Override
    public long bytes(Answer answer) {
        return 4L * answer.weights().length + 16L * answer.promoted().length;
    }

    /**
     * The arrays are not to be written.
     *
     * @param promoted ids of the tokens with the largest weights, largest first
     * @param suppressed ids of those with the smallest, smallest first
     * @param weights l, one per token; NaN for those that are left out
     * @param leftOut ids of the tokens that are left out for their norm, in order
     * @param histogram of l in 50 bins
     */
    public record Answer(
            int[] promoted,
            float[] promotedWeights,
            int[] suppressed,
            float[] suppressedWeights,
            float[] weights,
            int[] leftOut,
            Histogram histogram,
            Moments moments) {
        /** Ids of all tokens by falling weight, equal ones by id, then of those that are left out. */
        public int[] falling() {
            return IntStream.concat(
                            IntStream.of(falling(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY)),
                            IntStream.of(leftOut))
                    .toArray();
        }

        /** Ids of the tokens whose weight is between two ends, both included, by falling weight, equal ones by id. */
        public int[] falling(double from, double to) {
            int[] within = IntStream.range(0, weights.length)
                    .filter(t -> weights[t] >= from && weights[t] <= to)
                    .toArray();
            float[] own = new float[within.length];
            for (int i = 0; i < own.length; i++) {
                own[i] = weights[within[i]];
            }
            TokenOrder order = new TokenOrder(own.length);
            order.sort(own, 0);
            return IntStream.range(0, own.length)
                    .map(rank -> within[order.token(rank)])
                    .toArray();
        }

        /** Counts the weights of some tokens in the bins of the histogram of all. */
        public double[] counts(IntPredicate wanted) {
            double[] counts = new double[histogram.bins()];
            for (int t = 0; t < weights.length; t++) {
                if (Float.isFinite(weights[t]) && wanted.test(t)) {
                    counts[histogram.bin(weights[t])]++;
                }
            }
            return counts;
        }

        static Answer of(float[] weights, KeptTokens.Answer tokens, int top) {
            float[] compact = tokens.compact(weights);
            float[] shown = weights.clone();
            for (int id : tokens.leftOut()) {
                shown[id] = Float.NaN;
            }
            int[] promoted = extremes(shown, top, -1);
            int[] suppressed = extremes(shown, top, 1);
            return new Answer(
                    promoted,
                    pick(shown, promoted),
                    suppressed,
                    pick(shown, suppressed),
                    shown,
                    tokens.leftOut(),
                    Histogram.of(shown, Histogram.DEFAULT_BINS),
                    Moments.of(compact));
        }

        private static int[] extremes(float[] weights, int top, int sign) {
            SmallestK selection = new SmallestK().reset(Math.min(top, weights.length));
            for (int t = 0; t < weights.length; t++) {
                selection.offer(sign * (double) weights[t], t);
            }
            int[] ids = new int[selection.finish()];
            java.util.Arrays.setAll(ids, selection::id);
            return ids;
        }

        private static float[] pick(float[] weights, int[] ids) {
            float[] picked = new float[ids.length];
            for (int i = 0; i < ids.length; i++) {
                picked[i] = weights[ids[i]];
            }
            return picked;
        }
    }
}
