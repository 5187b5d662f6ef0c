package loupe.app.cli;

/** Exit codes of commands. */
public final class ExitCode {
    static final int DONE = 0;
    /** A mistake of this program. */
    static final int INTERNAL = 1;
    /** Wrong usage, or a path that does not exist. */
    public static final int USAGE = 2;
    /** The input or its content was refused. */
    public static final int REFUSED = 3;
    /** Cancelled, or out of memory. */
    public static final int STOPPED = 4;

    private ExitCode() {}
}
