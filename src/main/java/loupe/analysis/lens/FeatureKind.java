package loupe.analysis.lens;

import java.util.Locale;

/** What a feature does to the logits, by the distribution of its weights. */
public enum FeatureKind {
    /** Promotes a class of tokens strongly. */
    PREDICTION,
    /** Suppresses a class of tokens strongly. */
    SUPPRESSION,
    /** Promotes one half of the vocabulary against the other: by leading space or capital. */
    PARTITION,
    /** None of these. */
    UNKNOWN;

    /** Its name in tables, filters and JSON. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
