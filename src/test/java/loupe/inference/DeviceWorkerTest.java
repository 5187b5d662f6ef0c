package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import loupe.base.Cancellation;
import loupe.lm.LanguageModel;
import loupe.sae.SparseAutoencoder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The queue before the device. No engine here: a step is a piece of Java, and order is made by latches. */
@Timeout(120)
class DeviceWorkerTest {
    private final Log log = new Log();
    private final AnswerCache cache = new AnswerCache(1 << 20);
    private final DeviceWorker worker = new DeviceWorker(DeviceWorkerTest::run, cache, () -> log.add("end"));

    private static <T> T run(Cancellation cancellation, Function<Scope, T> step) {
        return step.apply(new NoDevice(cancellation));
    }

    @AfterEach
    void closeWorker() {
        worker.close();
    }

    @Test
    void moreUrgentQuestionsGoFirstAndTiesGoByArrival() {
        Gate gate = hold();
        List<Pending<String>> asked = new ArrayList<>();
        asked.add(worker.submit(new Say(log, "background"), Priority.BACKGROUND));
        asked.add(worker.submit(new Say(log, "visible 1"), Priority.VISIBLE));
        asked.add(worker.submit(new Say(log, "visible 2"), Priority.VISIBLE));
        asked.add(worker.submit(new Say(log, "interactive"), Priority.INTERACTIVE));
        gate.open();
        asked.forEach(DeviceWorkerTest::await);
        assertThat(log.lines).containsExactly("interactive", "visible 1", "visible 2", "background");
    }

    @Test
    void anUrgentQuestionWaitsForAtMostOneStepOfASweep() {
        Gate inFirstStep = new Gate();
        Pending<String> sweep = worker.submit(new Steps(log, "sweep", 3, inFirstStep), Priority.BACKGROUND);
        inFirstStep.awaitEntered();
        Pending<String> urgent = worker.submit(new Say(log, "urgent"), Priority.INTERACTIVE);
        inFirstStep.open();
        await(urgent);
        await(sweep);
        assertThat(log.lines).containsExactly("sweep 1", "urgent", "sweep 2", "sweep 3");
    }

    @Test
    void equallyUrgentSweepsTakeTurns() {
        Gate gate = hold();
        Pending<String> a = worker.submit(new Steps(log, "a", 2, null), Priority.VISIBLE);
        Pending<String> b = worker.submit(new Steps(log, "b", 2, null), Priority.VISIBLE);
        gate.open();
        await(a);
        await(b);
        assertThat(log.lines).containsExactly("a 1", "b 1", "a 2", "b 2");
    }

    @Test
    void equalQuestionsAreWorkedOnOnceAndBothAskersAreAnswered() {
        Gate gate = hold();
        Pending<String> one = worker.submit(new Say(log, "same"), Priority.VISIBLE);
        Pending<String> two = worker.submit(new Say(log, "same"), Priority.VISIBLE);
        gate.open();
        assertThat(await(one)).isEqualTo("same").isEqualTo(await(two));
        assertThat(log.lines).containsExactly("same");
    }

    @Test
    void aSecondAskerMayMakeAQuestionMoreUrgent() {
        Gate gate = hold();
        Pending<String> other = worker.submit(new Say(log, "other"), Priority.VISIBLE);
        Pending<String> slow = worker.submit(new Say(log, "same"), Priority.BACKGROUND);
        Pending<String> quick = worker.submit(new Say(log, "same"), Priority.INTERACTIVE);
        gate.open();
        List.of(other, slow, quick).forEach(DeviceWorkerTest::await);
        assertThat(log.lines).containsExactly("same", "other");
    }

    @Test
    void aLessUrgentSecondAskerDoesNotDelayTheFirst() {
        Gate gate = hold();
        Pending<String> other = worker.submit(new Say(log, "other"), Priority.VISIBLE);
        Pending<String> quick = worker.submit(new Say(log, "same"), Priority.INTERACTIVE);
        Pending<String> slow = worker.submit(new Say(log, "same"), Priority.BACKGROUND);
        gate.open();
        List.of(other, slow, quick).forEach(DeviceWorkerTest::await);
        assertThat(log.lines).containsExactly("same", "other");
    }

    @Test
    void aFinishedAnswerIsRememberedAndGivenAtOnce() {
        await(worker.submit(new Say(log, "once"), Priority.VISIBLE));
        Gate gate = hold();
        assertThat(worker.submit(new Say(log, "once"), Priority.VISIBLE)
                        .answer()
                        .toCompletableFuture())
                .isCompletedWithValue("once");
        gate.open();
        assertThat(log.lines).containsExactly("once");
    }

    @Test
    void aSweepPublishesWhatItHasAfterEachStep() {
        Gate inFirstStep = new Gate();
        List<String> partial = new CopyOnWriteArrayList<>();
        Pending<String> sweep = worker.submit(new Steps(log, "sweep", 3, inFirstStep), Priority.VISIBLE);
        inFirstStep.awaitEntered();
        sweep.onProgress((result, fraction) -> partial.add(result + " at " + Math.round(3 * fraction) + "/3"));
        inFirstStep.open();
        assertThat(await(sweep)).isEqualTo("sweep after 3");
        assertThat(partial).containsExactly("sweep after 1 at 1/3", "sweep after 2 at 2/3");
    }

    @Test
    void aListenerThatThrowsDoesNotStopTheWork() {
        Gate inFirstStep = new Gate();
        Pending<String> sweep = worker.submit(new Steps(log, "sweep", 2, inFirstStep), Priority.VISIBLE);
        inFirstStep.awaitEntered();
        sweep.onProgress((result, fraction) -> {
            throw new IllegalStateException("a deliberate failure of this test");
        });
        inFirstStep.open();
        assertThat(await(sweep)).isEqualTo("sweep after 2");
    }

    @Test
    void whatNobodyWantsAnyMoreIsNeverBegun() {
        Gate gate = hold();
        Pending<String> unwanted = worker.submit(new Say(log, "unwanted"), Priority.VISIBLE);
        Pending<String> wanted = worker.submit(new Say(log, "wanted"), Priority.VISIBLE);
        unwanted.cancel();
        gate.open();
        await(wanted);
        assertThat(log.lines).containsExactly("wanted");
        assertThatThrownBy(() -> await(unwanted)).isInstanceOf(CancellationException.class);
        assertThat(worker.waiting()).isZero();
    }

    @Test
    void aRunningSweepStopsAtItsNextCheckWhenItsLastAskerLeaves() {
        Gate inFirstStep = new Gate();
        Pending<String> sweep = worker.submit(new Steps(log, "sweep", 1000, inFirstStep), Priority.VISIBLE);
        inFirstStep.awaitEntered();
        sweep.cancel();
        inFirstStep.open();
        await(worker.submit(new Say(log, "next"), Priority.BACKGROUND));
        assertThat(log.lines).containsExactly("sweep 1", "next");
    }

    @Test
    void workGoesOnWhileSomebodyElseStillWantsIt() {
        Gate gate = hold();
        Pending<String> leaves = worker.submit(new Say(log, "same"), Priority.VISIBLE);
        Pending<String> stays = worker.submit(new Say(log, "same"), Priority.VISIBLE);
        leaves.cancel();
        gate.open();
        assertThat(await(stays)).isEqualTo("same");
        assertThatThrownBy(() -> await(leaves)).isInstanceOf(CancellationException.class);
    }

    @Test
    void askingAgainAfterTheLastAskerLeftBeginsAfresh() {
        Gate inFirstStep = new Gate();
        Pending<String> first = worker.submit(new Steps(log, "sweep", 2, inFirstStep), Priority.VISIBLE);
        inFirstStep.awaitEntered();
        first.cancel();
        Pending<String> second = worker.submit(new Steps(log, "sweep", 2, inFirstStep), Priority.VISIBLE);
        inFirstStep.open();
        assertThat(await(second)).isEqualTo("sweep after 2");
    }

    @Test
    void aFailureGoesToThoseWhoAskedAndTheWorkerLivesOn() {
        Gate gate = hold();
        Pending<String> one = worker.submit(new Fail("first"), Priority.VISIBLE);
        Pending<String> two = worker.submit(new Fail("first"), Priority.VISIBLE);
        gate.open();
        assertThatThrownBy(() -> await(one)).hasRootCauseMessage("first");
        assertThatThrownBy(() -> await(two)).hasRootCauseMessage("first");
        assertThat(await(worker.submit(new Say(log, "after"), Priority.VISIBLE)))
                .isEqualTo("after");
    }

    @Test
    void anErrorOfTheMachineDoesNotEndTheWorkerEither() {
        Query.Single<String> query = scope -> {
            throw new StackOverflowError("a deliberate error of this test");
        };
        assertThatThrownBy(() -> await(worker.submit(query, Priority.VISIBLE)))
                .hasRootCauseInstanceOf(StackOverflowError.class);
        assertThat(await(worker.submit(new Say(log, "after"), Priority.VISIBLE)))
                .isEqualTo("after");
    }

    @Test
    void aFailedQuestionMayBeAskedAgain() {
        Pending<String> one = worker.submit(new Fail("again"), Priority.VISIBLE);
        assertThatThrownBy(() -> await(one)).hasRootCauseMessage("again");
        Pending<String> two = worker.submit(new Fail("again"), Priority.VISIBLE);
        assertThatThrownBy(() -> await(two)).hasRootCauseMessage("again");
    }

    @Test
    void closingStopsTheRunningWorkRefusesWhatWaitsAndEndsTheThread() throws InterruptedException {
        Gate inFirstStep = new Gate();
        Pending<String> running = worker.submit(new Steps(log, "sweep", 1000, inFirstStep), Priority.VISIBLE);
        Pending<String> waits = worker.submit(new Say(log, "waits"), Priority.BACKGROUND);
        inFirstStep.awaitEntered();
        Thread closer = new Thread(worker::close);
        closer.start();
        assertThatThrownBy(() -> await(waits)).isInstanceOf(CancellationException.class);
        inFirstStep.open();
        closer.join();
        assertThatThrownBy(() -> await(running)).isInstanceOf(CancellationException.class);
        assertThatThrownBy(() -> await(worker.submit(new Say(log, "late"), Priority.INTERACTIVE)))
                .isInstanceOf(CancellationException.class);
        assertThat(log.lines).containsExactly("sweep 1", "end");
    }

    @Test
    void everythingRunsOnOneDaemonThreadCalledDevice() {
        Query.Single<Thread> where = scope -> Thread.currentThread();
        Thread thread = await(worker.submit(where, Priority.VISIBLE));
        assertThat(thread.getName()).isEqualTo("device");
        assertThat(thread.isDaemon()).isTrue();
        assertThat(worker.execute(Priority.VISIBLE, Thread::currentThread)
                        .toCompletableFuture()
                        .join())
                .isSameAs(thread);
    }

    /** Keeps the device thread busy until the gate is opened. */
    @Test
    void aStepIsToldWhetherSomethingAsUrgentWaits() {
        assertThat(othersWaitFor(Priority.VISIBLE, null)).isFalse();
        assertThat(othersWaitFor(Priority.VISIBLE, Priority.BACKGROUND)).isFalse();
        assertThat(othersWaitFor(Priority.VISIBLE, Priority.VISIBLE)).isTrue();
        assertThat(othersWaitFor(Priority.VISIBLE, Priority.INTERACTIVE)).isTrue();
    }

    /** What a step of this priority is told while another question waits. */
    private boolean othersWaitFor(Priority priority, Priority other) {
        Gate gate = new Gate();
        CompletionStage<Boolean> step = worker.execute(priority, () -> {
            gate.pass();
            return worker.othersWait();
        });
        gate.awaitEntered();
        Pending<String> waiting = other == null ? null : worker.submit(new Say(log, priority + " " + other), other);
        gate.open();
        boolean told = step.toCompletableFuture().join();
        if (waiting != null) {
            await(waiting);
        }
        return told;
    }

    private Gate hold() {
        Gate gate = new Gate();
        worker.execute(Priority.INTERACTIVE, () -> {
            gate.pass();
            return null;
        });
        gate.awaitEntered();
        return gate;
    }

    private static <R> R await(Pending<R> pending) {
        return pending.answer().toCompletableFuture().join();
    }

    /** A place where the device thread stops until the test lets it go on. */
    private static final class Gate {
        private final CountDownLatch entered = new CountDownLatch(1);
        private final CountDownLatch opened = new CountDownLatch(1);

        void pass() {
            entered.countDown();
            awaitLatch(opened);
        }

        void awaitEntered() {
            awaitLatch(entered);
        }

        void open() {
            opened.countDown();
        }

        private static void awaitLatch(CountDownLatch latch) {
            try {
                assertThat(latch.await(100, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** What ran, in order. Equal only to itself, so that queries which hold it stay equal while it grows. */
    private static final class Log {
        final List<String> lines = new CopyOnWriteArrayList<>();

        void add(String line) {
            lines.add(line);
        }
    }

    private record Say(Log log, String word) implements Query.Single<String> {
        @Override
        public String answer(Scope scope) {
            log.add(word);
            return word;
        }
    }

    private record Fail(String why) implements Query.Single<String> {
        @Override
        public String answer(Scope scope) {
            throw new IllegalStateException(why);
        }
    }

    /** @param first passed in the first step; null for none */
    private record Steps(Log log, String name, int steps, Gate first) implements Query.Stepped<String> {
        @Override
        public Query.Sweep<String> begin() {
            return new Query.Sweep<>() {
                private int done;

                @Override
                public boolean step(Scope scope) {
                    done++;
                    log.add(name + " " + done);
                    if (first != null && done == 1) {
                        first.pass();
                    }
                    scope.cancellation().check();
                    return done < steps;
                }

                @Override
                public String result() {
                    return name + " after " + done;
                }

                @Override
                public double fraction() {
                    return done / (double) steps;
                }
            };
        }
    }

    /** A scope for steps that use no arrays. */
    private record NoDevice(Cancellation cancellation) implements Scope {
        @Override
        public NDManager arrays() {
            throw new UnsupportedOperationException();
        }

        @Override
        public LanguageModel model(ModelId id) {
            throw new UnsupportedOperationException();
        }

        @Override
        public SparseAutoencoder sae(SaeId id) {
            throw new UnsupportedOperationException();
        }

        @Override
        public <R> R answer(Query<R> query) {
            throw new UnsupportedOperationException();
        }

        @Override
        public NDArray kept(Object key, Supplier<NDArray> make) {
            throw new UnsupportedOperationException();
        }
    }
}
