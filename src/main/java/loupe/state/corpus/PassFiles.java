package loupe.state.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.index.ActivationIndex;
import loupe.index.Corpus;
import loupe.index.IndexBuild;
import loupe.index.IndexCache;
import loupe.index.IndexEstimate;
import loupe.index.IndexInfo;
import loupe.index.IndexUse;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.window.Activity;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Workbench;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The passes that are kept on disk: opens what is there and makes what is not. File pool. */
final class PassFiles {
    private static final Logger LOG = LoggerFactory.getLogger(PassFiles.class);
    /** The most bytes that an activation takes, however it is stored, while an index is made. */
    private static final int MOST_BYTES = 24;

    private final Workbench workbench;
    private final Path cache;
    private final long much;

    /**
     * @param cache folder where finished passes are kept
     * @param much bytes; more than this is not begun before somebody has said so
     */
    PassFiles(Workbench workbench, Path cache, long much) {
        this.workbench = workbench;
        this.cache = cache;
        this.much = much;
    }

    /** A pass that takes so much space that it waits for somebody to say that it may. */
    static final class Held extends Refusal {
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

    /** The folder in which finished passes are kept. */
    IndexCache cache() {
        return new IndexCache(cache);
    }

    /** Where a pass over a text is kept. */
    Path folder(Counting wanted) {
        return wanted.folder(cache);
    }

    /** Deletes what is kept of a pass over a text. */
    void delete(Counting wanted) {
        Path folder = folder(wanted);
        if (Files.exists(folder)) {
            cache().delete(folder);
        }
    }

    /** Opens the index that was chosen, which was made elsewhere. */
    CountedIndex openGiven(Counting wanted) {
        Path folder = Objects.requireNonNull(wanted.chosen().index());
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
                        "this index is " + CountedIndex.ofWhat(info),
                        "one of model " + wanted.model().id().name() + " and checkpoint "
                                + wanted.sae().id().name() + ", which are open",
                        "Open those that it is of");
            }
            if (wanted.found() == Counting.Found.DOUBTED) {
                index.verify();
            }
            return CountedIndex.of(index, place.getAsInt(), null);
        } catch (RuntimeException unusable) {
            index.close();
            throw unusable;
        }
    }

    /**
     * Opens the pass that is kept in a folder, or makes it.
     *
     * @param folder as {@link #folder} says
     * @param job is told what is being done and how far it has come
     * @param progress is told as well
     */
    CountedIndex openOrBuild(
            Counting wanted,
            Path folder,
            Activity.Job job,
            Consumer<IndexBuild.Progress> progress,
            Cancellation cancellation) {
        Optional<CountedIndex> kept = kept(folder, wanted.found());
        if (kept.isPresent()) {
            return kept.get();
        }
        build(wanted, folder, job, progress, cancellation);
        return opened(folder, false);
    }

    private static CountedIndex opened(Path folder, boolean doubted) {
        ActivationIndex index = ActivationIndex.open(folder);
        try {
            if (doubted) {
                index.verify();
            }
            return CountedIndex.of(index, 0, IndexUse.of(folder));
        } catch (CheckpointException damaged) {
            index.close();
            throw damaged;
        }
    }

    /** The finished pass in a folder; a damaged one is deleted, since it can be made again. */
    private static Optional<CountedIndex> kept(Path folder, Counting.Found found) {
        if (found == Counting.Found.REPLACED && Files.exists(folder)) {
            ActivationIndex.discard(folder);
        }
        if (!ActivationIndex.isComplete(folder)) {
            return Optional.empty();
        }
        try {
            return Optional.of(opened(folder, found == Counting.Found.DOUBTED));
        } catch (CheckpointException damaged) {
            LOG.warn("Counting again: {}", damaged.getMessage());
            ActivationIndex.discard(folder);
            return Optional.empty();
        }
    }

    private void build(
            Counting wanted,
            Path folder,
            Activity.Job job,
            Consumer<IndexBuild.Progress> progress,
            Cancellation cancellation) {
        OpenModel model = wanted.model();
        CorpusFiles text = Objects.requireNonNull(wanted.text());
        CorpusSettings settings = wanted.chosen().settings();
        Tokenizer tokenizer = model.tokenizer().orElseThrow();
        IndexBuild.Settings pass = settings.of(model, List.of(Counting.indexed(wanted.sae())));
        IndexBuild.Source source = IndexBuild.asking(
                workbench.service(), model.id(), List.of(wanted.sae().id()));
        Corpus texts = Counting.texts(text, settings);
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
