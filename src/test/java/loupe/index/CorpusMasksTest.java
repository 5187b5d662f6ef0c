package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import loupe.analysis.prompts.TokenRows;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.sae.SparseFeatures;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Words 0 to 96 in documents of 13; at one hook point word 90 and above are 50 long and all others 1 to 2, at another
 * the word 7 is 9 long at odd positions and everything else 1. The limit is 4 medians.
 */
class CorpusMasksTest {
    private static final int CONTEXT = 16;
    private static final int SEPARATOR = 100;
    private static final int WORDS = 1_000;
    private static final CorpusMasks ALL = new CorpusMasks(SEPARATOR, 2, 4, List.of());

    @TempDir
    Path temporary;

    private Path corpus;
    private final List<Integer> ids = new ArrayList<>();

    @BeforeEach
    void writeCorpus() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < WORDS; i++) {
            if (i % 13 == 0) {
                ids.add(SEPARATOR);
                text.append(i == 0 ? "" : Corpus.SEPARATOR);
            }
            ids.add(i * 37 % 97);
            text.append(i * 37 % 97).append(' ');
        }
        corpus = Files.writeString(temporary.resolve("corpus.txt"), text);
    }

    private static float atFirstHook(int id) {
        return id >= 90 && id != SEPARATOR ? 50 : 1 + id / 100f;
    }

    private static float atSecondHook(int id, int position) {
        return id == 7 && position % 2 == 1 ? 9 : 1;
    }

    private static final class WithNorms implements IndexBuild.Source {
        private final PlantedSource planted = new PlantedSource();

        @Override
        public CompletionStage<List<SparseFeatures>> activations(TokenRows contexts) {
            return planted.activations(contexts);
        }

        @Override
        public CompletionStage<IndexBuild.Batch> withNorms(TokenRows contexts) {
            int length = contexts.row(0).length;
            float[] first = new float[contexts.count() * length];
            float[] second = new float[first.length];
            for (int t = 0; t < first.length; t++) {
                first[t] = atFirstHook(contexts.row(t / length)[t % length]);
                second[t] = atSecondHook(contexts.row(t / length)[t % length], t % length);
            }
            return planted.activations(contexts)
                    .thenApply(activations -> new IndexBuild.Batch(activations, List.of(first, second)));
        }
    }

    private IndexBuild pass(Path folder, CorpusMasks masks, Shard shard) {
        IndexInfo.IndexedSae sae =
                new IndexInfo.IndexedSae("sae-0", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "", 0);
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named("model", "m"),
                List.of(sae),
                CONTEXT,
                OptionalInt.of(SEPARATOR),
                DocumentPacking.PACKED,
                Long.MAX_VALUE,
                shard,
                masks);
        return new IndexBuild(
                settings,
                Corpus.of(List.of(corpus)),
                text -> Arrays.stream(text.strip().split("\\s+"))
                        .mapToInt(Integer::parseInt)
                        .toArray(),
                new WithNorms(),
                folder);
    }

    private IndexInfo build(Path folder, CorpusMasks masks, Shard shard) {
        return pass(folder, masks, shard).run(false, progress -> {}, new Cancellation());
    }

    private boolean isBeginning(int t) {
        return ids.get(t) == SEPARATOR;
    }

    private static boolean isFirst(int t) {
        return t % CONTEXT < 2;
    }

    private boolean isLong(int t) {
        return atFirstHook(ids.get(t)) == 50 || atSecondHook(ids.get(t), t % CONTEXT) == 9;
    }

    private boolean counts(int t) {
        return !isBeginning(t) && !isFirst(t) && !isLong(t);
    }

    private long number(java.util.function.IntPredicate which) {
        return IntStream.range(0, ids.size()).filter(which).count();
    }

    @Test
    void eachMaskLeavesOutItsTokensAndSaysHowMany() {
        IndexInfo info = build(temporary.resolve("index"), ALL, Shard.WHOLE);
        assertThat(info.tokens()).isEqualTo(ids.size());
        assertThat(info.masks()).isEqualTo(ALL);
        assertThat(info.leftOut())
                .isEqualTo(new CorpusMasks.LeftOut(
                        number(this::isBeginning),
                        number(CorpusMasksTest::isFirst),
                        number(this::isLong),
                        0,
                        ids.size() - number(this::counts)));
        assertThat(info.leftOut().highNorm()).isPositive();
        assertThat(number(t -> atSecondHook(ids.get(t), t % CONTEXT) == 9))
                .as("the second hook point alone leaves out some")
                .isPositive();
        try (ActivationIndex index = ActivationIndex.open(temporary.resolve("index"))) {
            assertThat(index.info()).as("what is read is what was written").isEqualTo(info);
            FeatureStatistics statistics = index.statistics(0);
            assertThat(statistics.corpusTokens())
                    .isEqualTo(number(this::counts))
                    .isEqualTo(info.counted());
            for (int feature = 0; feature < 5; feature++) {
                int f = feature;
                int[] active = IntStream.range(0, ids.size())
                        .filter(t -> counts(t) && ids.get(t) % 5 == f)
                        .toArray();
                FeatureActivations activations = index.activations(0, f);
                assertThat(activations.tokens()).containsExactly(active);
                assertThat(activations.density())
                        .isEqualTo((double) active.length / number(this::counts))
                        .isEqualTo(statistics.density(f));
                assertThat(statistics.count()[f]).isEqualTo(active.length);
                assertThat(statistics.sum()[f])
                        .isCloseTo(
                                Arrays.stream(active)
                                        .mapToDouble(t -> 1 + ids.get(t) / 10f)
                                        .sum(),
                                within(1e-9));
            }
            for (int t = 0; t < ids.size(); t++) {
                assertThat(index.isCounted(t)).as("token %d", t).isEqualTo(counts(t));
                assertThat(index.featuresAt(0, t).isEmpty()).isEqualTo(!counts(t));
            }
            assertThat(index.featuresOf(0, 7).occurrences()).isEqualTo(number(t -> ids.get(t) == 7 && counts(t)));
            assertThat(index.coActivations(index.activations(0, 1), 0, 0).tokens())
                    .isEqualTo(info.counted());
            assertThat(index.nearMisses(index.activations(0, 5), 100, 1, 0, 0, 1))
                    .as("nothing is known of a token that is left out")
                    .allSatisfy(miss -> assertThat(counts(miss.token())).isTrue());
        }
    }

    @Test
    void withoutMasksNothingIsLeftOutAndNothingIsWrittenOfThem() throws IOException {
        IndexInfo info = build(temporary.resolve("index"), CorpusMasks.NONE, Shard.WHOLE);
        assertThat(info.leftOut()).isEqualTo(CorpusMasks.LeftOut.NOTHING);
        assertThat(info.counted()).isEqualTo(info.tokens());
        try (ActivationIndex index = ActivationIndex.open(temporary.resolve("index"))) {
            assertThat(IntStream.range(0, ids.size()).allMatch(index::isCounted))
                    .isTrue();
        }
    }

    @Test
    void textsReadOneByOneAreThoseKeptInMemory() throws SQLException {
        for (CorpusMasks masks : List.of(ALL, CorpusMasks.NONE)) {
            Path folder = temporary.resolve(masks.isNone() ? "plain" : "masked");
            IndexInfo info = build(folder, masks, Shard.WHOLE);
            try (Parquet parquet = new Parquet(folder)) {
                ContextTexts kept = new ContextTexts(parquet, folder, info, Long.MAX_VALUE);
                ContextTexts read = new ContextTexts(parquet, folder, info, 0);
                int[] some = {0, 3, 17, (ids.size() - 1) / CONTEXT};
                for (int context : some) {
                    assertThat(read.of(some).get(context))
                            .usingRecursiveComparison()
                            .isEqualTo(kept.of(some).get(context));
                    assertThat(read.of(some).get(context).ids())
                            .containsExactly(
                                    ids
                                            .subList(context * CONTEXT, Math.min(ids.size(), (context + 1) * CONTEXT))
                                            .stream()
                                            .mapToInt(id -> id)
                                            .toArray());
                }
                int[] asked = {7, 93, 3, SEPARATOR, 5_000};
                for (ContextTexts texts : List.of(kept, read)) {
                    List<int[]> found = texts.tokensWith(asked);
                    for (int i = 0; i < asked.length; i++) {
                        int id = asked[i];
                        assertThat(found.get(i))
                                .containsExactly(IntStream.range(0, ids.size())
                                        .filter(t -> ids.get(t) == id && (masks.isNone() || counts(t)))
                                        .toArray());
                    }
                }
            }
        }
    }

    @Test
    void aPassStoppedInTheMiddleGoesOnToTheSameMaskedIndex() {
        build(temporary.resolve("whole"), ALL, Shard.WHOLE);
        Path folder = stopped(ALL);
        IndexInfo info = pass(folder, ALL, Shard.WHOLE).run(true, progress -> {}, new Cancellation());
        assertThat(info.leftOut().together()).isEqualTo(ids.size() - number(this::counts));
        for (String file : List.of(
                "contexts.parquet", "sae-0/activations.parquet", "sae-0/features.parquet", "sae-0/by-token.bin")) {
            assertThat(folder.resolve(file))
                    .hasSameBinaryContentAs(temporary.resolve("whole").resolve(file));
        }
    }

    private Path stopped(CorpusMasks masks) {
        Cancellation cancellation = new Cancellation();
        Path folder = temporary.resolve("stopped");
        assertThatThrownBy(() -> pass(folder, masks, Shard.WHOLE)
                        .run(
                                false,
                                progress -> {
                                    if (progress.tokens() > 400) {
                                        assertThat(progress.snapshot(0).corpusTokens())
                                                .isEqualTo(IntStream.range(0, (int) progress.tokens())
                                                        .filter(t -> masks.isNone() || counts(t))
                                                        .count());
                                        cancellation.cancel();
                                    }
                                },
                                cancellation))
                .isInstanceOf(CancellationException.class);
        return folder;
    }

    @Test
    void aPassIsNotResumedWithOtherMasks() {
        Path folder = stopped(ALL);
        assertThatThrownBy(() -> pass(folder, new CorpusMasks(SEPARATOR, 2, 5, List.of()), Shard.WHOLE)
                        .run(true, progress -> {}, new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(
                        "was begun without token 100, without the first 2 positions, without norms above 4.0 times "
                                + "the median")
                .hasMessageContaining("5.0 times")
                .hasMessageContaining("Give the same masks");
        build(folder, CorpusMasks.NONE, Shard.WHOLE);
        assertThatThrownBy(() -> pass(folder, ALL, Shard.WHOLE).run(true, progress -> {}, new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("was made with every token")
                .hasMessageContaining("Give the same masks");
    }

    @Test
    void maskedShardsMergeToWhatOneMaskedPassMakes() {
        List<Path> shards = IntStream.rangeClosed(1, 3)
                .mapToObj(i -> temporary.resolve("shard-" + i))
                .toList();
        IntStream.range(0, 3).forEach(i -> build(shards.get(i), ALL, new Shard(i + 1, 3)));
        IndexInfo one = build(temporary.resolve("one"), ALL, Shard.WHOLE);
        IndexInfo merged = IndexMerge.merge(shards, temporary.resolve("merged"), new Cancellation());
        assertThat(merged.leftOut()).isEqualTo(one.leftOut());
        assertThat(merged.masks()).isEqualTo(ALL);
        assertThat(temporary.resolve("merged/sae-0/by-token.bin"))
                .hasSameBinaryContentAs(temporary.resolve("one/sae-0/by-token.bin"));
        try (ActivationIndex index = ActivationIndex.open(temporary.resolve("merged"))) {
            assertThat(IntStream.range(0, ids.size()).filter(index::isCounted).count())
                    .isEqualTo(one.counted());
            assertThat(index.statistics(0).count())
                    .containsExactly(IntStream.range(0, PlantedSource.FEATURES)
                            .mapToLong(f -> f < 5
                                    ? number(t -> counts(t) && ids.get(t) % 5 == f)
                                    : f == 5 ? number(t -> counts(t) && ids.get(t) % 7 == 0) : 0)
                            .toArray());
        }
    }

    @Test
    void shardsWithDifferentMasksAreRefused() {
        build(temporary.resolve("a"), ALL, new Shard(1, 2));
        build(temporary.resolve("b"), new CorpusMasks(-1, 2, 4, List.of()), new Shard(2, 2));
        assertThatThrownBy(() -> IndexMerge.merge(
                        List.of(temporary.resolve("a"), temporary.resolve("b")),
                        temporary.resolve("merged"),
                        new Cancellation()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("without token 100")
                .hasMessageContaining("same masks");
        assertThat(temporary.resolve("merged")).doesNotExist();
    }

    @Test
    void theMedianOfABatchIsTheLowerOfTheTwoInTheMiddle() {
        List<Contexts.Context> batch = List.of(
                new Contexts.Context(new int[] {5, 6}, new int[2]), new Contexts.Context(new int[] {5, 9}, new int[2]));
        CorpusMasks masks = new CorpusMasks(9, 1, 2, List.of());
        byte[] left = masks.of(batch, DocumentPacking.PACKED, List.of(new float[] {4, 1, 2, 4.5f}));
        assertThat(left)
                .as("median 2, limit 4, which itself is still counted")
                .containsExactly(
                        CorpusMasks.FIRST_POSITIONS,
                        0,
                        CorpusMasks.FIRST_POSITIONS,
                        CorpusMasks.BEGINNING + CorpusMasks.HIGH_NORM);
        assertThat(CorpusMasks.LeftOut.NOTHING.and(left)).isEqualTo(new CorpusMasks.LeftOut(1, 2, 1, 0, 3));
    }

    @Test
    void aSourceWithoutNormsCannotServeTheMaskThatNeedsThem() {
        IndexBuild.Source plain = contexts -> CompletableFuture.completedFuture(List.of());
        assertThatThrownBy(() -> plain.withNorms(new TokenRows(new int[][] {{1}})))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("norms");
        assertThatThrownBy(() -> new CorpusMasks(-1, 0, -2, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-2.0");
    }
}
