package loupe.index;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import loupe.analysis.prompts.CorpusActivations;
import loupe.analysis.prompts.NormedActivations;
import loupe.analysis.prompts.TokenRows;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.OutOfDeviceMemoryException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.base.WriterLock;
import loupe.inference.InferenceService;
import loupe.inference.ModelId;
import loupe.inference.Priority;
import loupe.inference.SaeId;
import loupe.lm.tokenizer.TextReading;
import loupe.sae.SparseFeatures;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;

/**
 * The pass over a corpus. Batches are staged in one append-only file as they arrive, so that a stopped or crashed pass
 * can be resumed; at the end they are sorted by feature into Parquet files, and {@code index.json} is written last,
 * which makes the index complete. Runs on the caller's thread; the next batch is computed while the last one is
 * written.
 */
public final class IndexBuild {
    static final int CONTEXTS_PER_ROW_GROUP = 2_048;

    private final Settings settings;
    private final Corpus corpus;
    private final TextReading reading;
    private final Source source;
    private final Path folder;
    private final Staging.Disk disk;
    private volatile boolean sourceFailed;

    /**
     * @param reading reads documents as token ids, without any special token added
     * @param source computes the activations of a batch
     * @param folder where the index will be; made if missing
     */
    public IndexBuild(Settings settings, Corpus corpus, TextReading reading, Source source, Path folder) {
        this(settings, corpus, reading, source, folder, Staging.Disk.OF_FILES);
    }

    private IndexBuild(
            Settings settings, Corpus corpus, TextReading reading, Source source, Path folder, Staging.Disk disk) {
        this.disk = disk;
        this.settings = settings;
        this.corpus = corpus;
        this.reading = reading;
        this.source = source;
        this.folder = folder;
    }

    /**
     * A pass over documents that are known to be short, each of which is in memory whole.
     *
     * @param tokenise text to token ids, without any special token added
     * @see #IndexBuild(Settings, Corpus, TextReading, Source, Path)
     */
    public IndexBuild(Settings settings, Corpus corpus, Function<String, int[]> tokenise, Source source, Path folder) {
        this(settings, corpus, TextReading.whole(tokenise), source, folder);
    }

    /** The same pass, staged on another disk. */
    IndexBuild stagedOn(Staging.Disk another) {
        return new IndexBuild(settings, corpus, reading, source, folder, another);
    }

    /**
     * Runs the pass, or what is left of it.
     *
     * @param resume whether to resume an unfinished pass in the folder, which may even be complete; otherwise the pass
     *     starts anew
     * @param progress called after every batch, on this thread
     * @throws CheckpointException if the folder holds something else or another pass, is being written by somebody
     *     else, or cannot be written; or if the corpus is refused or changes meanwhile, which leaves nothing in the
     *     folder, since a pass over another corpus could not be resumed from there; what the source fails with is
     *     thrown as it is, and the folder can be resumed
     * @throws CancellationException if cancelled; the folder can be resumed
     */
    public IndexInfo run(boolean resume, Consumer<Progress> progress, Cancellation cancellation) {
        return run(WriterLock::take, () -> resume, progress, cancellation);
    }

    /**
     * Runs the pass, or what is left of it, or takes over what another process has made of it: waits for that, and then
     * goes on where it stopped.
     *
     * @param waiting told who is at it, again and again while this waits
     * @see #run(boolean, Consumer, Cancellation)
     */
    public IndexInfo share(Consumer<String> waiting, Consumer<Progress> progress, Cancellation cancellation) {
        return run(
                place -> WriterLock.await(place, waiting, cancellation),
                () -> Files.exists(plan()) || ActivationIndex.isComplete(folder),
                progress,
                cancellation);
    }

    private IndexInfo run(
            Taking taking, BooleanSupplier resume, Consumer<Progress> progress, Cancellation cancellation) {
        long started = System.nanoTime();
        try {
            boolean created = !Files.exists(folder);
            IndexInfo wanted = planned(corpus.sources(cancellation));
            Optional<IndexInfo> complete = resume.getAsBoolean() ? completed(wanted) : Optional.empty();
            if (complete.isPresent() && !Files.exists(plan())) {
                return complete.get();
            }
            Database.require(folder);
            Files.createDirectories(folder);
            try (WriterLock lock = taking.of(folder)) {
                return alone(resume.getAsBoolean(), wanted, started, progress, cancellation, lock);
            } catch (Refused refused) {
                if (created) {
                    deleteIfEmpty();
                }
                throw refused.why;
            }
        } catch (FileSystemException e) {
            throw unwritable(reason(e), e);
        } catch (IOException e) {
            throw unwritable(e.getMessage(), e);
        } catch (SQLException e) {
            throw unwritable(Parquet.reason(e.getMessage()), e);
        } catch (UncheckedIOException e) {
            Throwable cause = e.getCause();
            throw unwritable(
                    cause instanceof FileSystemException file
                            ? reason(file)
                            : cause == null ? e.getMessage() : cause.getMessage(),
                    e);
        }
    }

    /** How the folder is taken. */
    @FunctionalInterface
    private interface Taking {
        WriterLock of(Path folder) throws IOException;
    }

    /** A corpus or model was refused, so that what has been staged is worth nothing and has been deleted. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        private final RuntimeException why;

        Refused(RuntimeException why) {
            super(why);
            this.why = why;
        }
    }

    /** Runs the pass while nobody else writes in the folder. */
    private IndexInfo alone(
            boolean resume,
            IndexInfo wanted,
            long started,
            Consumer<Progress> progress,
            Cancellation cancellation,
            WriterLock lock)
            throws IOException, SQLException, Refused {
        Optional<IndexInfo> complete = resume ? completed(wanted) : Optional.empty();
        if (complete.isPresent()) {
            tidy();
            return complete.get();
        }
        prepare(resume, wanted);
        try {
            stageAll(wanted.sources(), progress, cancellation);
            requireUnchanged(wanted.sources(), cancellation);
        } catch (CancellationException | UncheckedIOException | OutOfDeviceMemoryException e) {
            throw e;
        } catch (RuntimeException refused) {
            if (sourceFailed) {
                throw refused;
            }
            lock.require();
            tidy();
            throw new Refused(refused);
        }
        lock.require();
        return finish(started, wanted.sources(), lock);
    }

    /** @throws CheckpointException if the corpus is not the one that the pass began with */
    private void requireUnchanged(List<Corpus.Source> before, Cancellation cancellation) {
        List<Corpus.Source> now = corpus.sources(cancellation);
        for (int i = 0; i < before.size(); i++) {
            if (!now.get(i).equals(before.get(i))) {
                throw new CheckpointException(
                        corpus.files().get(i),
                        "this text was changed while it was counted over",
                        "one that stays as it is",
                        "Build the index anew, from a copy if it goes on changing");
            }
        }
    }

    private CheckpointException unwritable(@Nullable String reason, Exception cause) {
        return new CheckpointException(
                folder,
                "the index cannot be written (" + reason + ")",
                "",
                "Free some space or allow writing there, then go on with the unfinished index",
                cause,
                Remedy.give(Choice.RESUME));
    }

    private void deleteIfEmpty() throws IOException {
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException somebodyElses) {
            // what somebody has put there meanwhile stays
        }
    }

    /**
     * Deletes the files that only an unfinished pass needs; the plan last, because the staged batches mean nothing
     * without it.
     */
    private void tidy() throws IOException {
        Files.deleteIfExists(staging());
        Files.deleteIfExists(plan());
    }

    /** A source that asks the inference service, at background priority. */
    public static Source asking(InferenceService service, ModelId model, List<SaeId> saes) {
        return new Source() {
            @Override
            public CompletionStage<List<SparseFeatures>> activations(TokenRows contexts) {
                return service.submit(new CorpusActivations(model, saes, contexts), Priority.BACKGROUND)
                        .answer();
            }

            @Override
            public CompletionStage<Batch> withNorms(TokenRows contexts) {
                return service.submit(new NormedActivations(model, saes, contexts), Priority.BACKGROUND)
                        .answer()
                        .thenApply(answer -> new Batch(answer.activations(), answer.norms()));
            }
        };
    }

    private static String reason(FileSystemException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        return e.getReason() == null ? "nothing can be made there" : e.getReason();
    }

    private Path staging() {
        return folder.resolve("staging.bin");
    }

    private Path plan() {
        return folder.resolve("plan.json");
    }

    /** Checks that the folder is ours to write in and that a resumed pass is the same pass. */
    private void prepare(boolean resume, IndexInfo wanted) throws IOException {
        if (resume && Files.exists(plan())) {
            IndexInfo planned = InfoFile.read(plan());
            if (!planned.equals(wanted)) {
                requireOneMaking("begun", planned, wanted);
                throw new CheckpointException(
                        folder,
                        "the unfinished index here was begun with another model, checkpoint, corpus, context length, "
                                + "separator, limit of tokens, choice of documents or masks",
                        "the same settings",
                        "Give the same settings, or begin anew",
                        Remedy.leaveOut(Choice.RESUME));
            }
            return;
        }
        Files.deleteIfExists(ActivationIndex.infoFile(folder));
        Files.deleteIfExists(staging());
        InfoFile.write(plan(), wanted);
    }

    /**
     * The result of this pass if it is complete already, as after a crash between the last file and the end of the
     * program.
     *
     * @throws CheckpointException if the folder holds the complete index of another pass
     */
    private Optional<IndexInfo> completed(IndexInfo wanted) {
        if (!ActivationIndex.isComplete(folder)) {
            return Optional.empty();
        }
        IndexInfo found = ActivationIndex.info(folder);
        if (!found.pass().equals(wanted)) {
            requireOneMaking("made", found.pass(), wanted);
            throw new CheckpointException(
                    folder,
                    "the index here is complete and of another model, checkpoint, corpus, context length, separator, "
                            + "limit of tokens, choice of documents or masks",
                    "the same settings",
                    "Build it anew",
                    Remedy.leaveOut(Choice.RESUME));
        }
        return Optional.of(found);
    }

    /** @throws CheckpointException if another pass differs from the wanted one in its masks or documents alone */
    private void requireOneMaking(String verb, IndexInfo other, IndexInfo wanted) {
        if (other.with(wanted.documents()).equals(wanted)) {
            throw new CheckpointException(
                    folder,
                    "the index here was " + verb + " with documents "
                            + other.documents().word(),
                    "one with documents " + wanted.documents().word(),
                    "Give the same choice, or begin anew",
                    Remedy.leaveOut(Choice.RESUME));
        }
        if (other.with(wanted.masks()).equals(wanted)) {
            throw new CheckpointException(
                    folder,
                    "the index here was " + verb + " " + other.masks(),
                    "one " + wanted.masks(),
                    "Give the same masks, or begin anew",
                    Remedy.leaveOut(Choice.RESUME));
        }
    }

    private void stageAll(List<Corpus.Source> sources, Consumer<Progress> progress, Cancellation cancellation)
            throws IOException {
        try (Staging staged = Staging.open(staging(), Integer.MAX_VALUE, disk)) {
            Stager stager = new Stager(
                    settings,
                    this::compute,
                    staged,
                    progress,
                    (leftOut, tokens, contexts) ->
                            info(settings.saes(), sources, leftOut, new long[] {tokens, contexts}, 0, List.of()),
                    cancellation);
            if (staged.batches() > 0) {
                Staging.scan(staging(), (batch, payload) -> stager.count(StagedBatch.decode(payload)));
            }
            Contexts contexts = new Contexts(
                    settings.contextLength(), settings.separator(), settings.maxTokens(), settings.documents());
            long corpusBytes = Math.max(1, corpus.textBytes());
            long[] read = new long[1];
            corpus.read(
                    reading,
                    contexts,
                    characters -> {
                        cancellation.check();
                        read[0] += characters;
                        stager.read(Math.min(1, (double) read[0] / corpusBytes));
                    },
                    stager::offer);
            stager.finish();
            if (staged.batches() == 0 && stager.offered() > 0) {
                throw new CheckpointException(
                        corpus.files().get(0),
                        "the corpus has only " + stager.offered() + " contexts, none of them for shard "
                                + settings.shard(),
                        "at least " + Shard.BLOCK + " contexts for every shard",
                        "Use fewer shards");
            }
            if (staged.batches() == 0) {
                throw new CheckpointException(
                        corpus.files().get(0),
                        "the corpus has no text",
                        "at least one word",
                        "Choose a file with text in it");
            }
            staged.force();
        }
    }

    private CompletionStage<Batch> compute(TokenRows contexts) {
        try {
            CompletionStage<Batch> batch = settings.masks().needNorms()
                    ? source.withNorms(contexts)
                    : source.activations(contexts).thenApply(Batch::new);
            return batch.whenComplete((answer, failure) -> sourceFailed |= failure != null);
        } catch (RuntimeException e) {
            sourceFailed = true;
            throw e;
        }
    }

    private IndexInfo finish(long started, List<Corpus.Source> sources, WriterLock lock)
            throws IOException, SQLException {
        List<IndexInfo.IndexedSae> written = new ArrayList<>();
        long[] counted;
        CorpusMasks.LeftOut[] leftOut = {CorpusMasks.LeftOut.NOTHING};
        try (Parquet parquet = new Parquet(folder)) {
            counted = writeContexts(parquet, leftOut);
            long places = settings.documents().places(counted[0], counted[1], settings.contextLength());
            for (int i = 0; i < settings.saes().size(); i++) {
                IndexInfo.IndexedSae sae = settings.saes().get(i);
                Path own = Files.createDirectories(folder.resolve(sae.folder()));
                long rows = SortedActivations.write(
                        parquet, staging(), i, sae.features(), settings.contextLength(), places, own);
                written.add(new IndexInfo.IndexedSae(sae.folder(), sae.sae(), sae.features(), sae.hook(), rows));
            }
        }
        IndexInfo info = info(
                written,
                sources,
                leftOut[0],
                counted,
                (System.nanoTime() - started) / 1e9,
                StoredFile.of(folder, written));
        lock.require();
        InfoFile.write(ActivationIndex.infoFile(folder), info);
        tidy();
        return info;
    }

    /** @return how many tokens and contexts there are */
    private long[] writeContexts(Parquet parquet, CorpusMasks.LeftOut[] leftOut) throws IOException, SQLException {
        long[] counted = new long[2];
        boolean masked = !settings.masks().isNone();
        parquet.run("CREATE OR REPLACE TABLE staged (context INTEGER, ids INTEGER[], documents INTEGER[]"
                + (masked ? ", left_out INTEGER[]" : "") + ")");
        try (DuckDBAppender appender = parquet.connection().createAppender("main", "staged")) {
            Staging.scan(staging(), (batch, payload) -> {
                StagedBatch complete = StagedBatch.decode(payload);
                leftOut[0] = leftOut[0].and(complete.masks());
                int first = 0;
                for (Contexts.Context context : complete.contexts()) {
                    int length = context.ids().length;
                    try {
                        appender.beginRow()
                                .append((int) counted[1]++)
                                .append(context.ids())
                                .append(context.documents());
                        if (masked) {
                            int from = first;
                            appender.append(IntStream.range(from, from + length)
                                    .map(token -> complete.masks()[token])
                                    .toArray());
                        }
                        appender.endRow();
                    } catch (SQLException e) {
                        throw new IOException(e.getMessage(), e);
                    }
                    first += length;
                    counted[0] += length;
                }
            });
        }
        parquet.write(
                "SELECT * FROM staged ORDER BY context", folder.resolve("contexts.parquet"), CONTEXTS_PER_ROW_GROUP);
        parquet.run("DROP TABLE staged");
        return counted;
    }

    /** The description of the pass before its results. */
    private IndexInfo planned(List<Corpus.Source> sources) {
        return info(settings.saes(), sources, CorpusMasks.LeftOut.NOTHING, new long[2], 0, List.of());
    }

    /** @param counted tokens and contexts */
    private IndexInfo info(
            List<IndexInfo.IndexedSae> saes,
            List<Corpus.Source> sources,
            CorpusMasks.LeftOut leftOut,
            long[] counted,
            double seconds,
            List<StoredFile> files) {
        return new IndexInfo(
                IndexInfo.VERSION,
                settings.model(),
                saes,
                sources,
                settings.contextLength(),
                settings.separator().orElse(-1),
                settings.documents(),
                settings.maxTokens() == Long.MAX_VALUE ? 0 : settings.maxTokens(),
                settings.shard(),
                settings.masks(),
                leftOut,
                counted[0],
                counted[1],
                seconds,
                files);
    }

    /**
     * What a pass over a corpus indexes, and how.
     *
     * @param saes what to index; {@code rows} is not used
     * @param separator the token put before each document, if the model has one
     * @param documents how they are put before the model
     * @param maxTokens of the whole pass, whatever the shard
     * @param shard the share of the pass to compute
     * @param masks which tokens to leave out
     */
    public record Settings(
            IndexInfo.Named model,
            List<IndexInfo.IndexedSae> saes,
            int contextLength,
            OptionalInt separator,
            DocumentPacking documents,
            long maxTokens,
            Shard shard,
            CorpusMasks masks) {
        /** Settings of a pass in one piece, with every token. */
        public Settings(
                IndexInfo.Named model,
                List<IndexInfo.IndexedSae> saes,
                int contextLength,
                OptionalInt separator,
                DocumentPacking documents,
                long maxTokens) {
            this(model, saes, contextLength, separator, documents, maxTokens, Shard.WHOLE, CorpusMasks.NONE);
        }

        public Settings {
            if (contextLength < 2) {
                throw new IllegalArgumentException("contextLength is " + contextLength + ", at least 2 is needed");
            }
            if (maxTokens < 1 || (maxTokens > Integer.MAX_VALUE && maxTokens != Long.MAX_VALUE)) {
                throw new IllegalArgumentException("maxTokens is " + maxTokens + ", it must be 1 to 2147483647");
            }
        }
    }

    /** Computes the activations of texts, in the order of their tokens, one {@link SparseFeatures} an autoencoder. */
    @FunctionalInterface
    public interface Source {
        CompletionStage<List<SparseFeatures>> activations(TokenRows contexts);

        /**
         * Computes the activations and the norms that a mask of outliers needs.
         *
         * @throws UnsupportedOperationException if this source does not know them
         */
        default CompletionStage<Batch> withNorms(TokenRows contexts) {
            throw new UnsupportedOperationException("this source knows no norms, which the mask of outliers needs");
        }
    }

    /**
     * The results for a batch of contexts.
     *
     * @param activations one an autoencoder
     * @param norms one array a hook point with the length of the vector at every token; empty if they were not
     *     requested
     */
    public record Batch(List<SparseFeatures> activations, List<float[]> norms) {
        Batch(List<SparseFeatures> activations) {
            this(activations, List.of());
        }
    }

    /**
     * How far a pass has come.
     *
     * @param tokens read so far
     * @param leftOut of those, by masks
     * @param fraction of the pass, estimated, 0 to 1
     * @param statistics of every autoencoder so far; they keep changing, copy them to keep them
     * @param staged where the activations so far are, for {@link ActivationsSoFar}
     */
    public record Progress(
            long tokens,
            long leftOut,
            double fraction,
            List<FeatureStatistics> statistics,
            ActivationsSoFar.Staged staged) {
        /** A copy of the statistics of one autoencoder as they are now. */
        public FeatureStatistics snapshot(int sae) {
            return statistics.get(sae).withTokens(tokens - leftOut).copy();
        }
    }
}
