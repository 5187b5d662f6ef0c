package loupe.state.features;

/** The columns of the feature table. */
public enum FeatureColumn {
    /** Its number in the checkpoint. */
    NUMBER("#", "Number of the feature"),
    /** Fraction of the corpus' tokens at which it is active. */
    DENSITY("Density", "Fraction of the corpus' tokens at which the feature is active"),
    MAX("Max", "Largest activation in the corpus"),
    MEAN("Mean", "Mean of the positive activations in the corpus"),
    /** Standard deviation of its positive activations. */
    SPREAD("Std", "Standard deviation of the positive activations in the corpus"),
    /** Smallest positive activation in the corpus. */
    MIN("Min", "Smallest positive activation in the corpus"),
    /** Text of the tokens it promotes most. */
    PROMOTED("Promotes", "The tokens whose logits the decoder direction raises most"),
    DECODER_NORM("Norm", "Norm of the decoder direction, in units of the residual stream"),
    ENCODER_NORM("Enc norm", "Norm of the encoder direction"),
    COSINE("Enc-dec", "Cosine between the encoder and the decoder direction"),
    SKEWNESS("Skew", "Skewness of the logit weights: above 3 the feature promotes a few tokens strongly"),
    KURTOSIS("Kurtosis", "Kurtosis of the logit weights; that of a normal distribution is 3"),
    MATCH("In B", "Cosine with the nearest decoder direction of checkpoint B");

    private final String title;
    private final String explanation;

    FeatureColumn(String title, String explanation) {
        this.title = title;
        this.explanation = explanation;
    }

    public String title() {
        return title;
    }

    public String explanation() {
        return explanation;
    }

    /** Whether it is counted over a corpus, so that it changes until all of the corpus has been counted. */
    public boolean isCounted() {
        return switch (this) {
            case DENSITY, MAX, MEAN, SPREAD, MIN -> true;
            default -> false;
        };
    }

    public boolean isText() {
        return this == PROMOTED;
    }
}
