package loupe.inference;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * The pending answer to one caller's query. Thread-safe.
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

    /** Cancels this caller's request. The work stops at its next check if no other caller waits for it. */
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
