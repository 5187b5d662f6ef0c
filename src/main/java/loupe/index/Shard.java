package loupe.index;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.Refusal;

/**
 * One of several equal shares of a pass, for as many processes or machines. Contexts are dealt out in blocks of
 * {@link #BLOCK}, so that each share computes whole batches. A share numbers its own contexts from 0.
 *
 * @param number 1 to {@code of}
 * @param of number of shares
 */
public record Shard(int number, int of) {
    /** Contexts of one block, computed as one batch. */
    static final int BLOCK = 8;

    /** The pass in one piece. */
    public static final Shard WHOLE = new Shard(1, 1);

    private static final Pattern WRITTEN = Pattern.compile("(\\d{1,6})/(\\d{1,6})");

    public Shard {
        if (number < 1 || number > of) {
            throw new Refusal("The shard is " + number + "/" + of, "the first number to be 1 to " + of, "");
        }
    }

    /**
     * Reads a shard as the command line writes it.
     *
     * @param text such as {@code 2/4}
     * @throws Refusal if it is no shard
     */
    public static Shard parse(String text) {
        Matcher written = WRITTEN.matcher(text);
        if (!written.matches()) {
            throw new Refusal("The shard is " + text, "two numbers, such as 2/4", "");
        }
        return new Shard(Integer.parseInt(written.group(1)), Integer.parseInt(written.group(2)));
    }

    @JsonIgnore
    public boolean isWhole() {
        return of == 1;
    }

    /** Whether a context of the whole pass is in this share. */
    boolean has(long context) {
        return context / BLOCK % of == number - 1;
    }

    /**
     * The number in the whole pass of one of this share's contexts, as SQL.
     *
     * @param context an SQL expression
     */
    String wholeContext(String context) {
        return "((" + context + ") // " + BLOCK + " * " + of + " + " + (number - 1) + ") * " + BLOCK + " + (" + context
                + ") % " + BLOCK;
    }

    @Override
    public String toString() {
        return number + "/" + of;
    }
}
