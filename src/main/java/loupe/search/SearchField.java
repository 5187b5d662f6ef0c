package loupe.search;

import java.util.Arrays;
import java.util.Optional;

/** The texts about a feature that are searched; of two that have a word equally well, the earlier one counts. */
public enum SearchField {
    LABEL("label", "label"),
    TAG("tag", "tag"),
    NOTE("note", "note"),
    /** The likeliest sentence of its tree, from a batch. */
    SENTENCE("sentence", "sentence"),
    /** Tokens whose logits it raises most. */
    PROMOTED("promotes", "promotes"),
    /** Tokens at which it is most active. */
    TOKEN("active", "active at"),
    /** The text around those. */
    EXAMPLE("example", "in an example");

    private final String word;
    private final String reason;

    SearchField(String word, String reason) {
        this.word = word;
        this.reason = reason;
    }

    /** Its name in a query, before a colon. */
    public String word() {
        return word;
    }

    /** How a result says that the word was found here. */
    public String reason() {
        return reason;
    }

    /** Its place among all fields, from 0; fields of lower rank count for more. */
    @SuppressWarnings("EnumOrdinal") // the order above is the rank
    int rank() {
        return ordinal();
    }

    static Optional<SearchField> of(String word) {
        return Arrays.stream(values()).filter(field -> field.word.equals(word)).findFirst();
    }
}
