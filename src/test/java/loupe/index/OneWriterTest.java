package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.analysis.prompts.TokenRows;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.OtherWriter;
import loupe.sae.SparseFeatures;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two writers of one index: the second waits or is told who the first is. */
class OneWriterTest {
    @TempDir
    Path temporary;

    private Path folder;
    private Path corpus;

    @BeforeEach
    void writeCorpus() throws IOException {
        folder = temporary.resolve("index");
        corpus = Files.writeString(
                temporary.resolve("corpus.txt"),
                IntStream.range(0, 3_000)
                        .mapToObj(i -> String.valueOf(i * 37 % 97))
                        .collect(Collectors.joining(" ")));
    }

    private IndexBuild build(IndexBuild.Source source, String sae) {
        return new IndexBuild(
                new IndexBuild.Settings(
                        new IndexInfo.Named("model", "m"),
                        List.of(new IndexInfo.IndexedSae(
                                "sae-0", new IndexInfo.Named(sae, sae), PlantedSource.FEATURES, "", 0)),
                        16,
                        OptionalInt.empty(),
                        DocumentPacking.PACKED,
                        Long.MAX_VALUE),
                Corpus.of(List.of(corpus)),
                text -> Arrays.stream(text.split(" "))
                        .mapToInt(Integer::parseInt)
                        .toArray(),
                source,
                folder);
    }

    /** Does something when some batches have been asked. */
    private static IndexBuild.Source interrupted(int batches, Runnable meanwhile) {
        int[] asked = new int[1];
        return new IndexBuild.Source() {
            @Override
            public CompletionStage<List<SparseFeatures>> activations(TokenRows contexts) {
                if (++asked[0] == batches) {
                    meanwhile.run();
                }
                return new PlantedSource().activations(contexts);
            }
        };
    }

    private static IndexInfo run(IndexBuild build, boolean resume) {
        return build.run(resume, progress -> {}, new Cancellation());
    }

    @Test
    void aSecondPassInTheSameFolderIsRefusedAndTheFirstOneIsRight() {
        List<Throwable> refused = new ArrayList<>();
        run(
                build(
                        interrupted(3, () -> {
                            for (boolean resume : new boolean[] {false, true}) {
                                for (String sae : List.of("planted", "other")) {
                                    try {
                                        run(build(new PlantedSource(), sae), resume);
                                    } catch (CheckpointException e) {
                                        refused.add(e);
                                    }
                                }
                            }
                        }),
                        "planted"),
                false);
        assertThat(refused)
                .hasSize(4)
                .allSatisfy(e -> assertThat(e)
                        .hasMessageContaining("somebody else is writing here: ")
                        .hasMessageContaining("Wait until that has ended"));
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            assertThat(index.info().tokens()).isEqualTo(3_000);
            long even =
                    IntStream.range(0, 3_000).filter(i -> i * 37 % 97 % 5 == 2).count();
            assertThat(index.activations(0, 2).count()).isEqualTo(even);
        }
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("index.json", "contexts.parquet", "sae-0");
    }

    @Test
    void aPassOfAnotherProcessIsLeftAloneAndItsNumberSaid() throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("plan.json"), "of the other");
        Files.writeString(folder.resolve("staging.bin"), "of the other");
        try (OtherWriter other = new OtherWriter(folder)) {
            assertThatThrownBy(() -> run(build(new PlantedSource(), "planted"), false))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("process " + other.pid() + " of " + System.getProperty("user.name"));
            assertThat(folder.resolve("plan.json")).hasContent("of the other");
            assertThat(folder.resolve("staging.bin")).hasContent("of the other");
        }
        run(build(new PlantedSource(), "planted"), false);
        ActivationIndex.open(folder).close();
    }

    @Test
    void aPassThatIsSharedWaitsForTheOtherAndTakesItsIndex() throws InterruptedException {
        CountDownLatch waits = new CountDownLatch(1);
        List<CompletableFuture<IndexInfo>> second = new ArrayList<>();
        IndexInfo first = build(
                        interrupted(3, () -> {
                            second.add(CompletableFuture.supplyAsync(() -> build(
                                            contexts -> {
                                                throw new AssertionError("computed twice");
                                            },
                                            "planted")
                                    .share(holder -> waits.countDown(), progress -> {}, new Cancellation())));
                            try {
                                waits.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        }),
                        "planted")
                .share(holder -> {}, progress -> {}, new Cancellation());
        assertThat(second.get(0).join()).isEqualTo(first);
    }

    @Test
    void aPassWhoseFolderIsDeletedMeanwhileMixesNothingIntoTheNextOne() {
        IndexInfo[] next = new IndexInfo[1];
        IndexBuild first = build(
                interrupted(3, () -> {
                    assertThat(folder.resolve("staging.bin").toFile().delete()).isTrue();
                    assertThat(folder.resolve("plan.json").toFile().delete()).isTrue();
                    assertThat(folder.resolve("writer.lock").toFile().delete()).isTrue();
                    assertThat(folder.toFile().delete()).isTrue();
                    assertThat(folder.toFile().mkdir()).isTrue();
                }),
                "other");
        assertThatThrownBy(() -> run(first, false))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("deleted while it was being written");
        next[0] = run(build(new PlantedSource(), "planted"), true);
        assertThat(next[0].saes().get(0).sae().name()).isEqualTo("planted");
    }

    @Test
    void mergingIntoAFolderThatIsBeingWrittenIsRefused() throws IOException {
        run(build(new PlantedSource(), "planted"), false);
        Path whole = Files.createDirectory(temporary.resolve("whole"));
        try (OtherWriter other = new OtherWriter(whole)) {
            assertThatThrownBy(() -> IndexMerge.merge(List.of(folder), whole, new Cancellation()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("process " + other.pid());
        }
        IndexMerge.merge(List.of(folder), whole, new Cancellation());
        ActivationIndex.open(whole).close();
    }
}
