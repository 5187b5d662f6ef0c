package loupe.inference;

/**
 * A question about what is open. Implementations are records: equal queries have equal answers, which makes a query the
 * cache key, the line in the log, the entry in a session and the provenance of an exported chart. An answer is a
 * host-side value; nothing that lives on the device leaves a step.
 *
 * @param <R> the answer
 */
public sealed interface Query<R> permits Query.Single, Query.Stepped {
    /** A question answered in one bounded step. */
    non-sealed interface Single<R> extends Query<R> {
        /** Device thread only. */
        R answer(Scope scope);
    }

    /** A question answered in many steps, between which more urgent ones are served. */
    non-sealed interface Stepped<R> extends Query<R> {
        Sweep<R> begin();
    }

    /**
     * The state of a long question between its steps. Lives on the host: heaps and histograms, never arrays. Device
     * thread only, except that a partial answer must stay valid after later steps.
     */
    interface Sweep<R> {
        /**
         * Does one bounded step (aim: 20 to 50 ms). A step that runs out of device memory is run once more after other
         * things have made room, so it changes the sweep's state only when its arrays have been computed.
         *
         * @return whether another step is needed
         */
        boolean step(Scope scope);

        /**
         * The partial answer, complete after the last step. Called after every step whose result the caller may want to
         * see.
         */
        R result();

        /** How much is done, 0 to 1; negative if unknown. */
        double fraction();
    }

    /** Whether to cache the finished answer; false for large answers that are rarely requested twice. */
    default boolean cacheable() {
        return true;
    }

    /** Approximate size of an answer in bytes, for the cache's budget. */
    default long bytes(R answer) {
        return 4096;
    }
}
