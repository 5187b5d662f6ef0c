package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;

/**
 * A metric of the prediction behind one token, for runs that are compared with the clean one.
 *
 * @param clean the text of the clean run, whose prediction {@link Metric.Kind#KL_DIVERGENCE} starts from; T tokens
 * @param position token whose prediction is meant
 */
record MetricAt(ModelId model, List<Integer> clean, Metric metric, int position) {
    /**
     * The metric of the prediction that each residual stream leaving the last block gives; only the logits that it
     * needs are computed.
     *
     * @param residual (N, dModel)
     * @return N values, of the manager of the residual streams
     * @throws Refusal if there is no such token
     */
    NDArray ofResidual(Scope scope, LanguageModel lm, NDArray residual) {
        return switch (metric.kind()) {
            case LOGIT_DIFFERENCE -> {
                requireToken(lm.config().vocabularySize());
                NDArray normalised = lm.finalNorm(residual);
                yield logit(lm, normalised, metric.token()).sub(logit(lm, normalised, metric.other()));
            }
            case LOGIT -> {
                requireToken(lm.config().vocabularySize());
                yield logit(lm, lm.finalNorm(residual), metric.token());
            }
            case LOG_PROBABILITY, KL_DIVERGENCE -> of(scope, lm.logits(residual));
        };
    }

    private static NDArray logit(LanguageModel lm, NDArray normalised, int token) {
        return lm.logits(normalised, token, token + 1)
                .reshape(normalised.getShape().get(0));
    }

    private void requireToken(long vocabulary) {
        int largest = Math.max(metric.token(), metric.other());
        if (largest >= vocabulary) {
            throw new Refusal(
                    "There is no token " + largest,
                    "0 to " + (vocabulary - 1),
                    "Choose ids of the model's own tokenizer");
        }
    }

    /**
     * The metric of each prediction, differentiable. What needs all probabilities is of double precision.
     *
     * @param logits (N, V)
     * @return N values, of the manager of the logits
     * @throws Refusal if there is no such token
     */
    NDArray of(Scope scope, NDArray logits) {
        requireToken(logits.getShape().get(1));
        return switch (metric.kind()) {
            case LOGIT_DIFFERENCE -> column(logits, metric.token()).sub(column(logits, metric.other()));
            case LOG_PROBABILITY -> column(logProbabilities(logits), metric.token());
            case LOGIT -> column(logits, metric.token());
            case KL_DIVERGENCE -> divergence(logProbabilities(cleanLogits(scope)), logProbabilities(logits));
        };
    }

    /** The sum over the vocabulary of p (ln p - ln q), from ln p (1, V) and ln q (N, V). */
    private static NDArray divergence(NDArray p, NDArray q) {
        return q.neg().add(p).mul(p.exp()).sum(new int[] {1});
    }

    /** In double precision. A product widens the logits, since a conversion has no gradient in this engine. */
    private static NDArray logProbabilities(NDArray logits) {
        NDArray one = logits.getManager().ones(new Shape(1, 1), DataType.FLOAT64);
        return logits.mul(one).logSoftmax(-1);
    }

    /** Those of the clean run, (1, V), kept on the device between steps. */
    private NDArray cleanLogits(Scope scope) {
        return scope.kept(
                new Prediction(model, clean, position),
                () -> Runs.prediction(
                                scope.model(model),
                                scope.model(model)
                                        .forward(
                                                scope.arrays(),
                                                Runs.rows(clean, 1),
                                                Hook.NONE,
                                                null,
                                                Logits.NONE,
                                                scope.cancellation()),
                                Hook.NONE,
                                position)
                        .stopGradient());
    }

    private record Prediction(ModelId model, List<Integer> ids, int position) {}

    private static NDArray column(NDArray matrix, int column) {
        return matrix.get(":, {}:{}", column, column + 1)
                .reshape(matrix.getShape().get(0));
    }
}
