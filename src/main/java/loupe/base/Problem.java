package loupe.base;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;

/**
 * A failure as a pane shows it.
 *
 * @param message one or two sentences for the user: what, where, and what to do
 * @param expected whether this is a failure we foresaw (a refused file, too little memory); an unforeseen one is a bug
 *     of ours and is offered with its details for a report
 * @param details the stack and versions, for "copy details"; empty for expected failures
 */
public record Problem(String message, boolean expected, String details) {
    /** What to tell about {@code failure}, looking through the wrappers that futures put around it. */
    public static Problem of(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof CheckpointException || cause instanceof OutOfDeviceMemoryException) {
            return new Problem(cause.getMessage(), true, "");
        }
        if (cause instanceof CancellationException) {
            return new Problem("Stopped", true, "");
        }
        if (cause instanceof OutOfMemoryError) {
            return new Problem("The program ran out of memory. Close a model or a checkpoint and try again", true, "");
        }
        java.io.StringWriter stack = new java.io.StringWriter();
        cause.printStackTrace(new java.io.PrintWriter(stack, true));
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new Problem("Something went wrong that should not have: " + reason, false, stack.toString());
    }
}
