package loupe.state.corpus;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.Fit;
import loupe.analysis.Misfit;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.index.ActivationIndex;
import loupe.index.ActivationsSoFar;
import loupe.index.Corpus;
import loupe.index.CountedActivations;
import loupe.index.FeatureStatistics;
import loupe.index.IndexBuild;
import loupe.index.IndexCache;
import loupe.index.IndexEstimate;
import loupe.index.IndexInfo;
import loupe.index.IndexUse;
import loupe.index.Shard;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Statistics of a corpus for the features of each open checkpoint. The pass over the corpus runs in the background, one
 * checkpoint at a time, and is kept on disk, so that the next time it loads at once; or they come from an index that
 * was opened. JavaFX thread only.
 */
public final class CorpusStatistics {
    private static final Logger LOG = LoggerFactory.getLogger(CorpusStatistics.class);
    /** An index that needs more than this is not begun before somebody has said so. */
    private static final long MUCH = 1_000_000_000;
    /** The most bytes that an activation takes, however it is stored, while an index is made. */
    private static final int MOST_BYTES = 24;

    private static final long SHOW_EVERY_NANOS = 1_000_000_000L;

    private final Workbench workbench;
    private final Path cache;
    private final long much;
    private final ObjectProperty<CorpusFiles> corpus = new SimpleObjectProperty<>(this, "corpus");
    private final ReadOnlyObjectWrapper<Path> opened = new ReadOnlyObjectWrapper<>(this, "openedIndex");
    private final ReadOnlyObjectWrapper<IndexInfo> openedInfo = new ReadOnlyObjectWrapper<>(this, "openedInfo");
    private final ObjectProperty<CorpusSettings> settings =
            new SimpleObjectProperty<>(this, "settings", CorpusSettings.DEFAULT);
    private final Counted a;
    private final Counted b;
    private final Deque<Runnable> passes = new ArrayDeque<>();
    private boolean passRuns;
    /** Kept passes that were said to have no checksums, which is said once. */
    private final Set<Path> toldOf = new HashSet<>();

    /** @param cache folder where finished passes are kept */
    public CorpusStatistics(Workbench workbench, Path cache) {
        this(workbench, cache, MUCH);
    }

    /** @param much bytes; more than this is not begun before somebody has said so */
    CorpusStatistics(Workbench workbench, Path cache, long much) {
        this.workbench = workbench;
        this.cache = cache;
        this.much = much;
        a = new Counted(workbench.a());
        b = new Counted(workbench.b());
        corpus.addListener((property, was, is) -> {
            if (is != null) {
                leaveIndex();
            }
            restart();
        });
        settings.addListener(changed -> restart());
        workbench.model().addListener((property, was, is) -> {
            if (was == null && opened.get() != null) {
                restart(); // the index was opened before its model
                return;
            }
            leaveIndex();
            corpus.set(besides(is));
        });
    }

    private void leaveIndex() {
        opened.set(null);
        openedInfo.set(null);
    }

    private void restart() {
        a.restart();
        b.restart();
    }

    /** The text that lies beside a model, as it does in the sample; null if none does. */
    private static @Nullable CorpusFiles besides(@Nullable OpenModel model) {
        if (model == null) {
            return null;
        }
        Path beside = model.folder().toAbsolutePath().normalize().resolveSibling("corpus.txt");
        return Files.isRegularFile(beside) ? CorpusFiles.of(beside) : null;
    }

    /** The texts that are counted over; null for none. */
    public ObjectProperty<CorpusFiles> corpus() {
        return corpus;
    }

    /** How the corpus is counted; other settings count anew. */
    public ObjectProperty<CorpusSettings> settings() {
        return settings;
    }

    /** Counts over texts, or folders of texts, that the user has chosen, and remembers them as a recent corpus. */
    public void choose(CorpusFiles texts) {
        workbench.recent().addCorpus(texts);
        corpus.set(texts);
    }

    /**
     * Shows a finished index instead of counting: any that {@code index build} or {@code index merge} has made. Which
     * of its checkpoints belongs to which side is found by what their weights are.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
    public void openIndex(Path folder) {
        workbench.recent().addCorpus(CorpusFiles.of(folder));
        leaveIndex();
        opened.set(folder);
        if (corpus.get() != null) {
            corpus.set(null); // which starts anew
        } else {
            restart();
        }
        CompletableFuture.supplyAsync(
                        () -> ActivationIndex.describe(folder),
                        workbench.service().files())
                .whenComplete((info, failure) -> workbench.fx().execute(() -> {
                    if (!folder.equals(opened.get())) {
                        return;
                    }
                    if (failure != null) {
                        workbench.notices().add("Opening " + folder.getFileName(), Problem.of(failure));
                    } else {
                        openedInfo.set(info);
                        if (workbench.model().get() == null) {
                            workbench.notices().add(folder + " is an index " + ofWhat(info) + ". Open them to see it");
                        }
                    }
                }));
    }

    /** The index that was opened instead of a text; null if none was. */
    public ReadOnlyObjectProperty<Path> openedIndex() {
        return opened.getReadOnlyProperty();
    }

    /** What {@link #openedIndex} was made from; null until that has been read. */
    public ReadOnlyObjectProperty<IndexInfo> openedInfo() {
        return openedInfo.getReadOnlyProperty();
    }

    /** Whether there is a text to count over, or an index. */
    public boolean isChosen() {
        return corpus.get() != null || opened.get() != null;
    }

    /** The folder in which finished passes are kept. */
    public IndexCache kept() {
        return new IndexCache(cache);
    }

    /** Whether what is counted for a side is kept in a folder. */
    boolean isKeptIn(CheckpointSide side, Path folder) {
        return side.sae().get() != null && folder.equals(of(side).keptIn);
    }

    private static String ofWhat(IndexInfo info) {
        List<String> names = info.saes().stream().map(sae -> sae.sae().name()).toList();
        return "of model " + info.model().name() + " and " + (names.size() == 1 ? "checkpoint " : "checkpoints ")
                + String.join(", ", names);
    }

    /** The settings that a session remembers, by name. */
    public Map<String, String> remembered() {
        Map<String, String> kept = new HashMap<>(settings.get().remembered());
        if (corpus.get() != null) {
            kept.putAll(corpus.get().remembered());
        }
        if (opened.get() != null) {
            kept.put("index", opened.get().toString());
        }
        return kept;
    }

    /** Restores remembered settings; ignores missing and invalid ones. */
    public void recall(Map<String, String> kept) {
        settings.set(CorpusSettings.recalled(kept));
    }

    /** Density, largest activation and so on of all features; fills in while the pass runs; null without a corpus. */
    public ReadOnlyObjectProperty<FeatureStatistics> features(CheckpointSide side) {
        return of(side).features.getReadOnlyProperty();
    }

    /** The finished pass, from which histograms and examples are read; null until then. */
    public ReadOnlyObjectProperty<ActivationIndex> index(CheckpointSide side) {
        return of(side).index.getReadOnlyProperty();
    }

    /**
     * What has been counted for a side, from which histograms and examples are made: {@link #index}, or what the pass
     * has counted so far, anew about once a second; null before that.
     */
    public ReadOnlyObjectProperty<CountedActivations> activations(CheckpointSide side) {
        return of(side).activations.getReadOnlyProperty();
    }

    /** The place of a side's checkpoint among those of {@link #index}; set before that. */
    public int placeInIndex(CheckpointSide side) {
        return of(side).place;
    }

    /** How much of the corpus {@link #features} refer to; set before them. */
    public ReadOnlyObjectProperty<CountedShare> counted(CheckpointSide side) {
        return of(side).counted.getReadOnlyProperty();
    }

    public ReadOnlyBooleanProperty counting(CheckpointSide side) {
        return of(side).counting.getReadOnlyProperty();
    }

    /** Why there are no statistics though there is a corpus; null if there are, or will be. */
    public ReadOnlyObjectProperty<Problem> problem(CheckpointSide side) {
        return of(side).problem.getReadOnlyProperty();
    }

    /** How far the counting for a side has come. */
    public ReadOnlyObjectProperty<Phase> phase(CheckpointSide side) {
        return of(side).phase.getReadOnlyProperty();
    }

    /** What can be said of the counting for a side. */
    public enum Phase {
        /** There is nothing to count, or nothing to count it for. */
        NOTHING,
        COUNTING,
        /** What was counted is kept, and can be counted on. */
        PAUSED,
        /** What was counted has been thrown away. */
        STOPPED,
        /** It would take much space, and nobody has said yet that it may. */
        HELD,
        FAILED,
        COUNTED
    }

    /**
     * Counts again after a failure or a stop; a pass that was stopped is resumed, and one that is finished and whole is
     * opened again.
     */
    public void retry(CheckpointSide side) {
        of(side).restart(Found.DOUBTED, false);
    }

    /** Counts though that takes much space. */
    public void countAllTheSame(CheckpointSide side) {
        of(side).restart(Found.TRUSTED, true);
    }

    /** Counts all anew, whatever is kept. An index that was opened is opened again, since it is somebody else's. */
    public void recount(CheckpointSide side) {
        of(side).restart(Found.REPLACED, true);
    }

    /** Pauses the counting; what was counted is kept and shown. Does nothing if nothing is being counted. */
    public void pause(CheckpointSide side) {
        of(side).running.cancel();
    }

    /** Ends a pass that runs or is paused, and throws away what was counted. */
    public void stop(CheckpointSide side) {
        of(side).throwAway();
    }

    /** What the panes offer for a problem of this side's counting; an index that was opened is not built anew here. */
    ObservableValue<Problem> offered(ObservableValue<Problem> problem) {
        return problem.map(is -> opened.get() == null ? is : new Problem(is.message(), is.expected(), is.details()));
    }

    /** Mends a problem of this side's counting, if its remedy is about that. */
    boolean mend(CheckpointSide side, Remedy remedy) {
        switch (remedy.choice()) {
            case INDEX -> recount(side);
            case SPACE -> countAllTheSame(side);
            default -> {
                return false;
            }
        }
        return true;
    }

    /**
     * Estimates what counting over a text would take for all open checkpoints, from a trial at background priority. The
     * answer comes on any thread.
     */
    public CompletionStage<IndexEstimate> estimate(CorpusFiles text, CorpusSettings how, Cancellation cancellation) {
        OpenModel model = workbench.model().get();
        List<OpenSae> saes = Stream.of(workbench.a(), workbench.b())
                .map(side -> side.sae().get())
                .filter(Objects::nonNull)
                .toList();
        if (model == null || saes.isEmpty() || model.tokenizer().isEmpty()) {
            return CompletableFuture.failedFuture(
                    new Refusal("What this takes is known once a model and a checkpoint are open"));
        }
        return CompletableFuture.supplyAsync(
                () -> {
                    IndexBuild.Settings pass = how.of(
                            model, saes.stream().map(CorpusStatistics::indexed).toList());
                    return IndexEstimate.of(
                            pass,
                            texts(text, how),
                            model.tokenizer().orElseThrow().reading(),
                            IndexBuild.asking(
                                    workbench.service(),
                                    model.id(),
                                    saes.stream().map(OpenSae::id).toList()),
                            cancellation);
                },
                workbench.service().files());
    }

    /** Stops the passes and closes what is open. */
    public void close() {
        a.stop();
        b.stop();
        passes.clear();
    }

    private Counted of(CheckpointSide side) {
        return side.isA() ? a : b;
    }

    private void enqueue(Runnable pass) {
        passes.add(pass);
        startNext();
    }

    private void startNext() {
        if (!passRuns && !passes.isEmpty()) {
            passRuns = true;
            passes.remove().run();
        }
    }

    private void passEnded() {
        passRuns = false;
        startNext();
    }

    /**
     * Where the pass over this corpus with this model and checkpoint is kept. Another size or date, of a folder's texts
     * together, makes another place, and so do other settings.
     */
    private static Path folder(Path cache, OpenModel model, OpenSae sae, CorpusFiles corpus, CorpusSettings settings) {
        Corpus texts = texts(corpus, settings);
        long size = texts.bytes();
        long date = texts.files().stream()
                .mapToLong(text -> text.toFile().lastModified())
                .max()
                .orElse(0);
        String what = model.id().name() + "|" + model.id().fingerprint() + "|"
                + sae.id().name() + "|"
                + sae.id().fingerprint() + "|"
                + corpus.paths().stream()
                        .map(path -> path.toAbsolutePath().toString())
                        .collect(Collectors.joining("|"))
                + "|"
                + size + "|" + date + "|" + settings.key()
                // counts of before there was a sign are of positive activations only
                + (sae.config().activation().isSigned() ? "|signed" : "");
        return cache.resolve(sae.id().name() + "-" + UUID.nameUUIDFromBytes(what.getBytes(StandardCharsets.UTF_8)));
    }

    private static Corpus texts(CorpusFiles corpus, CorpusSettings settings) {
        Optional<Path> missing =
                corpus.paths().stream().filter(path -> !Files.exists(path)).findFirst();
        if (missing.isPresent()) {
            throw new CheckpointException(
                    missing.get(),
                    "there is no such file",
                    "a text to count activations over",
                    "Choose another corpus");
        }
        return Corpus.of(corpus.paths(), settings.column());
    }

    private static IndexInfo.IndexedSae indexed(OpenSae sae) {
        return new IndexInfo.IndexedSae(
                "sae",
                new IndexInfo.Named(sae.id().name(), sae.id().fingerprint()),
                sae.config().dSae(),
                sae.config().hook().map(HookPoint::name).orElse(""),
                0);
    }

    /** How what is kept of a pass is taken. */
    private enum Found {
        TRUSTED,
        /** Compared with its checksums. */
        DOUBTED,
        /** Thrown away. */
        REPLACED
    }

    /** What one pass is of; {@code text} or {@code index} is null. */
    private record Wanted(
            CheckpointSide side,
            OpenModel model,
            OpenSae sae,
            @Nullable CorpusFiles text,
            @Nullable Path index,
            CorpusSettings settings,
            Found found,
            boolean allowed) {
        String name() {
            return (text == null ? CorpusFiles.of(Objects.requireNonNull(index)) : text).name();
        }
    }

    /** A pass that takes so much space that it waits for somebody to say that it may. */
    private static final class Held extends Refusal {
        private static final long serialVersionUID = 1;

        Held(IndexEstimate estimate, Path cache, long free) {
            super(
                    "Counting would take about " + gigabytes(estimate.bytesMeanwhile()) + " in " + cache
                            + (estimate.bytesMeanwhile() > free ? ", where " + gigabytes(free) + " are free" : "")
                            + ", " + gigabytes(estimate.bytes()) + " of it for good",
                    "",
                    "Set a lower limit of tokens on the page of the corpus",
                    Remedy.give(Remedy.Choice.SPACE));
        }

        private static String gigabytes(long bytes) {
            return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
        }
    }

    /** One side's pass. */
    private final class Counted {
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
        private @Nullable Opened open;
        private @Nullable ActivationsSoFar soFar;

        Counted(CheckpointSide side) {
            this.side = side;
            side.sae().addListener((property, was, is) -> restart());
        }

        void stop() {
            running.cancel();
            phase.set(Phase.NOTHING);
            Opened before = open;
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

        void restart() {
            restart(Found.TRUSTED, false);
        }

        /** @param allowed whether it may take much space */
        void restart(Found found, boolean allowed) {
            stop();
            OpenModel model = workbench.model().get();
            OpenSae sae = side.sae().get();
            if (model == null || sae == null || !isChosen()) {
                return;
            }
            Optional<Misfit> misfit = new Fit(model.config(), sae.config()).misfit();
            if (misfit.isPresent()) {
                fail(
                        Phase.FAILED,
                        Problem.of(
                                misfit.get().refusal(sae.id().name(), model.id().name())));
                return;
            }
            if (model.tokenizer().isEmpty() && corpus.get() != null) {
                fail(
                        Phase.FAILED,
                        new Problem("The model has no tokenizer files, so a text cannot be counted over", true, ""));
                return;
            }
            Cancellation mine = new Cancellation();
            running = mine;
            counting.set(true);
            phase.set(Phase.COUNTING);
            Wanted wanted = new Wanted(side, model, sae, corpus.get(), opened.get(), settings.get(), found, allowed);
            enqueue(() -> start(mine, wanted));
        }

        private void fail(Phase how, Problem why) {
            problem.set(why); // whoever hears of the phase asks for it
            counting.set(false);
            phase.set(how);
        }

        void throwAway() {
            if (phase.get() == Phase.COUNTING) {
                thrownAway = running;
                running.cancel();
            } else if (phase.get() == Phase.PAUSED || phase.get() == Phase.FAILED) {
                OpenModel model = workbench.model().get();
                OpenSae sae = side.sae().get();
                CorpusFiles text = corpus.get();
                if (model != null && sae != null && text != null) {
                    delete(new Wanted(side, model, sae, text, null, settings.get(), Found.REPLACED, false));
                    stopped();
                }
            }
        }

        private void stopped() {
            features.set(null);
            activations.set(null);
            leaveSoFar();
            fail(
                    Phase.STOPPED,
                    new Problem("Stopped, and what was counted is thrown away. Retry counts anew", true, ""));
        }

        private void delete(Wanted wanted) {
            workbench.service().files().execute(() -> {
                try {
                    Path folder = folder(
                            cache,
                            wanted.model(),
                            wanted.sae(),
                            Objects.requireNonNull(wanted.text()),
                            wanted.settings());
                    if (Files.exists(folder)) {
                        kept().delete(folder);
                    }
                } catch (CheckpointException stays) {
                    workbench.fx().execute(() -> workbench.notices().add("Stopping", Problem.of(stays)));
                }
            });
        }

        @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
        private void start(Cancellation mine, Wanted wanted) {
            if (mine.isCancelled()) {
                passEnded();
                finished(mine, null, new CancellationException(), wanted);
                return;
            }
            Activity.Job job = workbench
                    .activity()
                    .begin(
                            wanted.text() == null
                                    ? "Opening " + wanted.name()
                                    : "Counting activations of " + wanted.sae().id() + " in " + wanted.name(),
                            mine::cancel);
            Consumer<IndexBuild.Progress> shown = new Throttled(mine, job);
            CompletableFuture.supplyAsync(
                            () -> wanted.text() == null
                                    ? openGiven(wanted, Objects.requireNonNull(wanted.index()))
                                    : openOrBuild(wanted, wanted.text(), job, shown, mine),
                            workbench.service().files())
                    .whenComplete((done, failure) -> workbench.fx().execute(() -> {
                        job.end();
                        passEnded();
                        finished(mine, done, failure, wanted);
                    }));
        }

        @SuppressWarnings("ReferenceEquality") // a file opened anew is another
        private void finished(Cancellation mine, @Nullable Opened done, @Nullable Throwable failure, Wanted wanted) {
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
                done.index()
                        .doubt()
                        .filter(doubt -> toldOf.add(done.index().folder()))
                        .ifPresent(workbench.notices()::add);
            } else if (mine.isCancelled() && thrownAway == mine) {
                delete(wanted);
                stopped();
            } else if (mine.isCancelled()) {
                fail(Phase.PAUSED, new Problem("Paused. Retry resumes", true, ""));
            } else if (unwrapped(failure) instanceof Held held) {
                fail(Phase.HELD, Problem.of(held));
            } else {
                fail(Phase.FAILED, Problem.of(Objects.requireNonNull(failure)));
                workbench
                        .notices()
                        .add("Counting activations of " + wanted.sae().id(), problem.get());
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
                job.report(progress.fraction(), String.format(java.util.Locale.ROOT, "%,d tokens", progress.tokens()));
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
    }

    private static @Nullable Throwable unwrapped(@Nullable Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /**
     * An index that is open.
     *
     * @param place of the side's checkpoint in it
     * @param use says that it is read; null for one that is not kept here
     */
    private record Opened(
            ActivationIndex index,
            int place,
            FeatureStatistics statistics,
            CountedShare share,
            @Nullable IndexUse use) {
        static Opened of(ActivationIndex index, int place, @Nullable IndexUse use) {
            Shard shard = index.info().shard();
            return new Opened(
                    index,
                    place,
                    index.statistics(place),
                    shard.isWhole()
                            ? CountedShare.WHOLE
                            : CountedShare.part(1.0 / shard.of(), index.info().counted()),
                    use);
        }

        void close() {
            index.close();
            if (use != null) {
                use.close();
            }
        }
    }

    /** Opens an index that was made elsewhere. File pool. */
    private static Opened openGiven(Wanted wanted, Path folder) {
        ActivationIndex index = ActivationIndex.open(folder);
        try {
            IndexInfo info = index.info();
            OptionalInt place = IntStream.range(0, info.saes().size())
                    .filter(i -> info.saes()
                            .get(i)
                            .sae()
                            .fingerprint()
                            .equals(wanted.sae().id().fingerprint()))
                    .findFirst();
            if (place.isEmpty()
                    || !info.model().fingerprint().equals(wanted.model().id().fingerprint())) {
                throw new CheckpointException(
                        folder,
                        "this index is " + ofWhat(info),
                        "one of model " + wanted.model().id().name() + " and checkpoint "
                                + wanted.sae().id().name() + ", which are open",
                        "Open those that it is of");
            }
            if (wanted.found() == Found.DOUBTED) {
                index.verify();
            }
            return Opened.of(index, place.getAsInt(), null);
        } catch (RuntimeException unusable) {
            index.close();
            throw unusable;
        }
    }

    /** File pool. */
    private Opened openOrBuild(
            Wanted wanted,
            CorpusFiles text,
            Activity.Job job,
            Consumer<IndexBuild.Progress> progress,
            Cancellation cancellation) {
        Path folder = folder(cache, wanted.model(), wanted.sae(), text, wanted.settings());
        of(wanted.side()).keptIn = folder;
        Optional<Opened> kept = kept(folder, wanted.found());
        if (kept.isPresent()) {
            return kept.get();
        }
        build(wanted, text, folder, job, progress, cancellation);
        return opened(folder, false);
    }

    private static Opened opened(Path folder, boolean doubted) {
        ActivationIndex index = ActivationIndex.open(folder);
        try {
            if (doubted) {
                index.verify();
            }
            return Opened.of(index, 0, IndexUse.of(folder));
        } catch (CheckpointException damaged) {
            index.close();
            throw damaged;
        }
    }

    /** The finished pass in a folder; a damaged one is deleted, since it can be made again. */
    private static Optional<Opened> kept(Path folder, Found found) {
        if (found == Found.REPLACED && Files.exists(folder)) {
            ActivationIndex.discard(folder);
        }
        if (!ActivationIndex.isComplete(folder)) {
            return Optional.empty();
        }
        try {
            return Optional.of(opened(folder, found == Found.DOUBTED));
        } catch (CheckpointException damaged) {
            LOG.warn("Counting again: {}", damaged.getMessage());
            ActivationIndex.discard(folder);
            return Optional.empty();
        }
    }

    private void build(
            Wanted wanted,
            CorpusFiles text,
            Path folder,
            Activity.Job job,
            Consumer<IndexBuild.Progress> progress,
            Cancellation cancellation) {
        OpenModel model = wanted.model();
        Tokenizer tokenizer = model.tokenizer().orElseThrow();
        IndexBuild.Settings pass = wanted.settings().of(model, List.of(indexed(wanted.sae())));
        IndexBuild.Source source = IndexBuild.asking(
                workbench.service(), model.id(), List.of(wanted.sae().id()));
        Corpus texts = texts(text, wanted.settings());
        boolean begun = Files.exists(folder);
        boolean mayBeMuch = (double) texts.bytes() * wanted.sae().config().dSae() * MOST_BYTES > much;
        if (!wanted.allowed() && !begun && mayBeMuch) {
            job.report(-1, "trying how much space it takes");
            IndexEstimate estimate = IndexEstimate.of(pass, texts, tokenizer.reading(), source, cancellation);
            long free = freeSpace(cache);
            if (estimate.bytesMeanwhile() > Math.min(much, free)) {
                throw new Held(estimate, cache, free);
            }
        }
        texts.leftOut()
                .ifPresent(left ->
                        workbench.fx().execute(() -> workbench.notices().add(text.name() + ": " + left)));
        new IndexBuild(pass, texts, tokenizer.reading(), source, folder)
                .share(
                        holder -> job.report(-1, "waiting for another window that counts this: " + holder),
                        progress,
                        cancellation);
    }

    /** Bytes that can be written where a folder is, or will be. */
    private static long freeSpace(Path folder) {
        for (Path at = folder.toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at)) {
                return at.toFile().getUsableSpace();
            }
        }
        return Long.MAX_VALUE;
    }
}
