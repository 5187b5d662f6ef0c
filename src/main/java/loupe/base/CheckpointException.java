package loupe.base;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file or its content was refused. The message is the sentence the user reads: which file, what was found, what was
 * expected, and what to do.
 */
public final class CheckpointException extends Refusal {
    private static final long serialVersionUID = 1;

    private final transient Path path;

    /**
     * @param path the file or folder that was refused
     * @param found what is wrong with it, as a sentence without its full stop: {@code "W_dec is [24576, 1024]"}
     * @param expected what would have been right, without full stop; empty if {@code found} is enough
     * @param advice what the user can do, without full stop; empty if the remedies are enough
     * @param remedies the choices that mend it, the best first
     */
    public CheckpointException(Path path, String found, String expected, String advice, Remedy... remedies) {
        this(path, found, expected, advice, null, remedies);
    }

    /** Refuses a file because of another failure. */
    public CheckpointException(
            Path path, String found, String expected, String advice, @Nullable Throwable cause, Remedy... remedies) {
        super(path + ": ", found, expected, advice, cause, remedies);
        this.path = path;
    }

    public Path path() {
        return path;
    }
}
