package loupe.analysis.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Scope;
import loupe.lm.Embeddings;

/**
 * How directions of the residual stream are turned into a weight for each token: l = W_dec[i] diag(gain) W_U, of the
 * final norm's gain and the unembedding, with what is asked for left out or divided away.
 *
 * @param gain whether the unembedding is multiplied by the final norm's gain, 1 + w in Gemma; it is 1 in a processed
 *     model
 * @param centred whether the mean over the vocabulary is subtracted, as if W_U were centred as TransformerLens does
 * @param unitColumns whether tokens are compared by direction alone: each column of diag(gain) W_U, and the direction,
 *     divided by its norm, so that l are cosines
 * @param keptPercentile tokens whose column of W_U, without the gain, is longer than this percentile of all such norms
 *     are left out of everything; 100 for none
 */
public record LogitProjection(boolean gain, boolean centred, boolean unitColumns, double keptPercentile) {
    /** The logit lens as most show it: with the final norm's gain, not centred, of all tokens. */
    public static final LogitProjection DEFAULT = new LogitProjection(true, false, false, 100);

    /** The percentile that is commonly used where tokens of large norm are left out. */
    public static final double USUAL_PERCENTILE = 99.5;

    public LogitProjection {
        if (!(keptPercentile >= 0 && keptPercentile <= 100)) {
            throw new Refusal("The percentile of norms is " + keptPercentile, "0 to 100", "");
        }
    }

    public LogitProjection withCentred(boolean newCentred) {
        return new LogitProjection(gain, newCentred, unitColumns, keptPercentile);
    }

    public LogitProjection withUnitColumns(boolean newUnitColumns) {
        return new LogitProjection(gain, centred, newUnitColumns, keptPercentile);
    }

    public LogitProjection withKeptPercentile(double newKeptPercentile) {
        return new LogitProjection(gain, centred, unitColumns, newKeptPercentile);
    }

    /** In words for captions: "with the final gain, centred". */
    public String words() {
        return (unitColumns ? "cosines, " : "")
                + (gain ? "with the final gain" : "without the final gain")
                + (centred ? ", centred" : "")
                + (keptPercentile < 100 ? ", tokens above norm percentile " + keptPercentile + " left out" : "");
    }

    /** The (N, tokens) weights of directions (N, dModel). Device thread only. */
    NDArray weights(NDArray directions, Scope scope, ModelId model) {
        Embeddings lm = scope.embeddings(model);
        NDArray weights = (gain ? directions.mul(lm.finalGain()) : directions)
                .matMul(lm.unembedding().transpose());
        if (unitColumns) {
            weights = weights.divi(scope.kept(new NormsKey(model, gain), () -> norms(lm)))
                    .divi(directions.norm(new int[] {1}, true).maximum(1e-30f));
        }
        if (centred) {
            weights = weights.subi(weights.mean(new int[] {1}, true));
        }
        return LogitWeights.ofTokens(weights, lm);
    }

    private record NormsKey(ModelId model, boolean gain) {}

    private NDArray norms(Embeddings lm) {
        NDArray squares = gain
                ? lm.finalGain()
                        .square()
                        .reshape(1, -1)
                        .matMul(lm.unembedding().square().transpose())
                : lm.unembedding().square().sum(new int[] {1}).reshape(1, -1);
        return squares.sqrt().maximum(1e-30f).toType(DataType.FLOAT32, false);
    }
}
