package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

class IndexMergeTest {
    private static final int CONTEXT = 16;
    private static final int WORDS = 700;

    @TempDir
    Path temporary;

    private Path corpus;

    /** Documents of 13 words; 754 tokens in 48 contexts, six blocks, the last context cut short. */
    @BeforeEach
    void writeCorpus() throws IOException {
        corpus = Files.writeString(
                temporary.resolve("corpus.txt"),
                IntStream.range(0, WORDS)
                        .mapToObj(i -> i * 37 % 97 + (i % 13 == 12 ? Corpus.SEPARATOR : " "))
                        .collect(Collectors.joining()));
    }

    private Path build(Shard shard) {
        IndexInfo.IndexedSae sae = new IndexInfo.IndexedSae(
                "sae-0", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "blocks.0.hook_resid_pre", 0);
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named("model", "m"),
                List.of(sae),
                CONTEXT,
                OptionalInt.of(100),
                DocumentPacking.PACKED,
                Long.MAX_VALUE,
                shard,
                CorpusMasks.NONE);
        Path folder = temporary.resolve("shard-" + shard.number() + "-of-" + shard.of());
        new IndexBuild(
                        settings,
                        Corpus.of(List.of(corpus)),
                        text -> Arrays.stream(text.split("\\s+"))
                                .mapToInt(Integer::parseInt)
                                .toArray(),
                        new PlantedSource(),
                        folder)
                .run(false, progress -> {}, new Cancellation());
        return folder;
    }

    private List<Path> buildAll(int of) {
        return IntStream.rangeClosed(1, of)
                .mapToObj(number -> build(new Shard(number, of)))
                .toList();
    }

    @Test
    void fourMergedShardsAreWhatOnePassMakesRowForRow() {
        Path merged = temporary.resolve("merged");
        List<Path> shards = buildAll(4);
        IndexMerge.merge(
                List.of(shards.get(2), shards.get(0), shards.get(3), shards.get(1)), merged, new Cancellation());
        try (ActivationIndex one = ActivationIndex.open(build(Shard.WHOLE));
                ActivationIndex four = ActivationIndex.open(merged)) {
            assertThat(four.info().tokens()).isEqualTo(one.info().tokens()).isEqualTo(WORDS + 54);
            assertThat(four.info().saes()).isEqualTo(one.info().saes());
            assertThat(four.info().sources()).isEqualTo(one.info().sources());
            assertThat(four.info().shard()).isEqualTo(Shard.WHOLE);
            FeatureStatistics expected = one.statistics(0);
            FeatureStatistics actual = four.statistics(0);
            assertThat(actual.count()).containsExactly(expected.count());
            assertThat(actual.sum()).as("added in the same order").containsExactly(expected.sum());
            assertThat(actual.sumOfSquares()).containsExactly(expected.sumOfSquares());
            assertThat(actual.max()).containsExactly(expected.max());
            assertThat(actual.min()).containsExactly(expected.min());
            for (int feature = 0; feature < PlantedSource.FEATURES; feature++) {
                FeatureActivations wanted = one.activations(0, feature);
                FeatureActivations got = four.activations(0, feature);
                assertThat(got.tokens()).containsExactly(wanted.tokens());
                assertThat(got.values()).containsExactly(wanted.values());
                int[] all = IntStream.range(0, wanted.tokens().length).toArray();
                List<Example> examples = one.examples(wanted, all, 5, 5);
                List<Example> mergedExamples = four.examples(got, all, 5, 5);
                for (int i = 0; i < all.length; i++) {
                    assertThat(mergedExamples.get(i)).usingRecursiveComparison().isEqualTo(examples.get(i));
                }
            }
        }
    }

    @Test
    void aShardComputesOnlyItsOwnShareAndCanBeLookedAtAlone() {
        List<Path> shards = buildAll(3);
        long tokens = 0;
        for (Path shard : shards) {
            try (ActivationIndex index = ActivationIndex.open(shard)) {
                tokens += index.info().tokens();
                assertThat(index.info().tokens()).isLessThanOrEqualTo(2 * Shard.BLOCK * CONTEXT);
                FeatureActivations activations = index.activations(0, 2);
                assertThat(index.examples(activations, new int[] {0}, 2, 2)
                                .get(0)
                                .ids())
                        .isNotEmpty();
            }
        }
        assertThat(tokens).isEqualTo(WORDS + 54);
    }

    @Test
    void aMissingShardIsNamed() {
        List<Path> shards = buildAll(3);
        assertThatThrownBy(
                        () -> IndexMerge.merge(shards.subList(0, 2), temporary.resolve("merged"), new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("1/3, 2/3")
                .hasMessageContaining("1/3, 2/3, 3/3");
        assertThat(temporary.resolve("merged")).doesNotExist();
    }

    @Test
    void shardsOfDifferentPassesAreRefused() {
        assertThatThrownBy(() -> IndexMerge.merge(
                        List.of(build(new Shard(1, 2)), build(new Shard(2, 3))),
                        temporary.resolve("merged"),
                        new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("number of shards");
    }

    @Test
    void moreShardsThanTheCorpusHasBlocksIsSaid() {
        assertThatThrownBy(() -> build(new Shard(7, 7)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("48 contexts")
                .hasMessageContaining("7/7");
    }

    @Test
    void aShardIsWrittenAsItsNumberAndHowManyThereAre() {
        assertThat(Shard.parse("2/4")).isEqualTo(new Shard(2, 4)).hasToString("2/4");
        assertThatThrownBy(() -> Shard.parse("5/4")).hasMessageContaining("1 to 4");
        assertThatThrownBy(() -> Shard.parse("2 of 4")).hasMessageContaining("2/4");
    }
}
