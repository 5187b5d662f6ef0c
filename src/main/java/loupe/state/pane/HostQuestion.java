package loupe.state.pane;

import loupe.base.Cancellation;

/**
 * A question about host-side values only, answered on the compute thread (or, if it reads files, the file pool) so that
 * it never waits behind the device. Implementations are records: equal questions have equal answers.
 *
 * @param <R> the answer
 */
public interface HostQuestion<R> {
    /** Compute or file thread. Long work polls {@code cancellation}. */
    R answer(Cancellation cancellation);

    /**
     * Whether answering reads files, which may take long and so happens on the file pool instead of the compute thread.
     */
    default boolean readsFiles() {
        return false;
    }
}
