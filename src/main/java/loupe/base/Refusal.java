package loupe.base;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request by the user that cannot be fulfilled, although nothing is broken. The message states what was found, what
 * was expected and what to do, in words that fit the command line and the window alike; the {@linkplain #remedies()
 * remedies} are the choices that would fix it, which command line and window each phrase in their own terms.
 *
 * <p>A mistake of this program is an {@link IllegalArgumentException} or {@link IllegalStateException}, never a
 * refusal.
 */
public class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String message;
    private final transient List<Remedy> remedies;

    /**
     * Refuses with a sentence that needs no more than the remedies.
     *
     * @param found what is wrong, as a sentence without its full stop: {@code "W_dec is [24576, 1024]"}
     */
    public Refusal(String found, Remedy... remedies) {
        this(found, "", "", null, remedies);
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
        this(found, expected, advice, null, remedies);
    }

    Refusal(String found, String expected, String advice, @Nullable Throwable cause, Remedy... remedies) {
        super(sentence(found, expected, advice), cause);
        this.message = sentence(found, expected, advice);
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

    private static String sentence(String found, String expected, String advice) {
        StringBuilder text = new StringBuilder().append(found);
        if (!expected.isEmpty()) {
            text.append("; expected ").append(expected);
        }
        text.append('.');
        if (!advice.isEmpty()) {
            text.append(' ').append(advice).append('.');
        }
        return text.toString();
    }
}
