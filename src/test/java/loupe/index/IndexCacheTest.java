package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CancellationException;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.OtherWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexCacheTest {
    @TempDir
    Path temporary;

    private Path folder;
    private IndexCache cache;

    @BeforeEach
    void begin() {
        folder = temporary.resolve("indexes");
        cache = new IndexCache(folder);
    }

    private IndexCache.Kept only() {
        assertThat(cache.list()).hasSize(1);
        return cache.list().get(0);
    }

    private static long bytesIn(Path of) throws IOException {
        try (var files = Files.walk(of)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    @Test
    void aCacheThatWasNeverUsedIsEmpty() {
        assertThat(cache.list()).isEmpty();
        assertThat(cache.find("anything")).isEmpty();
    }

    @Test
    void whatIsKeptIsListedWithItsSourcesAndSizeThoseUsedLastFirst() throws IOException {
        PlantedIndex.build(folder.resolve("a"));
        PlantedIndex.build(folder.resolve("b"));
        Files.createDirectories(folder.resolve("no index"));
        Files.writeString(folder.resolve("a file"), "");
        for (Path file : List.of(folder.resolve("a/index.json"), folder.resolve("b/index.json"))) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(3))));
        }
        try (IndexUse use = IndexUse.of(folder.resolve("a"))) {
            assertThat(use).isNotNull();
            Files.setLastModifiedTime(
                    folder.resolve("a/used"), FileTime.from(Instant.now().plusSeconds(5)));
        }
        assertThat(cache.list()).extracting(IndexCache.Kept::name).containsExactly("a", "b");
        IndexCache.Kept first = cache.list().get(0);
        assertThat(first.state()).isEqualTo(IndexCache.State.COMPLETE);
        assertThat(first.defect()).isEmpty();
        assertThat(first.bytes()).isEqualTo(bytesIn(folder.resolve("a")));
        assertThat(first.info().orElseThrow().tokens()).isEqualTo(PlantedIndex.TOKENS);
    }

    @Test
    void aStoppedPassIsUnfinishedAndSaysWhatItIsOf() {
        Cancellation stop = new Cancellation();
        PlantedSource source = new PlantedSource();
        source.beforeAnswer = stop::cancel;
        assertThatThrownBy(() -> PlantedIndex.of(folder.resolve("a"), source).run(false, progress -> {}, stop))
                .isInstanceOf(CancellationException.class);
        assertThat(only().state()).isEqualTo(IndexCache.State.UNFINISHED);
        assertThat(only().info().orElseThrow().model().name()).isEqualTo("model");
        assertThat(only().inUse()).isFalse();
    }

    @Test
    void aMissingFileOrAnotherLengthIsDamage() throws IOException {
        PlantedIndex.build(folder.resolve("a"));
        Path table = folder.resolve("a/sae-0/activations.parquet");
        Files.write(table, new byte[] {1, 2, 3});
        assertThat(only().state()).isEqualTo(IndexCache.State.DAMAGED);
        assertThat(only().defect().orElseThrow())
                .contains("activations.parquet")
                .contains("it has 3 bytes");
        Files.delete(table);
        assertThat(only().defect().orElseThrow()).contains("is missing");
        Files.writeString(folder.resolve("a/index.json"), "{");
        assertThat(only().info()).isEmpty();
        assertThat(only().state()).isEqualTo(IndexCache.State.DAMAGED);
    }

    @Test
    void deletingTakesEverythingAndNothingElse() throws IOException {
        PlantedIndex.build(folder.resolve("a"));
        PlantedIndex.build(folder.resolve("b"));
        Path outside = PlantedIndex.build(temporary.resolve("outside"));
        Files.createSymbolicLink(folder.resolve("a/link"), outside);
        IndexCache.Cleared cleared = cache.clear(List.of(cache.find("a").orElseThrow()));
        assertThat(cleared.deleted()).extracting(IndexCache.Kept::name).containsExactly("a");
        assertThat(cleared.bytes()).isPositive();
        assertThat(folder.resolve("a")).doesNotExist();
        assertThat(only().name()).isEqualTo("b");
        assertThat(ActivationIndex.isComplete(outside)).isTrue();
        assertThatThrownBy(() -> cache.delete(outside))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("this is no index of the cache");
        assertThat(ActivationIndex.isComplete(outside)).isTrue();
    }

    @Test
    void aHalfDeletedIndexIsStillListedAndCanBeDeleted() throws IOException {
        PlantedIndex.build(folder.resolve("a"));
        Files.delete(folder.resolve("a/index.json"));
        assertThat(only().state()).isEqualTo(IndexCache.State.DAMAGED);
        cache.delete(folder.resolve("a"));
        assertThat(folder.resolve("a")).doesNotExist();
    }

    @Test
    void whatIsReadOrWrittenStays() throws IOException {
        PlantedIndex.build(folder.resolve("a"));
        IndexUse first = IndexUse.of(folder.resolve("a"));
        IndexUse second = IndexUse.of(folder.resolve("a"));
        first.close();
        assertThat(only().inUse()).isTrue();
        assertThat(cache.clear(cache.list()).inUse()).hasSize(1);
        assertThatThrownBy(() -> cache.delete(folder.resolve("a"))).hasMessageContaining("this index is in use");
        second.close();
        assertThat(only().inUse()).isFalse();
        try (OtherWriter other = new OtherWriter(folder.resolve("a"))) {
            assertThat(only().inUse()).as("written by %s", other.pid()).isTrue();
            assertThatThrownBy(() -> cache.delete(folder.resolve("a"))).hasMessageContaining("this index is in use");
        }
        cache.clear(cache.list());
        assertThat(cache.list()).isEmpty();
    }

    @Test
    void onlyWhatWasNotUsedForLongIsOld() throws IOException {
        PlantedIndex.build(folder.resolve("a"));
        assertThat(cache.unusedSince(Instant.now().minus(Duration.ofDays(1)))).isEmpty();
        assertThat(cache.unusedSince(Instant.now().plusSeconds(60))).hasSize(1);
    }
}
