package loupe.state.corpus;

import java.util.Locale;

/**
 * How much of a corpus has been counted. Statistics of a part are not final: a feature that was never active so far may
 * still become active.
 *
 * @param share of the corpus, 0 to 1; 1 if all of it was counted
 * @param tokens counted; not said of all of it
 */
public record CountedShare(double share, long tokens) {
    /** All of it. */
    public static final CountedShare WHOLE = new CountedShare(1, 0);

    public CountedShare {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("share is " + share + ", expected 0 to 1");
        }
    }

    /** A part, though it may round to all: a pass that is still running. */
    public static CountedShare part(double share, long tokens) {
        return new CountedShare(Math.min(Math.max(0, share), Math.nextDown(1.0)), tokens);
    }

    /** The lesser of two shares. */
    public CountedShare and(CountedShare other) {
        return other.share < share ? other : this;
    }

    public boolean isPartial() {
        return share < 1;
    }

    /** The share in words, rounded towards nothing and never to all: {@code 37 % of the corpus}. */
    public String words() {
        return share > 0 && share < 0.01
                ? "less than 1 % of the corpus"
                : String.format(Locale.ROOT, "%.0f %% of the corpus", Math.floor(100 * share));
    }

    /**
     * What to add to the name of a quantity that was counted: {@code " so far, of 1,200 tokens (37 % of the corpus)"},
     * or nothing.
     */
    public String soFar() {
        return isPartial() ? String.format(Locale.ROOT, " so far, of %,d tokens (%s)", tokens, words()) : "";
    }
}
