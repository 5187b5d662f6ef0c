package loupe.inference;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import loupe.base.Cancellation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread on which the engine runs, and the queue before it. More urgent questions go first, ties by arrival; a
 * stepped question is queued again after each step, so that equals take turns and none waits longer than a step for
 * something less urgent. Equal questions are worked on once. A failure is passed to those who asked the question; the
 * thread lives until {@link #close}. Thread-safe.
 */
final class DeviceWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceWorker.class);
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Runs a step with its scope, which is closed when the step returns or throws. */
    @FunctionalInterface
    interface StepRunner {
        <T> T run(Cancellation cancellation, Function<Scope, T> step);
    }

    private final StepRunner runner;
    private final AnswerCache cache;
    private final Runnable atEnd;
    private final Thread thread;

    private final Object lock = new Object();
    private final PriorityQueue<Job<?>> waiting = new PriorityQueue<>(
            Comparator.<Job<?>, Priority>comparing(job -> job.priority).thenComparing(job -> job.arrival));
    /** Waiting and running work that a new equal question may join. */
    private final Map<Query<?>, Job<?>> joinable = new HashMap<>();

    /** Work whose next step waits for files to be read. */
    private final Set<Job<?>> postponed = new HashSet<>();

    private @Nullable Job<?> running;
    private long arrivals;
    private boolean closed;

    /** @param atEnd runs last on the device thread, to release the device */
    DeviceWorker(StepRunner runner, AnswerCache cache, Runnable atEnd) {
        this.runner = runner;
        this.cache = cache;
        this.atEnd = atEnd;
        thread = Threads.named("device", this::work);
        thread.start();
    }

    /** Asks a question. An answer still in the cache is there at once; an equal question under way is joined. */
    <R> Pending<R> submit(Query<R> query, Priority priority) {
        Asker<R> asker = new Asker<>();
        R cached = cache.find(query).orElse(null);
        if (cached != null) {
            asker.answer.complete(cached);
            return asker;
        }
        synchronized (lock) {
            Job<R> job = joinable(query);
            if (job == null) {
                enqueue(asker, new Job<>(query, () -> sweep(query), priority));
            } else {
                job.askers.add(asker);
                asker.job = job;
                raise(job, priority);
            }
        }
        return asker;
    }

    /** Runs {@code task} on the device thread: opening, closing, giving memory back. */
    <R> CompletionStage<R> execute(Priority priority, Supplier<R> task) {
        Asker<R> asker = new Asker<>();
        synchronized (lock) {
            enqueue(asker, new Job<>(null, () -> new OneStep<>(scope -> task.get()), priority));
        }
        return asker.answer;
    }

    /**
     * How many steps run.
     *
     * @return 1 while a step runs, else 0
     */
    int running() {
        synchronized (lock) {
            return running == null ? 0 : 1;
        }
    }

    /** Whether the caller runs on the device thread. */
    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /** Whether something at least as urgent as the running work waits for it. */
    boolean othersWait() {
        synchronized (lock) {
            return running != null
                    && !waiting.isEmpty()
                    && waiting.peek().priority.compareTo(running.priority) <= 0;
        }
    }

    int waiting() {
        synchronized (lock) {
            return waiting.size() + postponed.size();
        }
    }

    /** Cancels the running work at its next check, refuses the queued work, and returns when the thread has ended. */
    @Override
    public void close() {
        List<Job<?>> refused;
        synchronized (lock) {
            closed = true;
            refused = new ArrayList<>(waiting);
            refused.addAll(postponed);
            waiting.clear();
            postponed.clear();
            joinable.clear();
            if (running != null) {
                running.cancellation.cancel();
            }
            lock.notifyAll();
        }
        refused.forEach(job -> fail(job, new CancellationException("the inference service has been closed")));
        if (Thread.currentThread() != thread) {
            joinUninterrupted();
        }
    }

    private void joinUninterrupted() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private <R> void enqueue(Asker<R> asker, Job<R> job) {
        asker.job = job;
        job.askers.add(asker);
        if (closed) {
            asker.answer.completeExceptionally(new CancellationException("the inference service has been closed"));
            return;
        }
        if (job.query != null) {
            joinable.put(job.query, job);
        }
        queue(job);
    }

    private void queue(Job<?> job) {
        job.arrival = arrivals++;
        waiting.add(job);
        lock.notifyAll();
    }

    private void raise(Job<?> job, Priority priority) {
        if (priority.compareTo(job.priority) < 0) {
            boolean waits = waiting.remove(job);
            job.priority = priority;
            if (waits) {
                waiting.add(job);
            }
        }
    }

    private void work() {
        try {
            for (Job<?> job = take(); job != null; job = take()) {
                advance(job);
            }
        } finally {
            atEnd.run();
        }
    }

    /**
     * Waits for the most urgent work.
     *
     * @return null when the worker has been closed
     */
    private @Nullable Job<?> take() {
        synchronized (lock) {
            running = null;
            while (waiting.isEmpty() && !closed) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    LOG.warn("The device thread was interrupted; it ends only when it is closed", e);
                }
            }
            running = closed ? null : waiting.remove();
            return running;
        }
    }

    private <R> void advance(Job<R> job) {
        long start = System.nanoTime();
        try {
            if (runner.run(job.cancellation, job::step)) {
                publish(job);
                requeue(job);
            } else {
                finish(job, job.sweep.result());
            }
        } catch (Postponed later) {
            postpone(job, later.until());
        } catch (Throwable failure) {
            fail(job, failure);
        }
        LOG.debug("{} ms: {}", (System.nanoTime() - start) / NANOS_PER_MILLI, job.query);
    }

    private <R> void publish(Job<R> job) {
        List<Asker<R>> listening;
        synchronized (lock) {
            listening =
                    job.askers.stream().filter(asker -> asker.progress != null).toList();
        }
        if (listening.isEmpty()) {
            return;
        }
        R partial = job.sweep.result();
        double fraction = job.sweep.fraction();
        for (Asker<R> asker : listening) {
            try {
                Objects.requireNonNull(asker.progress).accept(partial, fraction);
            } catch (RuntimeException e) {
                LOG.error("A listener to the progress of {} failed", job.query, e);
            }
        }
    }

    private void requeue(Job<?> job) {
        boolean refused;
        synchronized (lock) {
            refused = closed;
            if (!closed && !job.cancellation.isCancelled()) {
                queue(job);
            }
        }
        if (refused) {
            fail(job, new CancellationException("the inference service has been closed"));
        }
    }

    private void postpone(Job<?> job, CompletionStage<?> until) {
        boolean refused;
        synchronized (lock) {
            refused = closed;
            if (!closed && !job.cancellation.isCancelled()) {
                postponed.add(job);
            }
        }
        if (refused) {
            fail(job, new CancellationException("the inference service has been closed"));
        } else {
            until.whenComplete((read, failure) -> resume(job));
        }
    }

    private void resume(Job<?> job) {
        synchronized (lock) {
            if (postponed.remove(job)) {
                queue(job);
            }
        }
    }

    private <R> void finish(Job<R> job, R answer) {
        if (job.query != null) {
            cache.put(job.query, answer);
        }
        retire(job).forEach(asker -> asker.answer.complete(answer));
    }

    private <R> void fail(Job<R> job, Throwable failure) {
        retire(job).forEach(asker -> asker.answer.completeExceptionally(failure));
    }

    private <R> List<Asker<R>> retire(Job<R> job) {
        synchronized (lock) {
            joinable.remove(job.query, job);
            return List.copyOf(job.askers);
        }
    }

    private <R> void leave(Asker<R> asker) {
        synchronized (lock) {
            Job<R> job = asker.job;
            if (job != null && job.askers.remove(asker) && job.askers.isEmpty()) {
                job.cancellation.cancel();
                waiting.remove(job);
                postponed.remove(job);
                joinable.remove(job.query, job);
            }
        }
    }

    /** Work under a {@code Query<R>} answers with R. */
    @SuppressWarnings("unchecked")
    private <R> @Nullable Job<R> joinable(Query<R> query) {
        return (Job<R>) joinable.get(query);
    }

    /** The work of a query of either kind. */
    static <R> Query.Sweep<R> sweep(Query<R> query) {
        return query instanceof Query.Single<R> single
                ? new OneStep<>(single::answer)
                : ((Query.Stepped<R>) query).begin();
    }

    /**
     * A unit of work and those who wait for it. Mutable parts are guarded by {@link #lock}, the sweep belongs to the
     * device thread.
     */
    private static final class Job<R> {
        final @Nullable Query<R> query;
        final Supplier<Query.Sweep<R>> begin;
        final Cancellation cancellation = new Cancellation();
        final List<Asker<R>> askers = new ArrayList<>();
        Priority priority;
        long arrival;

        @SuppressWarnings("NullAway.Init") // begun by the first step
        Query.Sweep<R> sweep;

        Job(@Nullable Query<R> query, Supplier<Query.Sweep<R>> begin, Priority priority) {
            this.query = query;
            this.begin = begin;
            this.priority = priority;
        }

        boolean step(Scope scope) {
            cancellation.check();
            if (sweep == null) {
                sweep = begin.get();
            }
            return sweep.step(scope);
        }
    }

    /** A query of one step as a sweep. */
    private static final class OneStep<R> implements Query.Sweep<R> {
        private final Function<Scope, R> answer;

        @SuppressWarnings("NullAway.Init") // known after the one step
        private R result;

        OneStep(Function<Scope, R> answer) {
            this.answer = answer;
        }

        @Override
        public boolean step(Scope scope) {
            result = answer.apply(scope);
            return false;
        }

        @Override
        public R result() {
            return result;
        }

        @Override
        public double fraction() {
            return 1;
        }
    }

    private final class Asker<R> implements Pending<R> {
        final CompletableFuture<R> answer = new CompletableFuture<>();
        volatile @Nullable BiConsumer<? super R, Double> progress;

        @Nullable
        Job<R> job;

        @Override
        public CompletionStage<R> answer() {
            return answer;
        }

        @Override
        public void onProgress(BiConsumer<? super R, Double> listener) {
            progress = listener;
        }

        @Override
        public void cancel() {
            leave(this);
            answer.cancel(false);
        }
    }
}
