package loupe.app.cli;

/** What a command was asked for, or given, it cannot take. The message is the sentence the user reads. */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int exitCode;

    private Refusal(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** The command line asks for something impossible, or names a path that does not exist. */
    public static Refusal usage(String message) {
        return new Refusal(ExitCode.USAGE, message);
    }

    /** An input was read, and what is in it will not do. */
    public static Refusal content(String message) {
        return new Refusal(ExitCode.REFUSED, message);
    }

    int exitCode() {
        return exitCode;
    }
}
