package loupe.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;

/**
 * A failure as a pane shows it.
 *
 * @param message one or two sentences for the user: what, where, and what to do
 * @param expected whether this is a failure we foresaw (a refused file, a full disk, too little memory); an unforeseen
 *     one is a bug of ours and is offered with its details for a report
 * @param details the stack and versions, for "copy details"; empty for expected failures
 * @param remedies the choices that would mend it, which the window shows as buttons; empty if none would
 */
public record Problem(String message, boolean expected, String details, List<Remedy> remedies) {
    /** The most letters of a message that is not our own. */
    private static final int LONGEST = 200;

    public Problem {
        remedies = List.copyOf(remedies);
    }

    /** A failure that no choice would mend. */
    public Problem(String message, boolean expected, String details) {
        this(message, expected, details, List.of());
    }

    /** Describes {@code failure} to the user, without the wrappers that futures put around it. */
    public static Problem of(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof UncheckedIOException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof Refusal refusal) {
            return new Problem(refusal.getMessage(), true, "", refusal.remedies());
        }
        if (cause instanceof OutOfDeviceMemoryException) {
            return new Problem(reason(cause), true, "");
        }
        if (cause instanceof CancellationException) {
            return new Problem("Stopped", true, "");
        }
        if (cause instanceof OutOfMemoryError) {
            return new Problem(HeapRoom.full(), true, "");
        }
        if (cause instanceof IOException file) {
            return new Problem(FileFailure.sentences(file), true, "");
        }
        java.io.StringWriter stack = new java.io.StringWriter();
        cause.printStackTrace(new java.io.PrintWriter(stack, true));
        return new Problem("Internal error: " + reason(cause), false, stack.toString());
    }

    private static String reason(Throwable cause) {
        String message = cause.getMessage();
        return message == null
                ? cause.getClass().getSimpleName()
                : VisibleText.line(VisibleText.shortened(message, LONGEST));
    }
}
