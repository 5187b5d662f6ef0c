package loupe.search;

import java.util.Arrays;
import java.util.Optional;

/** The columns of the feature table. */
public enum FeatureColumn {
    /** Its number in the checkpoint. */
    NUMBER("#", "Number of the feature"),
    /** Fraction of the corpus' tokens at which it is active. */
    DENSITY("Density", "Fraction of the corpus' tokens at which the feature is active"),
    /** The same in its training, if the checkpoint's files say it. */
    TRAINED_DENSITY("Trained density", "Fraction of tokens at which the feature was active in training, by its files"),
    MAX("Max", "Largest activation in the corpus"),
    MEAN("Mean", "Mean of the activations in the corpus, where the feature is active"),
    /** Standard deviation of its activations where it is active. */
    SPREAD("Std", "Standard deviation of the activations in the corpus, where the feature is active"),
    /** Smallest activation in the corpus where it is active; negative for features that have a sign. */
    MIN("Min", "Smallest activation in the corpus, where the feature is active"),
    /** What the user or an import calls it. */
    LABEL("Label", "What you call the feature, or an imported label"),
    /** Text of the tokens it promotes most. */
    PROMOTED("Promotes", "The tokens whose logits the decoder direction raises most"),
    TAGS("Tags", "Tags of the feature"),
    STAR("\u2605", "Whether the feature is starred (Ctrl+D)"),
    NOTE("Notes", "Notes on the feature"),
    /** Where the words of the filter were found. */
    FOUND("Found", "Where the words of the filter were found, in brackets"),
    DECODER_NORM("Norm", "Norm of the decoder direction, in units of the residual stream"),
    ENCODER_NORM("Enc norm", "Norm of the encoder direction"),
    COSINE("Enc-dec", "Cosine between the encoder and the decoder direction"),
    SKEWNESS("Skew", "Skewness of the logit weights: above 3 the feature promotes a few tokens strongly"),
    KURTOSIS("Kurtosis", "Kurtosis of the logit weights; that of a normal distribution is 3"),
    /** Mean of its logit weights. */
    LOGIT_MEAN("Logit mean", "Mean of the logit weights over the vocabulary"),
    /** Standard deviation of its logit weights. */
    LOGIT_SPREAD("Logit std", "Standard deviation of the logit weights over the vocabulary"),
    ENTROPY("Entropy", "Entropy of the softmax of the logit weights, in nats"),
    TWO_SIDED(
            "Two-sided",
            "Two-sided mass of the logit weights: 1 if both sides of their mean weigh the same, near 0 if a few "
                    + "tokens on one side make up their deviation"),
    /** What kind of feature the distribution of its logit weights makes it. */
    KIND("Kind", "Prediction, suppression, partition or unknown, by the distribution of the logit weights"),
    MATCH("In B", "Cosine with the nearest decoder direction of checkpoint B"),
    CE_COST(
            "CE cost",
            "What ablating the feature adds to the loss where it is active, in nats: mean over random examples; "
                    + "measured by a batch"),
    NEAREST_COSINE("Nearest cos", "Cosine with the nearest other decoder direction, once the pane Cosines knows it"),
    NEAREST("Nearest", "Number of the feature whose decoder direction is nearest"),
    IN_DEGREE("In-degree", "How many features have this one's decoder direction as nearest");

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

    /** Its name in filters, commands and JSON. */
    public String word() {
        return switch (this) {
            case NUMBER -> "number";
            case DENSITY -> "density";
            case TRAINED_DENSITY -> "trained-density";
            case MAX -> "max";
            case MEAN -> "mean";
            case SPREAD -> "std";
            case MIN -> "min";
            case PROMOTED -> "promotes";
            case LABEL -> "label";
            case TAGS -> "tags";
            case STAR -> "star";
            case NOTE -> "note";
            case FOUND -> "found";
            case DECODER_NORM -> "norm";
            case ENCODER_NORM -> "encoder-norm";
            case COSINE -> "cosine";
            case SKEWNESS -> "skew";
            case KURTOSIS -> "kurtosis";
            case LOGIT_MEAN -> "logit-mean";
            case LOGIT_SPREAD -> "logit-std";
            case ENTROPY -> "entropy";
            case TWO_SIDED -> "two-sided";
            case KIND -> "kind";
            case MATCH -> "match";
            case CE_COST -> "ce-cost";
            case NEAREST_COSINE -> "nearest-cosine";
            case NEAREST -> "nearest";
            case IN_DEGREE -> "in-degree";
        };
    }

    /** The column of a name, or of one of the names that filters had before. */
    public static Optional<FeatureColumn> named(String name) {
        return switch (name) {
            case "feature" -> Optional.of(NUMBER);
            case "enc-dec" -> Optional.of(COSINE);
            case "skewness" -> Optional.of(SKEWNESS);
            default ->
                Arrays.stream(values())
                        .filter(column -> column.word().equals(name))
                        .findFirst();
        };
    }

    /** Whether it is counted over a corpus, so that it changes until all of the corpus has been counted. */
    public boolean isCounted() {
        return switch (this) {
            case DENSITY, MAX, MEAN, SPREAD, MIN -> true;
            default -> false;
        };
    }

    public boolean isText() {
        return switch (this) {
            case PROMOTED, LABEL, TAGS, STAR, NOTE, FOUND, KIND -> true;
            default -> false;
        };
    }
}
