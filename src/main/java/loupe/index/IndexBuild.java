package loupe.index;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import loupe.analysis.prompts.CorpusActivations;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.OutOfDeviceMemoryException;
import loupe.inference.InferenceService;
import loupe.inference.ModelId;
import loupe.inference.Priority;
import loupe.inference.SaeId;
import loupe.sae.SparseFeatures;
import org.duckdb.DuckDBAppender;

/**
 * The pass over a corpus. Batches are staged in one append-only file as they come, so that a stopped or crashed pass goes
 * on where it was; at the end they are sorted by feature into Parquet files, and {@code index.json} is written last, which
 * makes the index complete. Runs on the caller's thread; the next batch is computed while the last one is written.
 */
public final class IndexBuild {
    private static final ObjectMapper JSON = new ObjectMapper();
    static final int CONTEXTS_PER_ROW_GROUP = 2_048;
    private static final int CONTEXTS_PER_BATCH = Shard.BLOCK;
    private static final int BATCHES_BETWEEN_FORCES = 16;

    private final Settings settings;
    private final Corpus corpus;
    private final Function<String, int[]> tokenise;
    private final Source source;
    private final Path folder;

    /**
     * @param tokenise text to token ids, without any special token added
     * @param source computes the activations of a batch
     * @param folder where the index will be; made if missing
     */
    public IndexBuild(Settings settings, Corpus corpus, Function<String, int[]> tokenise, Source source, Path folder) {
        this.settings = settings;
        this.corpus = corpus;
        this.tokenise = tokenise;
        this.source = source;
        this.folder = folder;
    }

    /**
     * Runs the pass, or what is left of it.
     *
     * @param resume whether to go on with an unfinished pass in the folder; without it, one is started anew
     * @param progress is told of every batch, on this thread
     * @throws CheckpointException if the folder holds something else or another pass, or cannot be written; or if the corpus
     *     is refused, which leaves nothing in the folder, since a pass over another corpus could not go on from there
     * @throws CancellationException if cancelled; the folder can be resumed
     */
    public IndexInfo run(boolean resume, Consumer<Progress> progress, Cancellation cancellation) {
        long started = System.nanoTime();
        try {
            boolean made = !Files.exists(folder);
            prepare(resume);
            try {
                stageAll(progress, cancellation);
            } catch (CancellationException | UncheckedIOException | OutOfDeviceMemoryException e) {
                throw e;
            } catch (RuntimeException refused) {
                discard(made);
                throw refused;
            }
            return finish(started);
        } catch (FileSystemException e) {
            throw unwritable(reason(e), e);
        } catch (IOException | SQLException e) {
            throw unwritable(e.getMessage(), e);
        } catch (UncheckedIOException e) {
            throw unwritable(e.getCause() instanceof FileSystemException file ? reason(file) : e.getCause().getMessage(), e);
        }
    }

    private CheckpointException unwritable(String reason, Exception cause) {
        return new CheckpointException(folder, "the index cannot be written (" + reason + ")", "",
                "Free some space or allow writing there, then run the same command with --resume", cause);
    }

    /** Takes away what a pass has begun, and the folder if the pass has made it. */
    private void discard(boolean made) throws IOException {
        Files.deleteIfExists(staging());
        Files.deleteIfExists(plan());
        if (made) {
            try {
                Files.deleteIfExists(folder);
            } catch (DirectoryNotEmptyException somebodyElses) {
                // what somebody has put there meanwhile stays
            }
        }
    }

    /** A source that asks the inference service, behind everything that somebody waits for. */
    public static Source asking(InferenceService service, ModelId model, List<SaeId> saes) {
        return contexts -> service.submit(new CorpusActivations(model, saes, contexts), Priority.BACKGROUND).answer();
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
    private void prepare(boolean resume) throws IOException {
        Files.createDirectories(folder);
        IndexInfo wanted = info(List.of(), 0, 0);
        boolean unfinished = Files.exists(plan());
        if (resume && Files.exists(ActivationIndex.infoFile(folder))) {
            throw new CheckpointException(folder, "this index is complete", "an unfinished one", "Leave out --resume to build it anew");
        }
        if (resume && unfinished) {
            if (!JSON.readValue(plan().toFile(), IndexInfo.class).equals(wanted)) {
                throw new CheckpointException(folder, "the unfinished index here was begun with another model, checkpoint, corpus or context length",
                        "the same settings", "Give the same options, or leave out --resume to begin anew");
            }
            return;
        }
        Files.deleteIfExists(ActivationIndex.infoFile(folder));
        Files.deleteIfExists(staging());
        writeJson(plan(), wanted);
    }

    private void stageAll(Consumer<Progress> progress, Cancellation cancellation) throws IOException {
        try (Staging staged = Staging.open(staging(), Integer.MAX_VALUE)) {
            Stager stager = new Stager(staged, progress, cancellation);
            if (staged.batches() > 0) {
                Staging.scan(staging(), (batch, payload) -> stager.count(StagedBatch.decode(payload)));
            }
            Contexts contexts = new Contexts(settings.contextLength(), settings.separator(), settings.maxTokens());
            long corpusBytes = Math.max(1, corpus.bytes());
            corpus.forEachDocument(document -> {
                stager.read += document.length();
                stager.fractionRead = Math.min(1, (double) stager.read / corpusBytes);
                boolean more = contexts.add(tokenise.apply(document));
                stager.offer(contexts.drain());
                return more;
            });
            contexts.finish();
            stager.offer(contexts.drain());
            stager.finish();
            if (staged.batches() == 0 && stager.offered > 0) {
                throw new CheckpointException(corpus.files().get(0), "the corpus has only " + stager.offered + " contexts, none of them for shard " + settings.shard(),
                        "at least " + Shard.BLOCK + " contexts for every shard", "Use fewer shards");
            }
            if (staged.batches() == 0) {
                throw new CheckpointException(corpus.files().get(0), "the corpus has no text", "at least one word", "Choose a file with text in it");
            }
            staged.force();
        }
    }

    private IndexInfo finish(long started) throws IOException, SQLException {
        List<IndexInfo.IndexedSae> written = new ArrayList<>();
        long[] tokens = new long[1];
        try (Parquet parquet = new Parquet(folder)) {
            tokens[0] = writeContexts(parquet);
            for (int i = 0; i < settings.saes().size(); i++) {
                IndexInfo.IndexedSae sae = settings.saes().get(i);
                Path own = Files.createDirectories(folder.resolve(sae.folder()));
                long rows = SortedActivations.write(parquet, staging(), i, sae.features(), own);
                written.add(new IndexInfo.IndexedSae(sae.folder(), sae.sae(), sae.features(), sae.hook(), rows));
            }
        }
        IndexInfo info = info(written, tokens[0], (System.nanoTime() - started) / 1e9);
        writeJson(ActivationIndex.infoFile(folder), info);
        Files.deleteIfExists(staging());
        Files.deleteIfExists(plan());
        return info;
    }

    private long writeContexts(Parquet parquet) throws IOException, SQLException {
        long[] counted = new long[2];
        parquet.run("CREATE OR REPLACE TABLE staged (context INTEGER, ids INTEGER[], documents INTEGER[])");
        try (DuckDBAppender appender = parquet.connection().createAppender("main", "staged")) {
            Staging.scan(staging(), (batch, payload) -> {
                for (Contexts.Context context : StagedBatch.decode(payload).contexts()) {
                    try {
                        appender.beginRow().append((int) counted[1]++).append(context.ids()).append(context.documents()).endRow();
                    } catch (SQLException e) {
                        throw new IOException(e.getMessage(), e);
                    }
                    counted[0] += context.ids().length;
                }
            });
        }
        parquet.write("SELECT * FROM staged ORDER BY context", folder.resolve("contexts.parquet"), CONTEXTS_PER_ROW_GROUP);
        parquet.run("DROP TABLE staged");
        return counted[0];
    }

    private IndexInfo info(List<IndexInfo.IndexedSae> saes, long tokens, double seconds) {
        return new IndexInfo(IndexInfo.VERSION, settings.model(), saes.isEmpty() ? settings.saes() : saes, corpus.sources(),
                settings.contextLength(), settings.separator().orElse(-1), settings.shard(), tokens, seconds);
    }

    static void writeJson(Path file, Object value) throws IOException {
        Path aside = file.resolveSibling(file.getFileName() + ".part");
        JSON.writerWithDefaultPrettyPrinter().writeValue(aside.toFile(), value);
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Groups contexts into batches, keeps one batch in flight, and stages what comes back. */
    private final class Stager {
        private final Staging staged;
        private final Consumer<Progress> progress;
        private final Cancellation cancellation;
        private final List<FeatureStatistics> live;
        private final List<Contexts.Context> waiting = new ArrayList<>();
        private final int done;
        private int batch;
        private long offered;
        private long tokens;
        private long read;
        private double fractionRead;
        private List<Contexts.Context> inFlight = List.of();
        private CompletionStage<List<SparseFeatures>> answer;

        Stager(Staging staged, Consumer<Progress> progress, Cancellation cancellation) {
            this.staged = staged;
            this.progress = progress;
            this.cancellation = cancellation;
            done = staged.batches();
            live = settings.saes().stream().map(sae -> FeatureStatistics.empty(sae.features())).toList();
        }

        void offer(List<Contexts.Context> contexts) {
            for (Contexts.Context context : contexts) {
                if (!settings.shard().has(offered++)) {
                    continue;
                }
                if (!waiting.isEmpty() && waiting.get(0).ids().length != context.ids().length) {
                    ask(); // the last context is shorter and goes alone
                }
                waiting.add(context);
                if (waiting.size() == CONTEXTS_PER_BATCH) {
                    ask();
                }
            }
        }

        void finish() {
            if (!waiting.isEmpty()) {
                ask();
            }
            collect();
        }

        private void ask() {
            List<Contexts.Context> next = List.copyOf(waiting);
            waiting.clear();
            if (batch++ < done) {
                return;
            }
            cancellation.check();
            CompletionStage<List<SparseFeatures>> asked = source.activations(next.stream().map(Contexts.Context::ids).toArray(int[][]::new));
            collect();
            inFlight = next;
            answer = asked;
        }

        private void collect() {
            if (answer == null) {
                return;
            }
            StagedBatch complete = new StagedBatch(inFlight, join(answer));
            answer = null;
            try {
                staged.append(complete.encode());
                if (staged.batches() % BATCHES_BETWEEN_FORCES == 0) {
                    staged.force();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            count(complete);
            double byTokens = settings.maxTokens() == Long.MAX_VALUE ? 0 : (double) tokens / settings.maxTokens();
            progress.accept(new Progress(tokens, Math.max(byTokens, fractionRead), live));
        }

        /** Adds a staged batch to the live statistics. */
        void count(StagedBatch complete) {
            tokens += complete.tokens();
            for (int i = 0; i < live.size(); i++) {
                SparseFeatures features = complete.activations().get(i);
                for (int j = 0; j < features.values().length; j++) {
                    live.get(i).add(features.features()[j], features.values()[j]);
                }
            }
        }

        private List<SparseFeatures> join(CompletionStage<List<SparseFeatures>> asked) {
            try {
                return asked.toCompletableFuture().join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw e;
            }
        }
    }

    /**
     * @param saes what to index; {@code rows} is not used
     * @param separator the token put before each document, if the model has one
     * @param maxTokens of the whole pass, whatever the shard
     * @param shard the share of the pass to compute
     */
    public record Settings(IndexInfo.Named model, List<IndexInfo.IndexedSae> saes, int contextLength, OptionalInt separator, long maxTokens, Shard shard) {
        /** The pass in one piece. */
        public Settings(IndexInfo.Named model, List<IndexInfo.IndexedSae> saes, int contextLength, OptionalInt separator, long maxTokens) {
            this(model, saes, contextLength, separator, maxTokens, Shard.WHOLE);
        }

        public Settings {
            if (contextLength < 2) {
                throw new IllegalArgumentException("contextLength is " + contextLength + ", at least 2 is needed");
            }
            if (maxTokens < 1 || maxTokens > Integer.MAX_VALUE && maxTokens != Long.MAX_VALUE) {
                throw new IllegalArgumentException("maxTokens is " + maxTokens + ", it must be 1 to 2147483647");
            }
        }
    }

    /** Computes the activations of contexts of one length, one {@link SparseFeatures} an autoencoder. */
    public interface Source {
        CompletionStage<List<SparseFeatures>> activations(int[][] contexts);
    }

    /**
     * @param tokens counted so far
     * @param fraction of the pass, estimated, 0 to 1
     * @param statistics of every autoencoder so far; they go on changing, copy them to keep them
     */
    public record Progress(long tokens, double fraction, List<FeatureStatistics> statistics) {
        /** A copy of the statistics of one autoencoder as they are now. */
        public FeatureStatistics snapshot(int sae) {
            return statistics.get(sae).withTokens(tokens).copy();
        }
    }
}
