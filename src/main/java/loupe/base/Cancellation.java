package loupe.base;

import java.util.concurrent.CancellationException;

/**
 * A flag that long work polls between steps. Nothing is ever interrupted, because interrupting a thread inside native
 * code is not safe. Thread-safe.
 */
public final class Cancellation {
    private volatile boolean cancelled;

    /** Asks the work that holds this flag to stop at its next check. Cannot be taken back. */
    public void cancel() {
        cancelled = true;
    }

    public boolean isCancelled() {
        return cancelled;
    }

    /**
     * Stops the work if it has been cancelled.
     *
     * @throws CancellationException if {@link #cancel} has been called
     */
    public void check() {
        if (cancelled) {
            throw new CancellationException("stopped");
        }
    }
}
