package loupe.index;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a crash can leave in the folder of a pass, planted; each time the pass goes on to the index of an undisturbed
 * run.
 */
class CrashedPassTest {
    private static final int CONTEXT = 16;
    private static final int BATCHES = 6;
    private static final List<String> FILES =
            List.of("contexts.parquet", "sae-0/activations.parquet", "sae-0/features.parquet", "sae-0/by-token.bin");

    @TempDir
    Path temporary;

    private Path corpus;
    private Path undisturbed;
    private byte[] plan;
    private byte[] staging;

    /**
     * Documents of 13 words; 754 tokens in 48 contexts, the last cut short; the files as they lie before the pass is
     * finished.
     */
    @BeforeEach
    void runUndisturbed() throws IOException {
        corpus = Files.writeString(
                temporary.resolve("corpus.txt"),
                IntStream.range(0, 700)
                        .mapToObj(i -> i * 37 % 97 + (i % 13 == 12 ? Corpus.SEPARATOR : " "))
                        .collect(Collectors.joining()));
        undisturbed = temporary.resolve("undisturbed");
        int[] batches = new int[1];
        pass(new PlantedSource(), undisturbed)
                .run(
                        false,
                        progress -> {
                            batches[0]++;
                            try {
                                plan = Files.readAllBytes(undisturbed.resolve("plan.json"));
                                staging = Files.readAllBytes(undisturbed.resolve("staging.bin"));
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        new Cancellation());
        assertThat(batches[0]).isEqualTo(BATCHES + 1);
    }

    private IndexBuild pass(IndexBuild.Source source, Path folder) {
        return pass(source, folder, Long.MAX_VALUE);
    }

    private IndexBuild pass(IndexBuild.Source source, Path folder, long maxTokens) {
        IndexInfo.IndexedSae sae = new IndexInfo.IndexedSae(
                "sae-0", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "blocks.0.hook_resid_pre", 0);
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named("model", "m"),
                List.of(sae),
                CONTEXT,
                OptionalInt.of(100),
                DocumentPacking.PACKED,
                maxTokens);
        return new IndexBuild(
                settings,
                Corpus.of(List.of(corpus)),
                text -> Arrays.stream(text.split("\\s+"))
                        .mapToInt(Integer::parseInt)
                        .toArray(),
                source,
                folder);
    }

    /** A folder in which the pass was killed when its staging file looked like this. */
    private Path killed(byte[] staged) throws IOException {
        Path folder = Files.createTempDirectory(temporary, "killed");
        Files.write(folder.resolve("plan.json"), plan);
        Files.write(folder.resolve("staging.bin"), staged);
        return folder;
    }

    private int resume(Path folder) {
        PlantedSource rest = new PlantedSource();
        pass(rest, folder).run(true, progress -> {}, new Cancellation());
        return rest.asked;
    }

    private void requireTheSameAsUndisturbed(Path folder, String how) {
        for (String file : FILES) {
            assertThat(folder.resolve(file)).as(how).hasSameBinaryContentAs(undisturbed.resolve(file));
        }
        assertThat(folder.resolve("staging.bin")).as(how).doesNotExist();
        assertThat(folder.resolve("plan.json")).as(how).doesNotExist();
        try (ActivationIndex index = ActivationIndex.open(folder);
                ActivationIndex whole = ActivationIndex.open(undisturbed)) {
            assertThat(index.info().tokens()).as(how).isEqualTo(whole.info().tokens());
            assertThat(index.info().saes()).as(how).isEqualTo(whole.info().saes());
        }
    }

    @Test
    void aPassKilledWithItsStagingFileCutAnywhereComesToTheSameIndex() throws IOException {
        List<Integer> lengths = new ArrayList<>(List.of(0, 17, staging.length - 1, staging.length));
        for (int i = 1; i <= 8; i++) {
            lengths.add((int) ((long) staging.length * i / 9));
        }
        int previous = Integer.MAX_VALUE;
        for (int length : lengths.stream().sorted().toList()) {
            Path folder = killed(Arrays.copyOf(staging, length));
            int asked = resume(folder);
            assertThat(asked)
                    .as("batches computed again after %d bytes", length)
                    .isBetween(0, Math.min(previous, BATCHES + 1));
            previous = asked;
            requireTheSameAsUndisturbed(folder, "cut to " + length + " of " + staging.length + " bytes");
        }
        assertThat(previous)
                .as("nothing is computed again when everything is staged")
                .isZero();
    }

    @Test
    void aPassWhoseStagingFileWasDamagedAnywhereComesToTheSameIndex() throws IOException {
        for (int i = 0; i < 5; i++) {
            byte[] damaged = staging.clone();
            int at = (int) ((long) staging.length * i / 5);
            damaged[at] ^= 0x10;
            Path folder = killed(damaged);
            assertThat(resume(folder)).isPositive();
            requireTheSameAsUndisturbed(folder, "byte " + at + " changed");
        }
    }

    @Test
    void aPassKilledAgainAndAgainLosesAndDoublesNothing() throws IOException {
        Path folder = killed(new byte[0]);
        for (int kill = 0; kill < BATCHES - 1; kill++) {
            int[] batches = new int[1];
            Cancellation stop = new Cancellation();
            assertThatThrownBy(() -> pass(new PlantedSource(), folder)
                            .run(
                                    true,
                                    progress -> {
                                        batches[0]++;
                                        stop.cancel();
                                    },
                                    stop))
                    .isInstanceOf(java.util.concurrent.CancellationException.class);
            byte[] left = Files.readAllBytes(folder.resolve("staging.bin"));
            assertThat(batches[0]).isEqualTo(1);
            Files.write(folder.resolve("staging.bin"), Arrays.copyOf(left, left.length + 9));
        }
        assertThat(resume(folder)).isEqualTo(2);
        requireTheSameAsUndisturbed(folder, "killed after every batch");
    }

    @Test
    void aPassKilledWhileItWroteItsFilesWritesThemAgain() throws IOException {
        Path folder = killed(staging);
        Files.createDirectories(folder.resolve("sae-0"));
        Files.write(folder.resolve("contexts.parquet"), Files.readAllBytes(undisturbed.resolve("contexts.parquet")));
        Files.writeString(folder.resolve("sae-0/activations.parquet.part"), "PAR1 half a file");
        Files.writeString(folder.resolve("sae-0/features.parquet"), "of an older pass");
        Files.writeString(folder.resolve("index.json.part"), "{\"version\":");
        assertThat(resume(folder)).isZero();
        requireTheSameAsUndisturbed(folder, "killed while writing");
        try (var left = Files.walk(folder)) {
            assertThat(left.filter(Files::isRegularFile)
                            .map(file -> file.getFileName().toString()))
                    .as("nothing half written is left")
                    .containsExactlyInAnyOrder(
                            "contexts.parquet",
                            "activations.parquet",
                            "features.parquet",
                            "by-token.bin",
                            "index.json");
        }
    }

    @Test
    void aPassKilledAfterItsLastFileHasNothingLeftToDo() throws IOException {
        Files.write(undisturbed.resolve("plan.json"), plan);
        Files.write(undisturbed.resolve("staging.bin"), staging);
        byte[] info = Files.readAllBytes(undisturbed.resolve("index.json"));
        assertThat(resume(undisturbed)).isZero();
        assertThat(undisturbed.resolve("index.json")).hasBinaryContent(info);
        assertThat(undisturbed.resolve("staging.bin")).doesNotExist();
        assertThat(undisturbed.resolve("plan.json")).doesNotExist();
        assertThat(resume(undisturbed)).as("and again").isZero();
    }

    @Test
    void aPassIsNotResumedWithAnotherLimitOfTokens() throws IOException {
        assertThatThrownBy(() ->
                        pass(new PlantedSource(), killed(staging), 500).run(true, progress -> {}, new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("limit of tokens");
        assertThatThrownBy(
                        () -> pass(new PlantedSource(), undisturbed, 500).run(true, progress -> {}, new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("complete")
                .hasMessageContaining("limit of tokens");
    }

    @Test
    void aFailureOfTheDeviceLeavesWhatWasComputed() throws IOException {
        Path folder = temporary.resolve("failing");
        PlantedSource planted = new PlantedSource();
        assertThatThrownBy(() -> pass(
                                contexts -> planted.asked == 4
                                        ? CompletableFuture.failedFuture(
                                                new IllegalStateException("the device has gone"))
                                        : planted.activations(contexts),
                                folder)
                        .run(false, progress -> {}, new Cancellation()))
                .hasMessageContaining("the device has gone");
        assertThat(resume(folder)).as("four batches were staged").isEqualTo(BATCHES + 1 - 4);
        requireTheSameAsUndisturbed(folder, "device failed");
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "only Linux has a file that is always full")
    void aFullDiskIsNamedAndThePassGoesOnWhenThereIsRoom() throws IOException {
        Path folder = killed(staging);
        Files.write(folder.resolve("staging.bin"), new byte[0]);
        assertThatThrownBy(() -> pass(new PlantedSource(), folder)
                        .stagedOn(file -> FileChannel.open(Path.of("/dev/full"), READ, WRITE))
                        .run(true, progress -> {}, new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining("No space left on device")
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.give(Remedy.Choice.RESUME));
        Files.write(folder.resolve("staging.bin"), Arrays.copyOf(staging, staging.length / 2));
        resume(folder);
        requireTheSameAsUndisturbed(folder, "after a full disk");
    }

    @Test
    void aResultThatCannotBeWrittenIsNamedAndThePassGoesOn() throws IOException {
        for (String file : List.of("contexts.parquet", "index.json")) {
            Path folder = killed(Arrays.copyOf(staging, staging.length / 2));
            Path inTheWay = Files.createDirectories(folder.resolve(file)).resolve("something");
            Files.writeString(inTheWay, "in the way");
            assertThatThrownBy(() -> resume(folder))
                    .as(file)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("cannot be written");
            assertThat(folder.resolve("staging.bin")).exists();
            Files.delete(inTheWay);
            Files.delete(inTheWay.getParent());
            assertThat(resume(folder)).as(file).isZero();
            requireTheSameAsUndisturbed(folder, file + " was in the way");
        }
    }

    @Test
    void whatTheDatabaseSaysOfAFullDiskIsReadable() {
        assertThat(Parquet.reason("IO Error: Async write failed for range [offset=523212, size=231919]: "
                        + "{\"exception_type\":\"IO\",\"exception_message\":"
                        + "\"Could not write file \\\"i/activations.parquet.part\\\": No space left "
                        + "on device\",\"errno\":\"28\"}"))
                .as("recorded on a full tmpfs, DuckDB's own words")
                .isEqualTo("Could not write file \"i/activations.parquet.part\": No space left on device");
        assertThat(Parquet.reason("Out of Memory Error: failed")).isEqualTo("Out of Memory Error: failed");
    }

    @Test
    void aFolderThatCannotBeMadeIsNamed() throws IOException {
        Path blocked = Files.writeString(temporary.resolve("a file"), "").resolve("index");
        assertThatThrownBy(() -> pass(new PlantedSource(), blocked).run(false, progress -> {}, new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(blocked.toString())
                .hasMessageContaining("cannot be written")
                .hasMessageContaining("allow writing");
    }
}
