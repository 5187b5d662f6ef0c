package loupe.app.cli;

/**
 * The command line asks for something impossible, or names a path that does not exist. The message is the sentence the
 * user reads; what is in the files is refused with {@link loupe.base.Refusal} instead.
 */
public final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UsageException(String message) {
        super(message);
    }
}
