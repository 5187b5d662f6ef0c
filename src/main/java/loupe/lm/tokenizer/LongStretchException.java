package loupe.lm.tokenizer;

import loupe.base.Refusal;

/** A text cannot be cut where it would have to be, and is too long to be read at once. */
public final class LongStretchException extends Refusal {
    private static final long serialVersionUID = 1;

    private static final String ADVICE = "Divide it, with spaces between words or into several documents";

    private final int most;

    /** @param most characters (UTF-16 units) that can be read at once */
    LongStretchException(int most) {
        super("The text has " + found(most), "", ADVICE);
        this.most = most;
    }

    /** What is wrong with the text, as the end of a sentence that begins with where it is: {@code "line 3 has "}. */
    public String found() {
        return found(most);
    }

    /** What can be done about it. */
    public String advice() {
        return ADVICE;
    }

    private static String found(int most) {
        return "more than " + most + " characters in a row without a place to cut it, which the tokenizer cannot "
                + "read at once";
    }
}
