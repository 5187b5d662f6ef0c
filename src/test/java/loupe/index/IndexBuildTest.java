package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexBuildTest {
    private static final int CONTEXT = 16;
    private static final int SEPARATOR = 100;

    @TempDir
    Path temporary;

    private Path corpusFile;

    /** Three documents of 500, 1 and 130 words; a word is its own token id. */
    @BeforeEach
    void writeCorpus() throws IOException {
        corpusFile = temporary.resolve("corpus.txt");
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            text.append(i * 37 % 97).append(' ');
        }
        text.append(Corpus.SEPARATOR).append("42").append(Corpus.SEPARATOR).append("\n");
        for (int i = 0; i < 130; i++) {
            text.append(i * 11 % 97).append(' ');
        }
        Files.writeString(corpusFile, text);
    }

    private IndexBuild build(PlantedSource source, Path folder, long maxTokens) {
        IndexInfo.IndexedSae sae = new IndexInfo.IndexedSae(
                "sae-0", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "blocks.0.hook_resid_pre", 0);
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named("model", "m"),
                List.of(sae),
                CONTEXT,
                OptionalInt.of(SEPARATOR),
                DocumentPacking.PACKED,
                maxTokens);
        return new IndexBuild(settings, Corpus.of(List.of(corpusFile)), IndexBuildTest::words, source, folder);
    }

    private static int[] words(String text) {
        return Arrays.stream(text.split("\\s+")).mapToInt(Integer::parseInt).toArray();
    }

    /** All token ids in corpus order, written down without the code under test. */
    private static List<Integer> expectedTokens() {
        List<Integer> ids = new ArrayList<>(List.of(SEPARATOR));
        for (int i = 0; i < 500; i++) {
            ids.add(i * 37 % 97);
        }
        ids.addAll(List.of(SEPARATOR, 42, SEPARATOR));
        for (int i = 0; i < 130; i++) {
            ids.add(i * 11 % 97);
        }
        return ids;
    }

    @Test
    void statisticsEqualADirectCountOverTheSameTokens() {
        IndexInfo info = build(new PlantedSource(), temporary.resolve("index"), Long.MAX_VALUE)
                .run(false, progress -> {}, new Cancellation());
        List<Integer> ids = expectedTokens();
        assertThat(info.tokens()).isEqualTo(ids.size());
        try (ActivationIndex index = ActivationIndex.open(temporary.resolve("index"))) {
            FeatureStatistics statistics = index.statistics(0);
            for (int feature = 0; feature < 5; feature++) {
                int f = feature;
                double[] values = ids.stream()
                        .filter(id -> id % 5 == f)
                        .mapToDouble(id -> 1 + id / 10f)
                        .toArray();
                assertThat(statistics.count()[f]).isEqualTo(values.length);
                assertThat(statistics.sum()[f]).isCloseTo(Arrays.stream(values).sum(), within(1e-9));
                assertThat(statistics.max()[f])
                        .isEqualTo((float) Arrays.stream(values).max().orElseThrow());
                assertThat(statistics.density(f)).isEqualTo((double) values.length / ids.size());
                FeatureActivations activations = index.activations(0, f);
                assertThat(activations.count()).isEqualTo(values.length);
                assertThat(Arrays.stream(activations.histogram(50).counts()).sum())
                        .isEqualTo(values.length);
                for (int i = 0; i < activations.tokens().length; i++) {
                    assertThat(activations.values()[i])
                            .isEqualTo(1 + ids.get(activations.tokens()[i]) / 10f);
                }
            }
            long negative = ids.stream().filter(id -> id % 7 == 0).count();
            assertThat(statistics.count()[5]).as("negative activations count").isEqualTo(negative);
            assertThat(statistics.sum()[5]).isEqualTo(-negative);
            assertThat(statistics.mass()[5]).isEqualTo(negative);
            assertThat(statistics.max()[5]).isEqualTo(-1);
            assertThat(index.activations(0, 5).values()).hasSize((int) negative).containsOnly(-1);
            assertThat(statistics.dead()).isEqualTo(2);
        }
    }

    @Test
    void anExampleShowsTheTextAroundItsTokenAndStaysInItsDocument() {
        build(new PlantedSource(), temporary.resolve("index"), Long.MAX_VALUE)
                .run(false, progress -> {}, new Cancellation());
        try (ActivationIndex index = ActivationIndex.open(temporary.resolve("index"))) {
            List<Integer> ids = expectedTokens();
            FeatureActivations activations = index.activations(0, 2);
            List<Example> examples = index.examples(activations, Examples.top(activations, 10, 3), 4, 4);
            assertThat(examples)
                    .hasSize(10)
                    .isSortedAccordingTo((a, b) -> Float.compare(b.activation(), a.activation()));
            for (Example example : examples) {
                int start = example.token() - example.focus();
                assertThat(example.ids()).hasSizeLessThanOrEqualTo(9);
                for (int i = 0; i < example.ids().length; i++) {
                    int id = ids.get(start + i);
                    assertThat(example.ids()[i]).isEqualTo(id);
                    assertThat(example.values()[i]).isEqualTo(id % 5 == 2 ? 1 + id / 10f : 0);
                }
                assertThat(Arrays.stream(example.ids())
                                .skip(1)
                                .filter(id -> id == SEPARATOR)
                                .count())
                        .isZero();
            }
            assertThat(examples.get(0).activation()).isEqualTo(activations.max());
        }
    }

    @Test
    void aStoppedPassGoesOnToTheSameIndexAsAnUndisturbedOne() throws IOException {
        PlantedSource undisturbed = new PlantedSource();
        build(undisturbed, temporary.resolve("whole"), Long.MAX_VALUE).run(false, progress -> {}, new Cancellation());

        Cancellation cancellation = new Cancellation();
        Path folder = temporary.resolve("stopped");
        assertThatThrownBy(() -> build(new PlantedSource(), folder, Long.MAX_VALUE)
                        .run(
                                false,
                                progress -> {
                                    if (progress.tokens() > 250) {
                                        cancellation.cancel();
                                    }
                                },
                                cancellation))
                .isInstanceOf(CancellationException.class);
        assertThatThrownBy(() -> ActivationIndex.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("unfinished")
                .extracting("remedies", list(Remedy.class))
                .containsExactly(Remedy.give(Remedy.Choice.RESUME));

        PlantedSource rest = new PlantedSource();
        build(rest, folder, Long.MAX_VALUE).run(true, progress -> {}, new Cancellation());
        assertThat(rest.asked).isLessThan(undisturbed.asked);
        for (String file : List.of(
                "contexts.parquet", "sae-0/activations.parquet", "sae-0/features.parquet", "sae-0/by-token.bin")) {
            assertThat(folder.resolve(file))
                    .hasSameBinaryContentAs(temporary.resolve("whole").resolve(file));
        }
    }

    @Test
    void aBatchTornByACrashIsComputedAgain() throws IOException {
        build(new PlantedSource(), temporary.resolve("whole"), Long.MAX_VALUE)
                .run(false, progress -> {}, new Cancellation());
        Path folder = temporary.resolve("crashed");
        Cancellation cancellation = new Cancellation();
        assertThatThrownBy(() -> build(new PlantedSource(), folder, Long.MAX_VALUE)
                        .run(
                                false,
                                progress -> {
                                    if (progress.tokens() > 250) {
                                        cancellation.cancel();
                                    }
                                },
                                cancellation))
                .isInstanceOf(CancellationException.class);
        try (RandomAccessFile staging =
                new RandomAccessFile(folder.resolve("staging.bin").toFile(), "rw")) {
            staging.setLength(staging.length() - 5);
        }
        build(new PlantedSource(), folder, Long.MAX_VALUE).run(true, progress -> {}, new Cancellation());
        assertThat(folder.resolve("sae-0/activations.parquet"))
                .hasSameBinaryContentAs(temporary.resolve("whole/sae-0/activations.parquet"));
    }

    @Test
    void anotherPassIsNotResumed() {
        Path folder = temporary.resolve("index");
        Cancellation cancellation = new Cancellation();
        assertThatThrownBy(() -> build(new PlantedSource(), folder, Long.MAX_VALUE)
                        .run(false, progress -> cancellation.cancel(), cancellation))
                .isInstanceOf(CancellationException.class);
        corpusFile = otherCorpus();
        assertThatThrownBy(() -> build(new PlantedSource(), folder, Long.MAX_VALUE)
                        .run(true, progress -> {}, new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("another model, checkpoint, corpus, context length");
    }

    private Path otherCorpus() {
        try {
            return Files.writeString(temporary.resolve("corpus.txt"), "1 2 3");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void noMoreTokensAreCountedThanAskedFor() {
        IndexInfo info = build(new PlantedSource(), temporary.resolve("index"), 100)
                .run(false, progress -> {}, new Cancellation());
        assertThat(info.tokens()).isEqualTo(100);
    }

    @Test
    void aMissingIndexIsNamedWithWhatToDo() {
        assertThatThrownBy(() -> ActivationIndex.open(temporary))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(temporary.toString())
                .hasMessageContaining("no index")
                .hasMessageContaining("Build one from a corpus");
    }
}
