package loupe.analysis.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import loupe.analysis.DeviceArrays;
import loupe.analysis.SmallestK;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Embeddings;

/**
 * Which tokens a feature's decoder direction promotes and suppresses: l = W_dec[i] diag(gain) W_U, with the gain of the
 * final norm (1 in a processed model) and the unembedding W_U.
 *
 * @param centred whether the mean over the vocabulary is subtracted, as if W_U were centred as TransformerLens does
 * @param unitColumns whether tokens are compared by direction alone: each column of diag(gain) W_U, and the decoder
 *     direction, divided by its norm, so that l are cosines
 * @param top how many tokens at each end
 */
public record LogitWeights(ModelId model, SaeId sae, int feature, boolean centred, boolean unitColumns, int top)
        implements Query.Single<LogitWeights.Answer> {
    public LogitWeights {
        if (top < 0) {
            throw new IllegalArgumentException("top is " + top);
        }
    }

    @Override
    public Answer answer(Scope scope) {
        float[] direction = scope.sae(sae).decoderDirection(feature);
        Embeddings lm = scope.embeddings(model);
        int dModel = lm.config().dModel();
        if (direction.length != dModel) {
            throw new Refusal(
                    sae.name() + " writes vectors of " + direction.length + " numbers, the residual stream of "
                            + model.name() + " has " + dModel,
                    "",
                    "Choose a checkpoint that writes to the residual stream");
        }
        NDManager step = scope.arrays();
        NDArray row = step.create(direction, new Shape(1, dModel));
        NDArray gain = lm.finalGain();
        NDArray weights = weights(row, lm);
        if (unitColumns) {
            NDArray squares = gain.square()
                    .reshape(1, -1)
                    .matMul(lm.unembedding().square().transpose());
            weights = weights.div(squares.sqrt().maximum(1e-30f)).div(row.norm().maximum(1e-30f));
        }
        if (centred) {
            weights = weights.sub(weights.mean());
        }
        return Answer.of(DeviceArrays.floats(ofTokens(weights, lm)), top);
    }

    /** (N, V) logit weights of directions (N, dModel). Device thread only. */
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
     * @param weights l, one per token
     * @param histogram of l in 50 bins
     */
    public record Answer(
            int[] promoted,
            float[] promotedWeights,
            int[] suppressed,
            float[] suppressedWeights,
            float[] weights,
            Histogram histogram,
            Moments moments) {
        static Answer of(float[] weights, int top) {
            int[] promoted = extremes(weights, top, -1);
            int[] suppressed = extremes(weights, top, 1);
            return new Answer(
                    promoted,
                    pick(weights, promoted),
                    suppressed,
                    pick(weights, suppressed),
                    weights,
                    Histogram.of(weights, Histogram.DEFAULT_BINS),
                    Moments.of(weights));
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
