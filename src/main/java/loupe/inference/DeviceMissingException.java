package loupe.inference;

/**
 * A device was asked for that this machine, or the engine installed on it, does not have. The message says so to the
 * user.
 */
public final class DeviceMissingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DeviceMissingException(String message) {
        super(message);
    }
}
