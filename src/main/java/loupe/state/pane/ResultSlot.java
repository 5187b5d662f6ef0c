package loupe.state.pane;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyDoubleProperty;
import javafx.beans.property.ReadOnlyDoubleWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.inference.InferenceService;
import loupe.inference.Pending;
import loupe.inference.Priority;
import loupe.inference.Query;
import org.jspecify.annotations.Nullable;

/**
 * Holds the latest answer to a changing question. JavaFX thread only.
 *
 * <p>While a slider moves, the running question may finish (or, if it answers in parts, show its first part) and only
 * the newest other question waits; so a drag shows answers all along and the last one comes soon after the release.
 * Whether an answer may still be shown is decided when it is delivered on the JavaFX thread, by the number of the run
 * it belongs to.
 *
 * @param <R> the answer
 */
public final class ResultSlot<R> {
    private final InferenceService service;
    private final Executor fx;
    private final Priority priority;

    private final ReadOnlyObjectWrapper<R> value = new ReadOnlyObjectWrapper<>(this, "value");
    private final ReadOnlyBooleanWrapper pending = new ReadOnlyBooleanWrapper(this, "pending");
    private final ReadOnlyBooleanWrapper complete = new ReadOnlyBooleanWrapper(this, "complete");
    private final ReadOnlyBooleanWrapper stopped = new ReadOnlyBooleanWrapper(this, "stopped");
    private final ReadOnlyDoubleWrapper fraction = new ReadOnlyDoubleWrapper(this, "fraction");
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");

    private boolean wanted = true;
    private long run;
    private @Nullable Question<R> running;
    private @Nullable Pending<R> work;
    private boolean partShown;
    private @Nullable Question<R> waiting;
    private @Nullable Question<R> settled;

    /** @param fx brings answers to the JavaFX thread; {@code Runnable::run} in tests */
    public ResultSlot(InferenceService service, Executor fx, Priority priority) {
        this.service = service;
        this.fx = fx;
        this.priority = priority;
    }

    /**
     * Asks a nearby question, as a slider does: the running question may finish and show; only the newest one waits.
     */
    public void ask(Query<R> query) {
        ask(new Question<>(query, () -> service.submit(query, priority)));
    }

    /** Asks a nearby question that is answered on the compute thread; see {@link #ask(Query)}. */
    public void ask(HostQuestion<R> question) {
        ask(new Question<>(
                question,
                () -> HostPending.start(question, question.readsFiles() ? service.files() : service.compute())));
    }

    /** Asks about another subject: clears the old value and stops the running question. */
    public void askAfresh(Query<R> query) {
        askAfresh(new Question<>(query, () -> service.submit(query, priority)));
    }

    /** Asks about another subject, answered on the compute thread; see {@link #askAfresh(Query)}. */
    public void askAfresh(HostQuestion<R> question) {
        askAfresh(new Question<>(
                question,
                () -> HostPending.start(question, question.readsFiles() ? service.files() : service.compute())));
    }

    /** Clears the value and stops the running question, without asking another. */
    public void clear() {
        stopRunning();
        waiting = null;
        settled = null;
        stopped.set(false);
        problem.set(null);
        value.set(null);
        complete.set(false);
        showPending();
    }

    /** Clears the value and shows a problem: what the user wants cannot be done. */
    public void refuse(Refusal why) {
        clear();
        problem.set(Problem.of(why));
    }

    /** Stops the running question but keeps the value, as the user's stop does. */
    public void stop() {
        if (running != null) {
            settled = running;
            stopped.set(true);
        }
        stopRunning();
        waiting = null;
        showPending();
    }

    /**
     * Asks the question that was stopped once more.
     *
     * @param query an equal question, which may begin with what was shown of its answer
     */
    public void goOn(Query<R> query) {
        if (stopped.get()) {
            settled = null;
            ask(query);
        }
    }

    /** Asks the question that failed once more. */
    public void retry() {
        if (problem.get() != null && settled != null) {
            Question<R> again = settled;
            settled = null;
            problem.set(null);
            ask(again);
        }
    }

    /** Sets whether the result is visible. While it is not, the newest question waits without being started. */
    public void setWanted(boolean wanted) {
        this.wanted = wanted;
        if (wanted && running == null && waiting != null) {
            startWaiting();
        }
        showPending();
    }

    public ReadOnlyObjectProperty<R> valueProperty() {
        return value.getReadOnlyProperty();
    }

    public R getValue() {
        return value.get();
    }

    /** Whether a newer answer than the one shown is on its way; it is not while it waits to be wanted. */
    public ReadOnlyBooleanProperty pendingProperty() {
        return pending.getReadOnlyProperty();
    }

    public boolean isPending() {
        return pending.get();
    }

    /** Whether the value is a complete answer and not a partial one. */
    public ReadOnlyBooleanProperty completeProperty() {
        return complete.getReadOnlyProperty();
    }

    /** Whether the newest question was stopped by the user, so that the value is as much as was known then. */
    public ReadOnlyBooleanProperty stoppedProperty() {
        return stopped.getReadOnlyProperty();
    }

    /** How much of the running question is done, 0 to 1; negative if unknown. */
    public ReadOnlyDoubleProperty fractionProperty() {
        return fraction.getReadOnlyProperty();
    }

    /** Why the newest question has no answer; null if it has one or is still asked. */
    public ReadOnlyObjectProperty<Problem> problemProperty() {
        return problem.getReadOnlyProperty();
    }

    public Problem getProblem() {
        return problem.get();
    }

    private void ask(Question<R> question) {
        if (isAsked(question)) {
            return;
        }
        if (running != null && running.sameAs(question)) {
            waiting = null;
            return;
        }
        waiting = question;
        if (running != null && partShown) {
            stopRunning();
        }
        if (running == null) {
            startWaiting();
        }
        showPending();
    }

    private void askAfresh(Question<R> question) {
        if (isAsked(question)) {
            return;
        }
        stopRunning();
        waiting = question;
        settled = null;
        problem.set(null);
        value.set(null);
        complete.set(false);
        startWaiting();
        showPending();
    }

    /** Whether {@code question} is the one that this slot is running, waiting for, or has answered without failure. */
    private boolean isAsked(Question<R> question) {
        if (waiting != null) {
            return waiting.sameAs(question);
        }
        if (running != null) {
            return running.sameAs(question);
        }
        return settled != null && problem.get() == null && settled.sameAs(question);
    }

    private void startWaiting() {
        if (!wanted || waiting == null) {
            return;
        }
        Question<R> question = waiting;
        waiting = null;
        running = question;
        partShown = false;
        stopped.set(false);
        fraction.set(-1);
        long mine = ++run;
        Pending<R> started;
        try {
            started = question.start().get();
        } catch (RuntimeException failure) {
            deliver(mine, null, failure);
            return;
        }
        if (mine == run && running != null) {
            work = started;
        }
        Parts<R> parts = new Parts<>(fx, (part, done) -> deliverPart(mine, part, done));
        started.onProgress(parts::offer);
        started.answer().whenComplete((answer, failure) -> fx.execute(() -> deliver(mine, answer, failure)));
    }

    private void deliverPart(long of, R part, double done) {
        if (of != run || running == null) {
            return;
        }
        fraction.set(done);
        if (part == null) {
            return;
        }
        partShown = true;
        problem.set(null);
        complete.set(false);
        value.set(part);
        if (of == run && waiting != null) {
            stopRunning();
            startWaiting();
            showPending();
        }
    }

    private void deliver(long of, @Nullable R answer, @Nullable Throwable failure) {
        if (of != run || running == null) {
            return;
        }
        settled = running;
        running = null;
        work = null;
        boolean moreComes = waiting != null;
        if (failure == null) {
            problem.set(null);
            complete.set(true);
            value.set(answer);
        } else if (!moreComes) {
            complete.set(false);
            problem.set(Problem.of(failure));
        }
        if (running == null) {
            startWaiting();
        }
        showPending();
    }

    private void stopRunning() {
        Pending<R> stopped = work;
        run++;
        running = null;
        work = null;
        if (stopped != null) {
            stopped.cancel();
        }
    }

    private void showPending() {
        pending.set(running != null || (wanted && waiting != null));
    }

    /** A question and how to start working on it; two are the same if their keys are equal. */
    private record Question<R>(Object key, Supplier<Pending<R>> start) {
        boolean sameAs(Question<R> other) {
            return Objects.equals(key, other.key);
        }
    }

    /**
     * Carries the newest partial answer to the JavaFX thread; those that arrive while one is being delivered replace
     * one another.
     */
    private static final class Parts<R> {
        private record Part<R>(R value, double fraction) {}

        private final AtomicReference<Part<R>> newest = new AtomicReference<>();
        private final Executor fx;
        private final BiConsumer<R, Double> show;

        Parts(Executor fx, BiConsumer<R, Double> show) {
            this.fx = fx;
            this.show = show;
        }

        void offer(R value, double fraction) {
            if (newest.getAndSet(new Part<>(value, fraction)) == null) {
                fx.execute(() -> {
                    Part<R> part = newest.getAndSet(null);
                    show.accept(part.value(), part.fraction());
                });
            }
        }
    }

    /** A host question that is being answered. */
    private record HostPending<R>(CompletableFuture<R> future, Cancellation cancellation) implements Pending<R> {
        static <R> HostPending<R> start(HostQuestion<R> question, Executor compute) {
            Cancellation cancellation = new Cancellation();
            return new HostPending<>(
                    CompletableFuture.supplyAsync(
                            () -> {
                                cancellation.check();
                                return question.answer(cancellation);
                            },
                            compute),
                    cancellation);
        }

        @Override
        public CompletionStage<R> answer() {
            return future;
        }

        @Override
        public void onProgress(BiConsumer<? super R, Double> listener) {
            // one step, so there are no parts
        }

        @Override
        public void cancel() {
            cancellation.cancel();
        }
    }
}
