package loupe.lm.tokenizer;

import java.util.Arrays;

/** A text as token ids, with the stretch of the text each came from. A value, immutable; equal if ids and text are. */
public final class Tokens {
    private final String text;
    private final int[] ids;
    private final int[] starts;
    private final int[] ends;

    /**
     * @param starts index in {@code text} (UTF-16 units) of each token's first character
     * @param ends index after its last one; equal to the start for a token that was added. Tokens that are parts of one
     *     character share its span
     */
    public Tokens(String text, int[] ids, int[] starts, int[] ends) {
        if (ids.length != starts.length || ids.length != ends.length) {
            throw new IllegalArgumentException(
                    "there are " + ids.length + " ids, " + starts.length + " starts and " + ends.length + " ends");
        }
        this.text = text;
        this.ids = ids.clone();
        this.starts = starts.clone();
        this.ends = ends.clone();
    }

    /** Ids that came from no text. */
    public static Tokens of(int... ids) {
        return new Tokens("", ids, new int[ids.length], new int[ids.length]);
    }

    /** What was encoded; empty if there is only a list of ids. */
    public String text() {
        return text;
    }

    public int[] ids() {
        return ids.clone();
    }

    public int id(int position) {
        return ids[position];
    }

    public int size() {
        return ids.length;
    }

    public int start(int position) {
        return starts[position];
    }

    public int end(int position) {
        return ends[position];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tokens that && Arrays.equals(ids, that.ids) && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(ids) + text.hashCode();
    }

    @Override
    public String toString() {
        return "Tokens" + Arrays.toString(ids);
    }
}
