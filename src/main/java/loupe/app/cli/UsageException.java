package loupe.app.cli;

/**
 * The arguments of the command line are invalid, or name a path that does not exist. The message is the sentence the
 * user reads; the content of files is refused with {@link loupe.base.Refusal} instead.
 */
public final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UsageException(String message) {
        super(message);
    }
}
