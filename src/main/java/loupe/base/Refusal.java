package loupe.base;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A request by the user that cannot be fulfilled, although nothing is broken. The message states what was found, what
 * was expected and what to do, in words that fit the command line and the window alike; the {@linkplain #remedies()
 * remedies} are the choices that would fix it, which command line and window each phrase in their own terms. Whatever a
 * file says, the message is short and can be shown: its parts are cut, and characters that nobody sees are written as
 * {@link VisibleText} has them.
 *
 * <p>A mistake of this program is an {@link IllegalArgumentException} or {@link IllegalStateException}, never a
 * refusal.
 */
public class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** The most letters of a message beside the name of its file. */
    private static final int LONGEST = 299;
    /** What a long name of a file leaves to the rest. */
    private static final int LEAST = 200;

    private final String message;
    private final transient List<Remedy> remedies;

    /**
     * Refuses with a sentence that needs no more than the remedies.
     *
     * @param found what is wrong, as a sentence without its full stop: {@code "W_dec is [24576, 1024]"}
     */
    public Refusal(String found, Remedy... remedies) {
        this("", found, "", "", null, remedies);
    }

    /**
     * Refuses with what was found, what was expected and what to do.
     *
     * @param found what is wrong, as a sentence without its full stop: {@code "W_dec is [24576, 1024]"}
     * @param expected what would have been right, as the end of "expected ..."; empty if {@code found} is enough
     * @param advice what the user can do wherever it is shown, as a sentence without its full stop; empty if the
     *     remedies say it all, or there is nothing to be done
     * @param remedies the choices that mend it, the best first
     */
    public Refusal(String found, String expected, String advice, Remedy... remedies) {
        this("", found, expected, advice, null, remedies);
    }

    Refusal(String where, String found, String expected, String advice, @Nullable Throwable cause, Remedy... remedies) {
        this(sentence(where, found, expected, advice), cause, remedies);
    }

    private Refusal(String message, @Nullable Throwable cause, Remedy... remedies) {
        super(message, cause);
        this.message = message;
        this.remedies = List.of(remedies);
    }

    /** The sentences the user reads. */
    @Override
    public final String getMessage() {
        return message;
    }

    /** The choices that would mend it, the best first; empty if no choice does. */
    public final List<Remedy> remedies() {
        return remedies;
    }

    /** @param where the file with a colon and a blank, which is never cut; empty for none */
    private static String sentence(String where, String found, String expected, String advice) {
        String place = VisibleText.line(where);
        String middle = expected.isEmpty() ? "." : "; expected ";
        String end = expected.isEmpty() ? "" : ".";
        String last = advice.isEmpty() ? "" : ".";
        int room = Math.max(LEAST, LONGEST - place.length())
                - (middle + end + (advice.isEmpty() ? "" : " ") + last).length();
        List<String> parts = VisibleText.shortened(
                Stream.of(found, expected, advice).map(VisibleText::line).toList(), room);
        return place + parts.get(0) + middle + parts.get(1) + end + (advice.isEmpty() ? "" : " " + parts.get(2) + last);
    }
}
