package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.lm.tokenizer.TextReading;
import loupe.sae.SparseFeatures;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said to be taken, against what is taken. */
class IndexEstimateTest {
    private static final int DOCUMENTS = 100;
    private static final int WORDS = 200;

    @TempDir
    Path folder;

    private Corpus corpus;

    @BeforeEach
    void write() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        String text = IntStream.range(0, DOCUMENTS)
                .mapToObj(document -> IntStream.range(0, WORDS)
                        .mapToObj(word -> String.valueOf((int) (50_000 * Math.pow(random.nextDouble(), 3))))
                        .collect(Collectors.joining(" ")))
                .collect(Collectors.joining(Corpus.SEPARATOR));
        corpus = Corpus.of(List.of(Files.writeString(folder.resolve("words.txt"), text)));
    }

    private static IndexBuild.Settings settings(int features, long maxTokens) {
        return new IndexBuild.Settings(
                new IndexInfo.Named("model", "m"),
                List.of(new IndexInfo.IndexedSae("sae", new IndexInfo.Named("sae", "s"), features, "", 0)),
                64,
                OptionalInt.empty(),
                DocumentPacking.PACKED,
                maxTokens);
    }

    /** So many of the features are active at each token, of random strength. */
    private static IndexBuild.Source active(int active, int features) {
        SplittableRandom random = new SplittableRandom(4);
        return contexts -> {
            int rows = java.util.Arrays.stream(contexts.all())
                    .mapToInt(ids -> ids.length)
                    .sum();
            int[] offsets =
                    IntStream.rangeClosed(0, rows).map(row -> row * active).toArray();
            int[] which = IntStream.range(0, rows)
                    .flatMap(row -> {
                        int first = random.nextInt(features - active + 1);
                        return IntStream.range(first, first + active);
                    })
                    .toArray();
            float[] values = new float[which.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) -Math.log(1 - random.nextDouble());
            }
            return CompletableFuture.completedFuture(
                    List.of(new SparseFeatures(rows, features, offsets, which, values)));
        };
    }

    private IndexEstimate estimate(int active, int features, long maxTokens) {
        return IndexEstimate.of(
                settings(features, maxTokens),
                corpus,
                TextReading.whole(PlantedIndex::ids),
                active(active, features),
                new Cancellation());
    }

    @ParameterizedTest
    @CsvSource({"40, 64", "32, 1024", "8, 4096"})
    void anIndexTakesAboutWhatWasEstimated(int active, int features) throws IOException {
        IndexEstimate estimate = estimate(active, features, Integer.MAX_VALUE);
        assertThat(estimate.activationsPerToken()).isEqualTo(active);
        assertThat(estimate.tokens()).isCloseTo(DOCUMENTS * WORDS, Percentage.withPercentage(5));
        assertThat(estimate.limited()).isFalse();
        Path out = folder.resolve("index");
        AtomicLong staged = new AtomicLong();
        new IndexBuild(
                        settings(features, Integer.MAX_VALUE),
                        corpus,
                        TextReading.whole(PlantedIndex::ids),
                        active(active, features),
                        out)
                .run(
                        false,
                        progress ->
                                staged.set(out.resolve("staging.bin").toFile().length()),
                        new Cancellation());
        long bytes;
        try (var files = Files.walk(out)) {
            bytes = files.mapToLong(
                            file -> Files.isRegularFile(file) ? file.toFile().length() : 0)
                    .sum();
        }
        assertThat(estimate.bytes()).isCloseTo(bytes, Percentage.withPercentage(20));
        assertThat(estimate.bytesMeanwhile() - estimate.bytes()).isCloseTo(staged.get(), Percentage.withPercentage(10));
    }

    @Test
    void theLimitOfTokensCountsWhereTheCorpusHasMore() {
        IndexEstimate all = estimate(8, 64, Integer.MAX_VALUE);
        IndexEstimate some = estimate(8, 64, 5_000);
        assertThat(some.tokens()).isEqualTo(5_000);
        assertThat(some.limited()).isTrue();
        assertThat(some.bytes()).isLessThan(all.bytes() / 3);
    }

    @Test
    void aTextShorterThanTheTrialIsKnownExactly() throws IOException {
        corpus = Corpus.of(List.of(Files.writeString(folder.resolve("short.txt"), "1 2 3<|endoftext|>4 5")));
        assertThat(estimate(2, 4, 1_000).tokens()).isEqualTo(5);
        assertThat(estimate(2, 4, 1_000).activationsPerToken()).isCloseTo(2, within(0.0));
    }

    @Test
    void aCorpusWithoutTextIsRefused() throws IOException {
        corpus = Corpus.of(List.of(Files.writeString(folder.resolve("empty.txt"), " ")));
        assertThatThrownBy(() -> estimate(2, 4, 1_000))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the corpus has no text");
    }
}
