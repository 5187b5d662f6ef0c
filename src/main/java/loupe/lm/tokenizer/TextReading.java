package loupe.lm.tokenizer;

import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Reads texts of any length, one after the other and each in parts, as they come from a file. The ids of a text are
 * those of {@code encode(text, Beginning.NO)}, whatever the parts; what is not read yet is all that is in memory. Ids
 * are passed on as soon as nothing that follows can change them. One thread.
 */
public interface TextReading {
    /**
     * Reads on in a text.
     *
     * @param part of any length; it may end within a word or a character
     * @param wanted takes ids, and says whether more are wanted; may throw, which leaves the text unread
     * @return whether more are wanted
     * @throws LongStretchException if the text cannot be cut where it has to be
     */
    boolean add(String part, Predicate<int[]> wanted);

    /**
     * Reads what is left of a text; the next part begins another.
     *
     * @return whether more ids are wanted
     */
    boolean end(Predicate<int[]> wanted);

    /** A reading that waits for the whole text, for tokenizers of short texts. */
    static TextReading whole(Function<String, int[]> tokenise) {
        return new TextReading() {
            private final StringBuilder text = new StringBuilder();

            @Override
            public boolean add(String part, Predicate<int[]> wanted) {
                text.append(part);
                return true;
            }

            @Override
            public boolean end(Predicate<int[]> wanted) {
                String all = text.toString();
                text.setLength(0);
                return wanted.test(tokenise.apply(all));
            }
        };
    }

    /** This reading, with every array of ids checked before it is passed on. */
    default TextReading checked(UnaryOperator<int[]> check) {
        TextReading unchecked = this;
        return new TextReading() {
            @Override
            public boolean add(String part, Predicate<int[]> wanted) {
                return unchecked.add(part, ids -> wanted.test(check.apply(ids)));
            }

            @Override
            public boolean end(Predicate<int[]> wanted) {
                return unchecked.end(ids -> wanted.test(check.apply(ids)));
            }
        };
    }
}
