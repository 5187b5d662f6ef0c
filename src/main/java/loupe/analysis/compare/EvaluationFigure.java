package loupe.analysis.compare;

import java.util.function.ToDoubleFunction;

/**
 * A figure of an {@link SaeEvaluation}, with its unit and its formula. In formulas x is an activation, x^ its
 * reconstruction, r = x - x^, f the features, d the width; means are over tokens.
 */
public enum EvaluationFigure {
    L0(
            "l0",
            "L0",
            "features per token",
            "mean number of features with f \u2260 0",
            a -> a.metrics().l0()),
    MSE(
            "mse",
            "Squared error",
            "squared units of the activations",
            "mean |r|\u00B2, summed over dimensions, not divided by d",
            a -> a.metrics().mse()),
    FVE(
            "fve",
            "Explained variance",
            "fraction",
            "1 - \u03A3\u2C7C Var(r\u2C7C) / \u03A3\u2C7C Var(x\u2C7C), pooled over tokens; 1 is perfect",
            a -> a.metrics().fve()),
    CE_CLEAN(
            "ce_clean",
            "Loss of the model",
            "nats per token",
            "mean cross entropy of the next token",
            a -> a.ceClean()),
    CE_SAE(
            "ce_sae",
            "Loss with the reconstruction",
            "nats per token",
            "mean cross entropy with x^ in place of x at every position",
            a -> a.ceSae()),
    CE_ZERO(
            "ce_zero",
            "Loss with zeros",
            "nats per token",
            "mean cross entropy with 0 in place of x at every position",
            a -> a.ceZero()),
    CE_RECOVERED(
            "ce_recovered",
            "Loss recovered",
            "fraction",
            "(loss with zeros - loss with x^) / (loss with zeros - loss of the model); 1 is perfect, 0 no better "
                    + "than zeros",
            a -> a.ceRecovered()),
    ALIVE(
            "alive",
            "Alive features",
            "fraction of the features",
            "features with f \u2260 0 at one token or more, out of all",
            a -> a.metrics().alive()),
    TOKENS("tokens", "Tokens counted", "tokens", "positions at which everything above was measured", a -> a.tokens()),
    L0_POSITIVE(
            "l0_positive",
            "L0 above 0",
            "features per token",
            "mean number of features with f > 0, as SAELens counts",
            a -> a.metrics().l0Positive()),
    L1("l1", "L1", "units of the features", "mean \u03A3 |f|", a -> a.metrics().l1()),
    L2_LOSS(
            "l2_loss",
            "Error norm",
            "units of the activations",
            "mean |r|, dictionary_learning's l2_loss",
            a -> a.metrics().errorNorm()),
    NMSE(
            "nmse",
            "Normalised error",
            "ratio",
            "mean |r|\u00B2 / (|x|\u00B2 + 0.0001), as tokenized-sae has it",
            a -> a.metrics().nmse()),
    COSSIM(
            "cossim",
            "Cosine",
            "-1 to 1",
            "mean cosine of x and x^",
            a -> a.metrics().cosine()),
    L2_RATIO(
            "l2_ratio",
            "Norm ratio",
            "ratio",
            "mean |x^| / |x|",
            a -> a.metrics().normRatio()),
    RELATIVE_RECONSTRUCTION_BIAS(
            "relative_reconstruction_bias",
            "Reconstruction bias",
            "ratio",
            "E|x^|\u00B2 / E(x \u00B7 x^); 1 is no bias",
            a -> a.metrics().relativeReconstructionBias()),
    EXPLAINED_VARIANCE_SAELENS(
            "explained_variance_saelens",
            "Explained variance, SAELens 6.18",
            "fraction",
            "1 - E|r|\u00B2 / (E|x|\u00B2 - m\u00B2) with m the mean of x\u00B2 over tokens and dimensions, which is "
                    + "not the usual quantity",
            a -> a.metrics().explainedVarianceSaeLens()),
    EXPLAINED_VARIANCE_LEGACY(
            "explained_variance_legacy",
            "Explained variance, SAELens before",
            "fraction",
            "mean of 1 - |r|\u00B2 / |x - mean|\u00B2, with the mean of the tokens that were read together",
            a -> a.metrics().explainedVarianceLegacy()),
    KL_SAE(
            "kl_sae",
            "Divergence with the reconstruction",
            "nats per token",
            "mean KL(model \u2016 model with x^ in place of x) of the next token",
            a -> a.klSae()),
    KL_ZERO(
            "kl_zero",
            "Divergence with zeros",
            "nats per token",
            "mean KL(model \u2016 model with 0 in place of x) of the next token",
            a -> a.klZero()),
    KL_RECOVERED(
            "kl_recovered",
            "Divergence recovered",
            "fraction",
            "(divergence with zeros - divergence with x^) / divergence with zeros; 1 is perfect",
            a -> a.klRecovered()),
    CE_ADDED(
            "ce_added",
            "Loss added, relative",
            "ratio",
            "(loss with x^ - loss of the model) / (loss of the model + 0.001)",
            a -> a.ceAdded()),
    DENSER_THAN_10_PERCENT(
            "denser_than_10_percent",
            "Denser than 10 %",
            "fraction of the features",
            "features with f \u2260 0 at more than 10 % of the tokens, out of all",
            a -> a.metrics().denserThan(0.1)),
    DENSER_THAN_1_PERCENT(
            "denser_than_1_percent",
            "Denser than 1 %",
            "fraction of the features",
            "features with f \u2260 0 at more than 1 % of the tokens, out of all",
            a -> a.metrics().denserThan(0.01));

    private final String key;
    private final String title;
    private final String unit;
    private final String formula;

    @SuppressWarnings("ImmutableEnumChecker") // a reference to a method, which has no state
    private final ToDoubleFunction<SaeEvaluation.Answer> value;

    EvaluationFigure(
            String key, String title, String unit, String formula, ToDoubleFunction<SaeEvaluation.Answer> value) {
        this.key = key;
        this.title = title;
        this.unit = unit;
        this.formula = formula;
        this.value = value;
    }

    /** Its name in the JSON of {@code evaluate}. */
    public String key() {
        return key;
    }

    public String title() {
        return title;
    }

    public String unit() {
        return unit;
    }

    public String formula() {
        return formula;
    }

    public double of(SaeEvaluation.Answer answer) {
        return value.applyAsDouble(answer);
    }
}
