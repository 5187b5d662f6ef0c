package loupe.state.corpus;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleObjectProperty;
import loupe.analysis.Fit;
import loupe.analysis.Misfit;
import loupe.analysis.prompts.CorpusActivations;
import loupe.analysis.prompts.TokenRows;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.Problem;
import loupe.index.ActivationIndex;
import loupe.index.Contexts;
import loupe.index.Corpus;
import loupe.index.DocumentPacking;
import loupe.index.FeatureStatistics;
import loupe.index.IndexBuild;
import loupe.index.IndexInfo;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.sae.SparseFeatures;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Statistics of a corpus for the features of each open checkpoint. The pass over the corpus runs in the background, one
 * checkpoint at a time, and is kept on disk, so that the next time it loads at once. JavaFX thread only.
 */
public final class CorpusStatistics {
    private static final Logger LOG = LoggerFactory.getLogger(CorpusStatistics.class);
    private static final long MOST_TOKENS = 1_000_000;
    private static final long SHOW_EVERY_NANOS = 1_000_000_000L;

    private final Workbench workbench;
    private final Path cache;
    private final ObjectProperty<Path> corpus = new SimpleObjectProperty<>(this, "corpus");
    private final ObjectProperty<DocumentPacking> documents =
            new SimpleObjectProperty<>(this, "documents", DocumentPacking.DEFAULT);
    private final Counted a;
    private final Counted b;
    private final Deque<Runnable> passes = new ArrayDeque<>();
    private boolean passRuns;
    /** Kept passes that were said to have no checksums, which is said once. */
    private final Set<Path> toldOf = new HashSet<>();

    /** @param cache folder where finished passes are kept */
    public CorpusStatistics(Workbench workbench, Path cache) {
        this.workbench = workbench;
        this.cache = cache;
        a = new Counted(workbench.a());
        b = new Counted(workbench.b());
        corpus.addListener(changed -> restart());
        documents.addListener(changed -> restart());
        workbench.model().addListener((property, was, is) -> corpus.set(besides(is)));
    }

    private void restart() {
        a.restart();
        b.restart();
    }

    /** The text that lies beside a model, as it does in the sample; null if none does. */
    private static @Nullable Path besides(@Nullable OpenModel model) {
        if (model == null) {
            return null;
        }
        Path beside = model.folder().toAbsolutePath().normalize().resolveSibling("corpus.txt");
        return Files.isRegularFile(beside) ? beside : null;
    }

    /** The text that is counted over; null for none. */
    public ObjectProperty<Path> corpus() {
        return corpus;
    }

    /** How the model reads the documents of the corpus; another choice counts anew. */
    public ObjectProperty<DocumentPacking> documents() {
        return documents;
    }

    /** The settings that a session remembers, by name. */
    public Map<String, String> remembered() {
        return Map.of("corpus.documents", documents.get().word());
    }

    /** Restores remembered settings; ignores missing and invalid ones. */
    public void recall(Map<String, String> settings) {
        Arrays.stream(DocumentPacking.values())
                .filter(how -> how.word().equals(settings.get("corpus.documents")))
                .forEach(documents::set);
    }

    /** Density, largest activation and so on of all features; fills in while the pass runs; null without a corpus. */
    public ReadOnlyObjectProperty<FeatureStatistics> features(CheckpointSide side) {
        return of(side).features.getReadOnlyProperty();
    }

    /** The finished pass, from which histograms and examples are read; null until then. */
    public ReadOnlyObjectProperty<ActivationIndex> index(CheckpointSide side) {
        return of(side).index.getReadOnlyProperty();
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

    /**
     * Counts again after a failure or a stop; a pass that was stopped is resumed, and one that is finished and whole is
     * opened again.
     */
    public void retry(CheckpointSide side) {
        of(side).restart(true);
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
     * together, makes another place, and so does another way of reading documents.
     */
    private static Path folder(Path cache, OpenModel model, OpenSae sae, Path corpus, DocumentPacking documents) {
        Corpus texts = Corpus.of(List.of(corpus));
        long size = texts.bytes();
        long date = texts.files().stream()
                .mapToLong(text -> text.toFile().lastModified())
                .max()
                .orElse(0);
        String what = model.id().name() + "|" + model.id().fingerprint() + "|"
                + sae.id().name() + "|"
                + sae.id().fingerprint() + "|" + corpus.toAbsolutePath() + "|"
                + size + "|" + date + "|" + MOST_TOKENS + (documents.runsOn() ? "" : "|" + documents.word())
                // counts of before there was a sign are of positive activations only
                + (sae.config().activation().isSigned() ? "|signed" : "");
        return cache.resolve(sae.id().name() + "-" + UUID.nameUUIDFromBytes(what.getBytes(StandardCharsets.UTF_8)));
    }

    /** One side's pass. */
    private final class Counted {
        final CheckpointSide side;
        final ReadOnlyObjectWrapper<FeatureStatistics> features = new ReadOnlyObjectWrapper<>(this, "features");
        final ReadOnlyObjectWrapper<CountedShare> counted =
                new ReadOnlyObjectWrapper<>(this, "counted", CountedShare.WHOLE);
        final ReadOnlyObjectWrapper<ActivationIndex> index = new ReadOnlyObjectWrapper<>(this, "index");
        final ReadOnlyBooleanWrapper counting = new ReadOnlyBooleanWrapper(this, "counting");
        final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
        private Cancellation running = new Cancellation();

        Counted(CheckpointSide side) {
            this.side = side;
            side.sae().addListener((property, was, is) -> restart());
        }

        void stop() {
            running.cancel();
            ActivationIndex open = index.get();
            index.set(null);
            features.set(null);
            problem.set(null);
            counting.set(false);
            if (open != null) {
                workbench.service().files().execute(open::close);
            }
        }

        void restart() {
            restart(false);
        }

        /** @param doubted whether what is kept of the pass is compared with its checksums */
        void restart(boolean doubted) {
            stop();
            OpenModel model = workbench.model().get();
            OpenSae sae = side.sae().get();
            Path text = corpus.get();
            if (model == null || sae == null || text == null) {
                return;
            }
            Optional<Misfit> misfit = new Fit(model.config(), sae.config()).misfit();
            if (misfit.isPresent()) {
                problem.set(Problem.of(
                        misfit.get().refusal(sae.id().name(), model.id().name())));
                return;
            }
            if (model.tokenizer().isEmpty()) {
                problem.set(
                        new Problem("The model has no tokenizer files, so a text cannot be counted over", true, ""));
                return;
            }
            Cancellation mine = new Cancellation();
            running = mine;
            counting.set(true);
            DocumentPacking how = documents.get();
            enqueue(() -> start(mine, model, sae, text, how, doubted));
        }

        @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
        private void start(
                Cancellation mine, OpenModel model, OpenSae sae, Path text, DocumentPacking how, boolean doubted) {
            if (mine.isCancelled()) {
                passEnded();
                return;
            }
            Activity.Job job = workbench
                    .activity()
                    .begin("Counting activations of " + sae.id() + " in " + text.getFileName(), mine::cancel);
            Consumer<IndexBuild.Progress> shown = new Throttled(mine, job);
            CompletableFuture.supplyAsync(
                            () -> {
                                ActivationIndex opened = openOrBuild(model, sae, text, how, doubted, job, shown, mine);
                                return new Opened(opened, opened.statistics(0));
                            },
                            workbench.service().files())
                    .whenComplete((opened, failure) -> workbench.fx().execute(() -> {
                        job.end();
                        passEnded();
                        finished(mine, opened, failure, sae);
                    }));
        }

        @SuppressWarnings("ReferenceEquality") // a file opened anew is another
        private void finished(Cancellation mine, Opened opened, Throwable failure, OpenSae sae) {
            boolean current = running == mine && side.sae().get() == sae;
            if (!current) {
                if (opened != null) {
                    opened.index().close();
                }
                return;
            }
            counting.set(false);
            if (failure == null) {
                counted.set(CountedShare.WHOLE);
                features.set(opened.statistics());
                index.set(opened.index());
                opened.index()
                        .doubt()
                        .filter(doubt -> toldOf.add(opened.index().folder()))
                        .ifPresent(workbench.notices()::add);
            } else if (mine.isCancelled()) {
                problem.set(new Problem("Paused. Retry resumes", true, ""));
            } else {
                problem.set(Problem.of(failure));
                workbench.notices().add("Counting activations of " + sae.id(), problem.get());
            }
        }

        private record Opened(ActivationIndex index, FeatureStatistics statistics) {}

        /** Reports the progress of the pass: the job at every batch, the statistics first and about once a second. */
        private final class Throttled implements Consumer<IndexBuild.Progress> {
            private final Cancellation mine;
            private final Activity.Job job;
            private long lastShown = System.nanoTime() - SHOW_EVERY_NANOS;

            Throttled(Cancellation mine, Activity.Job job) {
                this.mine = mine;
                this.job = job;
            }

            @Override
            public void accept(IndexBuild.Progress progress) {
                job.report(progress.fraction(), String.format(java.util.Locale.ROOT, "%,d tokens", progress.tokens()));
                long now = System.nanoTime();
                if (now - lastShown >= SHOW_EVERY_NANOS) {
                    lastShown = now;
                    FeatureStatistics snapshot = progress.snapshot(0);
                    workbench.fx().execute(() -> {
                        if (running == mine && counting.get()) {
                            counted.set(CountedShare.part(progress.fraction()));
                            features.set(snapshot);
                        }
                    });
                }
            }
        }
    }

    /** File pool. */
    private ActivationIndex openOrBuild(
            OpenModel model,
            OpenSae sae,
            Path text,
            DocumentPacking how,
            boolean doubted,
            Activity.Job job,
            Consumer<IndexBuild.Progress> progress,
            Cancellation cancellation) {
        if (!Files.exists(text)) {
            throw new CheckpointException(
                    text, "there is no such file", "a text to count activations over", "Choose another corpus");
        }
        Path folder = folder(cache, model, sae, text, how);
        Optional<ActivationIndex> kept = kept(folder, doubted);
        if (kept.isPresent()) {
            return kept.get();
        }
        build(model, sae, text, how, folder, job, progress, cancellation);
        return ActivationIndex.open(folder);
    }

    /** The finished pass in a folder; a damaged one is deleted, since it can be made again. */
    private static Optional<ActivationIndex> kept(Path folder, boolean doubted) {
        if (!ActivationIndex.isComplete(folder)) {
            return Optional.empty();
        }
        try {
            ActivationIndex index = ActivationIndex.open(folder);
            try {
                if (doubted) {
                    index.verify();
                }
                return Optional.of(index);
            } catch (CheckpointException damaged) {
                index.close();
                throw damaged;
            }
        } catch (CheckpointException damaged) {
            LOG.warn("Counting again: {}", damaged.getMessage());
            ActivationIndex.discard(folder);
            return Optional.empty();
        }
    }

    private void build(
            OpenModel model,
            OpenSae sae,
            Path text,
            DocumentPacking how,
            Path folder,
            Activity.Job job,
            Consumer<IndexBuild.Progress> progress,
            Cancellation cancellation) {
        Tokenizer tokenizer = model.tokenizer().orElseThrow();
        IndexInfo.IndexedSae indexed = new IndexInfo.IndexedSae(
                "sae",
                new IndexInfo.Named(sae.id().name(), sae.id().fingerprint()),
                sae.config().dSae(),
                sae.config().hook().map(HookPoint::name).orElse(""),
                0);
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named(model.id().name(), model.id().fingerprint()),
                List.of(indexed),
                Math.min(Contexts.DEFAULT_LENGTH, model.config().context()),
                tokenizer.beginning(),
                how,
                MOST_TOKENS);
        IndexBuild.Source source = contexts -> activations(model.id(), sae, contexts);
        Corpus texts = Corpus.of(List.of(text));
        texts.leftOut()
                .ifPresent(
                        left -> workbench.fx().execute(() -> workbench.notices().add(text + ": " + left)));
        new IndexBuild(settings, texts, tokenizer.reading(), source, folder)
                .share(
                        holder -> job.report(-1, "waiting for another window that counts this: " + holder),
                        progress,
                        cancellation);
    }

    private CompletionStage<List<SparseFeatures>> activations(ModelId model, OpenSae sae, TokenRows contexts) {
        return workbench
                .service()
                .submit(new CorpusActivations(model, List.of(sae.id()), contexts), Priority.BACKGROUND)
                .answer();
    }
}
