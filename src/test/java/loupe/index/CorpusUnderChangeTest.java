package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Corpora that change while they are read, and corpora in whose folder the index itself lies. */
class CorpusUnderChangeTest {
    @TempDir
    Path texts;

    private Path text;

    @BeforeEach
    void write() throws IOException {
        text = Files.writeString(
                texts.resolve("a.txt"),
                IntStream.range(0, 3_000).mapToObj(i -> String.valueOf(i % 97)).collect(Collectors.joining(" ")));
    }

    private IndexInfo build(Path folder, Runnable meanwhile) {
        int[] batches = new int[1];
        return new IndexBuild(
                        new IndexBuild.Settings(
                                new IndexInfo.Named("model", "m"),
                                List.of(new IndexInfo.IndexedSae(
                                        "sae-0", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "", 0)),
                                16,
                                OptionalInt.empty(),
                                DocumentPacking.PACKED,
                                Long.MAX_VALUE),
                        Corpus.of(List.of(texts)),
                        words -> Arrays.stream(words.split(" "))
                                .mapToInt(Integer::parseInt)
                                .toArray(),
                        contexts -> {
                            if (batches[0]++ == 2) {
                                meanwhile.run();
                            }
                            return new PlantedSource().activations(contexts);
                        },
                        folder)
                .run(false, progress -> {}, new Cancellation());
    }

    @ParameterizedTest
    @ValueSource(strings = {"appended", "truncated", "replaced", "deleted"})
    void aTextThatChangesWhileItIsCountedOverIsRefused(String how, @TempDir Path other) {
        Path folder = other.resolve("index");
        assertThatThrownBy(() -> build(folder, () -> {
                    try {
                        switch (how) {
                            case "appended" -> Files.writeString(text, " 5", StandardOpenOption.APPEND);
                            case "truncated" -> Files.writeString(text, "1 2 3");
                            case "replaced" ->
                                Files.writeString(text, Files.readString(text).replace("11", "12"));
                            default -> Files.delete(text);
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("a.txt: ")
                .satisfies(e -> assertThat(e.getMessage())
                        .contains(how.equals("deleted") ? "cannot be read" : "changed while it was counted over"));
        assertThat(folder).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"idx", "deep/er/idx", "."})
    void anIndexInTheCorpusFolderIsNotReadAsCorpus(String where) throws IOException {
        Path folder = texts.resolve(where).normalize();
        IndexInfo first = build(folder, () -> {});
        assertThat(first.sources()).extracting(Corpus.Source::name).containsExactly("a.txt");
        IndexInfo second = build(folder, () -> {});
        assertThat(second.sources()).isEqualTo(first.sources());
        assertThat(second.tokens()).isEqualTo(3_000);
        Files.delete(folder.resolve("index.json"));
        Files.writeString(folder.resolve("plan.json"), "{}");
        assertThat(Corpus.of(List.of(texts)).files())
                .as("nor is an unfinished one")
                .containsExactly(text);
    }

    @Test
    void aTableOfAnIndexIsRefusedAsCorpusAndAUsersOwnTableIsRead(@TempDir Path other) throws IOException {
        Path folder = other.resolve("index");
        build(folder, () -> {});
        assertThatThrownBy(() -> Corpus.of(List.of(folder.resolve("contexts.parquet"))))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("this is a part of an index");
        assertThatThrownBy(() -> Corpus.of(List.of(folder)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no texts");
        Path own = Files.createDirectories(texts.resolve("tables")).resolve("contexts.parquet");
        Files.copy(folder.resolve("contexts.parquet"), own);
        assertThat(Corpus.of(List.of(texts)).files()).contains(own);
    }
}
