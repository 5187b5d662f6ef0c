package loupe.state;

import loupe.base.Cancellation;

/**
 * A question about host-side values only, answered on the compute thread so that it never waits behind the device.
 * Implementations are records: equal questions have equal answers.
 *
 * @param <R> the answer
 */
public interface HostQuestion<R> {
    /** Compute thread. Long work polls {@code cancellation}. */
    R answer(Cancellation cancellation);
}
