package loupe.inference;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * An answer that is on its way to one asker. Thread-safe.
 *
 * @param <R> the answer
 */
public interface Pending<R> {
    /**
     * Completes on the device thread (or at once, from the cache). Exceptionally with the cause if the query failed, or
     * with a CancellationException.
     */
    CompletionStage<R> answer();

    /**
     * Calls {@code listener} with each partial result and the fraction done, on the device thread, until the answer is
     * there. Only the newest partial result matters; the listener hands it on and returns.
     */
    void onProgress(BiConsumer<? super R, Double> listener);

    /** This asker no longer wants the answer. The work stops at its next check if nobody else does. */
    void cancel();

    /**
     * Waits for an answer. Any thread but those that answer.
     *
     * @throws RuntimeException what the work failed with, as itself
     */
    static <R> R await(CompletionStage<R> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw e;
        }
    }
}
