package loupe.state.corpus;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.index.Corpus;
import loupe.index.IndexInfo;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.state.window.CorpusFiles;
import org.jspecify.annotations.Nullable;

/**
 * What one pass is of.
 *
 * @param chosen a text or an index
 * @param found how what is kept of the pass is taken
 * @param allowed whether it may take much space
 */
record Counting(OpenModel model, OpenSae sae, Chosen chosen, Found found, boolean allowed) {
    /** How what is kept of a pass is taken. */
    enum Found {
        TRUSTED,
        /** Compared with its checksums. */
        DOUBTED,
        /** Thrown away. */
        REPLACED
    }

    /**
     * What is counted, and how.
     *
     * @param text null if there is none
     * @param index an index that was opened instead of a text; null if none was
     */
    record Chosen(@Nullable CorpusFiles text, @Nullable Path index, CorpusSettings settings) {
        boolean isNothing() {
            return text == null && index == null;
        }

        String name() {
            return (text == null ? CorpusFiles.of(Objects.requireNonNull(index)) : text).name();
        }
    }

    @Nullable
    CorpusFiles text() {
        return chosen.text();
    }

    /**
     * Where the pass over this corpus with this model and checkpoint is kept. Another size or date, of a folder's texts
     * together, makes another place, and so do other settings. File pool.
     */
    Path folder(Path cache) {
        CorpusFiles corpus = Objects.requireNonNull(text());
        Corpus texts = texts(corpus, chosen.settings());
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
                + size + "|" + date + "|" + chosen.settings().key()
                // counts of before there was a sign are of positive activations only
                + (sae.config().activation().isSigned() ? "|signed" : "");
        return cache.resolve(sae.id().name() + "-" + UUID.nameUUIDFromBytes(what.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * The texts of a corpus. File pool.
     *
     * @throws CheckpointException if one is not there
     */
    static Corpus texts(CorpusFiles corpus, CorpusSettings settings) {
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

    /** A checkpoint as an index names it. */
    static IndexInfo.IndexedSae indexed(OpenSae sae) {
        return new IndexInfo.IndexedSae(
                "sae",
                new IndexInfo.Named(sae.id().name(), sae.id().fingerprint()),
                sae.config().dSae(),
                sae.config().hook().map(HookPoint::name).orElse(""),
                0);
    }
}
