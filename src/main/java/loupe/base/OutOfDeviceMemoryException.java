package loupe.base;

import org.jspecify.annotations.Nullable;

/**
 * A computation needed more memory than the device has, even after everything that can be computed or read again was
 * freed.
 */
public final class OutOfDeviceMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param message what was computed, how much it needed and what to do, as the user reads it */
    public OutOfDeviceMemoryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
