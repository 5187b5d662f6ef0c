package loupe.state.corpus;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.analysis.Fit;
import loupe.analysis.Misfit;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.Problem;
import loupe.index.ActivationIndex;
import loupe.index.ActivationsSoFar;
import loupe.index.CountedActivations;
import loupe.index.FeatureStatistics;
import loupe.index.IndexBuild;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.state.corpus.CorpusStatistics.Phase;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is counted for one side: its pass, and what that has found. JavaFX thread only. */
final class SideCounting {
    private static final Logger LOG = LoggerFactory.getLogger(SideCounting.class);
    private static final long SHOW_EVERY_NANOS = 1_000_000_000L;

    private final Workbench workbench;
    private final PassFiles files;
    private final PassQueue passes;
    private final Supplier<Counting.Chosen> chosen;
    private final Consumer<ActivationIndex> whenOpen;

    final CheckpointSide side;
    final ReadOnlyObjectWrapper<FeatureStatistics> features = new ReadOnlyObjectWrapper<>(this, "features");
    final ReadOnlyObjectWrapper<CountedShare> counted =
            new ReadOnlyObjectWrapper<>(this, "counted", CountedShare.WHOLE);
    final ReadOnlyObjectWrapper<ActivationIndex> index = new ReadOnlyObjectWrapper<>(this, "index");
    final ReadOnlyObjectWrapper<CountedActivations> activations = new ReadOnlyObjectWrapper<>(this, "activations");
    final ReadOnlyBooleanWrapper counting = new ReadOnlyBooleanWrapper(this, "counting");
    final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    final ReadOnlyObjectWrapper<Phase> phase = new ReadOnlyObjectWrapper<>(this, "phase", Phase.NOTHING);
    int place;
    /** Where the newest pass is kept; null before one was begun. */
    volatile @Nullable Path keptIn;

    private Cancellation running = new Cancellation();
    private @Nullable Cancellation thrownAway;
    private @Nullable CountedIndex open;
    private @Nullable ActivationsSoFar soFar;

    /**
     * @param passes of both sides
     * @param chosen what is to be counted
     * @param whenOpen told of each index that is shown
     */
    SideCounting(
            Workbench workbench,
            CheckpointSide side,
            PassFiles files,
            PassQueue passes,
            Supplier<Counting.Chosen> chosen,
            Consumer<ActivationIndex> whenOpen) {
        this.workbench = workbench;
        this.side = side;
        this.files = files;
        this.passes = passes;
        this.chosen = chosen;
        this.whenOpen = whenOpen;
        side.sae().addListener((property, was, is) -> restart());
    }

    void stop() {
        running.cancel();
        phase.set(Phase.NOTHING);
        CountedIndex before = open;
        open = null;
        index.set(null);
        activations.set(null);
        leaveSoFar();
        features.set(null);
        problem.set(null);
        counting.set(false);
        if (before != null) {
            workbench.service().files().execute(before::close);
        }
    }

    /** Shows what a pass has counted since, once there is something. */
    private void follow(ActivationsSoFar now) {
        soFar = now;
        activations.set(now);
    }

    private void leaveSoFar() {
        ActivationsSoFar before = soFar;
        soFar = null;
        if (before != null) {
            workbench.service().files().execute(before::close);
        }
    }

    /** Pauses the pass; what was counted is kept and shown. Does nothing if nothing is being counted. */
    void pause() {
        running.cancel();
    }

    void restart() {
        restart(Counting.Found.TRUSTED, false);
    }

    /** @param allowed whether it may take much space */
    void restart(Counting.Found found, boolean allowed) {
        stop();
        OpenModel model = workbench.model().get();
        OpenSae sae = side.sae().get();
        Counting.Chosen what = chosen.get();
        if (model == null || sae == null || what.isNothing()) {
            return;
        }
        Optional<Misfit> misfit = new Fit(model.config(), sae.config()).misfit();
        if (misfit.isPresent()) {
            fail(
                    Phase.FAILED,
                    Problem.of(misfit.get().refusal(sae.id().name(), model.id().name())));
            return;
        }
        if (model.tokenizer().isEmpty() && what.text() != null) {
            fail(
                    Phase.FAILED,
                    new Problem("The model has no tokenizer files, so a text cannot be counted over", true, ""));
            return;
        }
        Cancellation mine = new Cancellation();
        running = mine;
        counting.set(true);
        phase.set(Phase.COUNTING);
        Counting wanted = new Counting(model, sae, what, found, allowed);
        passes.add(() -> start(mine, wanted));
    }

    private void fail(Phase how, Problem why) {
        problem.set(why); // whoever hears of the phase asks for it
        counting.set(false);
        phase.set(how);
    }

    /** Ends a pass that runs or is paused, and throws away what was counted. */
    void throwAway() {
        if (phase.get() == Phase.COUNTING) {
            thrownAway = running;
            running.cancel();
        } else if (phase.get() == Phase.PAUSED || phase.get() == Phase.FAILED) {
            OpenModel model = workbench.model().get();
            OpenSae sae = side.sae().get();
            Counting.Chosen what = chosen.get();
            if (model != null && sae != null && what.text() != null) {
                delete(new Counting(model, sae, what, Counting.Found.REPLACED, false));
                stopped();
            }
        }
    }

    private void stopped() {
        features.set(null);
        activations.set(null);
        leaveSoFar();
        fail(Phase.STOPPED, new Problem("Stopped, and what was counted is thrown away. Retry counts anew", true, ""));
    }

    private void delete(Counting wanted) {
        workbench.service().files().execute(() -> {
            try {
                files.delete(wanted);
            } catch (CheckpointException stays) {
                workbench.fx().execute(() -> workbench.notices().add("Stopping", Problem.of(stays)));
            }
        });
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
    private void start(Cancellation mine, Counting wanted) {
        if (mine.isCancelled()) {
            passes.ended();
            finished(mine, null, new CancellationException(), wanted);
            return;
        }
        Activity.Job job = workbench
                .activity()
                .begin(
                        wanted.text() == null
                                ? "Opening " + wanted.chosen().name()
                                : "Counting activations of " + wanted.sae().id() + " in "
                                        + wanted.chosen().name(),
                        mine::cancel);
        Consumer<IndexBuild.Progress> shown = new Throttled(mine, job);
        CompletableFuture.supplyAsync(
                        () -> wanted.text() == null ? files.openGiven(wanted) : openOrBuild(wanted, job, shown, mine),
                        workbench.service().files())
                .whenComplete((done, failure) -> workbench.fx().execute(() -> {
                    job.end();
                    passes.ended();
                    finished(mine, done, failure, wanted);
                }));
    }

    /** File pool. */
    private CountedIndex openOrBuild(
            Counting wanted, Activity.Job job, Consumer<IndexBuild.Progress> progress, Cancellation cancellation) {
        Path folder = files.folder(wanted);
        keptIn = folder;
        return files.openOrBuild(wanted, folder, job, progress, cancellation);
    }

    @SuppressWarnings("ReferenceEquality") // a file opened anew is another
    private void finished(
            Cancellation mine, @Nullable CountedIndex done, @Nullable Throwable failure, Counting wanted) {
        boolean current = running == mine && side.sae().get() == wanted.sae();
        if (!current) {
            if (done != null) {
                done.close();
            }
            return;
        }
        counting.set(false);
        if (done != null) {
            open = done;
            place = done.place();
            counted.set(done.share());
            features.set(done.statistics());
            index.set(done.index());
            activations.set(done.index());
            leaveSoFar();
            phase.set(Phase.COUNTED);
            whenOpen.accept(done.index());
        } else if (mine.isCancelled() && thrownAway == mine) {
            delete(wanted);
            stopped();
        } else if (mine.isCancelled()) {
            fail(Phase.PAUSED, new Problem("Paused. Retry resumes", true, ""));
        } else if (unwrapped(failure) instanceof PassFiles.Held held) {
            fail(Phase.HELD, Problem.of(held));
        } else {
            fail(Phase.FAILED, Problem.of(Objects.requireNonNull(failure)));
            workbench.notices().add("Counting activations of " + wanted.sae().id(), problem.get());
        }
    }

    /** Reports the progress of the pass: the job at every batch, the statistics first and about once a second. */
    private final class Throttled implements Consumer<IndexBuild.Progress> {
        private final Cancellation mine;
        private final Activity.Job job;
        private long lastShown = System.nanoTime() - SHOW_EVERY_NANOS;
        private @Nullable ActivationsSoFar read;

        Throttled(Cancellation mine, Activity.Job job) {
            this.mine = mine;
            this.job = job;
        }

        /** What has been counted so far; null if it cannot be read, for which the pass does not end. */
        private static @Nullable ActivationsSoFar opened(IndexBuild.Progress progress) {
            try {
                return ActivationsSoFar.open(progress.staged());
            } catch (CheckpointException unreadable) {
                LOG.warn("Not shown before the end: {}", unreadable.getMessage());
                return null;
            }
        }

        @Override
        public void accept(IndexBuild.Progress progress) {
            job.report(progress.fraction(), String.format(Locale.ROOT, "%,d tokens", progress.tokens()));
            long now = System.nanoTime();
            if (now - lastShown >= SHOW_EVERY_NANOS) {
                lastShown = now;
                FeatureStatistics snapshot = progress.snapshot(0);
                ActivationsSoFar before = read;
                ActivationsSoFar moment = before == null ? opened(progress) : before.later(progress.staged());
                read = moment;
                workbench.fx().execute(() -> {
                    if (running == mine && counting.get()) {
                        counted.set(CountedShare.part(progress.fraction(), snapshot.corpusTokens()));
                        features.set(snapshot);
                        if (moment != null) {
                            follow(moment);
                        }
                    } else if (moment != null && before == null) {
                        workbench.service().files().execute(moment::close);
                    }
                });
            }
        }
    }

    private static @Nullable Throwable unwrapped(@Nullable Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
