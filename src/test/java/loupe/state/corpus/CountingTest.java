package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import loupe.base.Remedy;
import loupe.index.Corpus;
import loupe.index.CorpusMasks;
import loupe.index.DocumentPacking;
import loupe.index.IndexBuild;
import loupe.index.IndexCache;
import loupe.index.IndexInfo;
import loupe.index.IndexMerge;
import loupe.index.Shard;
import loupe.sae.SparseFeatures;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.corpus.CorpusStatistics.Phase;
import loupe.state.pane.PaneStatus;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;
import loupe.state.window.SharedRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counting that is paused, resumed, stopped, repeated or held back, and indexes that are opened instead. */
class CountingTest {
    private final Opened opened = new Opened();
    private PlantedCorpus corpus;
    private CorpusStatistics statistics;
    private ActivationsModel activations;
    private CheckpointSide a;
    private Path folder;

    @BeforeEach
    void begin(@TempDir Path temporary) {
        folder = temporary;
        corpus = new PlantedCorpus(opened, temporary);
        statistics = corpus.statistics();
        a = opened.workbench.a();
        activations = new ActivationsModel(opened.workbench, a, statistics, new SharedRange());
    }

    @AfterEach
    void close() {
        statistics.close();
    }

    private List<IndexCache.Kept> kept() {
        return statistics.kept().list();
    }

    /** Does something once, when the first batch has been counted. */
    private void whenBegun(Runnable meanwhile) {
        boolean[] done = new boolean[1];
        statistics.features(a).addListener((property, was, is) -> {
            if (is != null && !done[0]) {
                done[0] = true;
                meanwhile.run();
            }
        });
        corpus.count();
        assertThat(done[0]).isTrue();
    }

    @Test
    void aPausedPassSaysHowMuchItCountedAndGoesOn() {
        opened.openA();
        whenBegun(() -> statistics.pause(a));
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.PAUSED);
        assertThat(statistics.counted(a).get().soFar()).isEqualTo(" so far, of 128 tokens (40 % of the corpus)");
        assertThat(statistics.features(a).get().corpusTokens()).isEqualTo(128);
        assertThat(kept())
                .singleElement()
                .satisfies(one -> assertThat(one.state()).isEqualTo(IndexCache.State.UNFINISHED));
        statistics.retry(a);
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.COUNTED);
        assertThat(statistics.features(a).get().corpusTokens()).isEqualTo(320);
        assertThat(statistics.counted(a).get()).isEqualTo(CountedShare.WHOLE);
    }

    @Test
    void severalFilesAreCountedOneAfterTheOtherAndComeBackTogether() throws IOException {
        opened.openA();
        opened.choose(PlantedCorpus.AT_C);
        Path more = Files.writeString(folder.resolve("more.txt"), "ccabc");
        CorpusFiles both = CorpusFiles.of(corpus.file(), more);
        statistics.choose(both);
        assertThat(statistics.features(a).get().corpusTokens()).isEqualTo(325);
        assertThat(activations.activations().getValue().count()).isEqualTo(corpus.occurrences('c') + 3);
        assertThat(activations.of().orElseThrow().sources()).hasSize(2);
        assertThat(opened.workbench.recent().corpora()).containsExactly(both);
        assertThat(CorpusFiles.recalled(statistics.remembered())).contains(both);
        statistics.choose(CorpusFiles.of(more, corpus.file()));
        assertThat(kept()).as("another order is another corpus").hasSize(2);
        Files.delete(more);
        statistics.choose(both);
        assertThat(statistics.problem(a).get().message()).contains("more.txt: there is no such file");
    }

    @Test
    void aStoppedPassLeavesNothingAndCanBeCountedAnew() {
        opened.openA();
        whenBegun(() -> statistics.stop(a));
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.STOPPED);
        assertThat(statistics.features(a).get()).isNull();
        assertThat(kept()).isEmpty();
        statistics.retry(a);
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.COUNTED);
    }

    @Test
    void aPausedPassCanBeThrownAway() {
        opened.openA();
        whenBegun(() -> statistics.pause(a));
        statistics.stop(a);
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.STOPPED);
        assertThat(kept()).isEmpty();
    }

    @Test
    void countingAnewAsksEverythingAgain() {
        opened.openA();
        corpus.count();
        assertThat(kept())
                .singleElement()
                .satisfies(one -> assertThat(one.inUse()).isTrue());
        int asked = opened.service.asked.size();
        statistics.retry(a);
        assertThat(opened.service.asked).as("what is kept is trusted").hasSize(asked);
        statistics.recount(a);
        assertThat(opened.service.asked.size()).isGreaterThan(asked);
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.COUNTED);
        statistics.corpus().set(null);
        assertThat(kept())
                .singleElement()
                .satisfies(one -> assertThat(one.inUse()).isFalse());
    }

    @Test
    void otherSettingsAreOtherPassesAndBothAreKept() {
        opened.openA();
        corpus.count();
        statistics
                .settings()
                .set(new CorpusSettings(100, 16, true, DocumentPacking.PACKED, "text", false, 2, 0, List.of(1)));
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.COUNTED);
        IndexInfo info = statistics.index(a).get().info();
        assertThat(info.tokens()).isEqualTo(100);
        assertThat(info.contextLength()).isEqualTo(16);
        assertThat(info.masks()).isEqualTo(new CorpusMasks(-1, 2, 0, List.of(1)));
        assertThat(kept()).hasSize(2);
        statistics.recall(statistics.remembered());
        assertThat(statistics.settings().get().maxTokens()).isEqualTo(100);
    }

    @Test
    void anIgnoredTokenThatTheModelLacksIsRefused() {
        opened.openA();
        statistics
                .settings()
                .set(new CorpusSettings(100, 16, true, DocumentPacking.APART, "text", false, 0, 0, List.of(50)));
        corpus.count();
        assertThat(statistics.problem(a).get().message())
                .contains("Token 50 cannot be left out; expected ids below 50");
    }

    @Test
    void whatTakesMuchSpaceWaitsForSomebodyToSaySo() throws IOException {
        statistics = new CorpusStatistics(opened.workbench, folder.resolve("other"), 20_000);
        activations = new ActivationsModel(opened.workbench, a, statistics, new SharedRange());
        opened.openA();
        statistics.choose(CorpusFiles.of(corpus.file()));
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.HELD);
        assertThat(statistics.problem(a).get().message()).startsWith("Counting would take about 0.0 GB in ");
        assertThat(kept()).isEmpty();
        PaneStatus.Failed shown =
                (PaneStatus.Failed) activations.status().getValue().shown();
        assertThat(shown.problem().remedies()).containsExactly(Remedy.give(Remedy.Choice.SPACE));
        shown.mend().orElseThrow().accept(Remedy.give(Remedy.Choice.SPACE));
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.COUNTED);
    }

    /** An index of two checkpoints: feature {@code place + 1} of each is active at every token. */
    private Path index(String name, Shard shard, String model, String... fingerprints) {
        List<IndexInfo.IndexedSae> saes = IntStream.range(0, fingerprints.length)
                .mapToObj(i -> new IndexInfo.IndexedSae(
                        "sae-" + i, new IndexInfo.Named("sae" + i, fingerprints[i]), Opened.FEATURES, "", 0))
                .toList();
        IndexBuild.Source source = contexts -> {
            int rows = java.util.Arrays.stream(contexts.all())
                    .mapToInt(ids -> ids.length)
                    .sum();
            return CompletableFuture.completedFuture(IntStream.range(0, fingerprints.length)
                    .mapToObj(i -> new SparseFeatures(
                            rows,
                            Opened.FEATURES,
                            IntStream.rangeClosed(0, rows).toArray(),
                            IntStream.range(0, rows).map(row -> i + 1).toArray(),
                            ones(rows)))
                    .toList());
        };
        Path made = folder.resolve(name);
        new IndexBuild(
                        new IndexBuild.Settings(
                                new IndexInfo.Named("tiny", model),
                                saes,
                                16,
                                OptionalInt.empty(),
                                DocumentPacking.PACKED,
                                Long.MAX_VALUE,
                                shard,
                                CorpusMasks.NONE),
                        Corpus.of(List.of(corpus.file())),
                        text -> text.chars().map(c -> c - 'a').toArray(),
                        source,
                        made)
                .run(false, progress -> {}, new Cancellation());
        return made;
    }

    private static float[] ones(int count) {
        float[] ones = new float[count];
        java.util.Arrays.fill(ones, 1);
        return ones;
    }

    @Test
    void anIndexOfSeveralCheckpointsShowsThoseThatAreOpenWhateverTheirOrder() {
        Path index = index("both", Shard.WHOLE, "m", "2", "1");
        opened.openA();
        opened.openB();
        corpus.count();
        statistics.openIndex(index);
        CheckpointSide b = opened.workbench.b();
        assertThat(statistics.corpus().get()).isNull();
        assertThat(statistics.placeInIndex(a)).isEqualTo(1);
        assertThat(statistics.placeInIndex(b)).isZero();
        assertThat(statistics.features(a).get().count()[2]).isEqualTo(320);
        assertThat(statistics.features(b).get().count()[1]).isEqualTo(320);
        opened.choose(2);
        assertThat(activations.activations().getValue().count()).isEqualTo(320);
        assertThat(Files.exists(index.resolve("used")))
                .as("nothing is written into it")
                .isFalse();
        assertThat(statistics.remembered())
                .containsEntry("index", index.toString())
                .doesNotContainKey("corpus");
        assertThat(opened.workbench.recent().corpora()).startsWith(CorpusFiles.of(index));
        corpus.count();
        assertThat(statistics.openedIndex().get()).isNull();
        assertThat(statistics.features(a).get().count()[2]).isEqualTo(corpus.occurrences('a'));
    }

    @Test
    void shardsSayWhatShareTheyAreAndMergedOnesAreWhole() {
        Path one = index("one", new Shard(1, 2), "m", "1");
        Path two = index("two", new Shard(2, 2), "m", "1");
        opened.openA();
        statistics.openIndex(one);
        assertThat(statistics.counted(a).get().words()).isEqualTo("50 % of the corpus");
        IndexMerge.merge(List.of(one, two), folder.resolve("merged"), new Cancellation());
        statistics.openIndex(folder.resolve("merged"));
        assertThat(statistics.counted(a).get()).isEqualTo(CountedShare.WHOLE);
        assertThat(statistics.features(a).get().corpusTokens()).isEqualTo(320);
    }

    @Test
    void anIndexOfSomethingElseSaysWhatItIsOf() {
        opened.openA();
        for (Path other : List.of(index("model", Shard.WHOLE, "x", "1"), index("sae", Shard.WHOLE, "m", "9", "8"))) {
            statistics.openIndex(other);
            assertThat(statistics.phase(a).get()).isEqualTo(Phase.FAILED);
            assertThat(statistics.problem(a).get().message())
                    .contains("this index is of model tiny and checkpoint")
                    .contains("expected one of model tiny and checkpoint a, which are open");
        }
        assertThat(statistics.problem(a).get().message()).contains("sae0, sae1");
        assertThat(statistics.openedInfo().get().saes()).hasSize(2);
    }

    @Test
    void aDamagedIndexThatWasOpenedIsNeverBuiltAnew() throws IOException {
        Path index = index("both", Shard.WHOLE, "m", "1");
        opened.openA();
        Path table = index.resolve("sae-0/activations.parquet");
        byte[] bytes = Files.readAllBytes(table);
        bytes[bytes.length / 2] ^= 1;
        Files.write(table, bytes);
        statistics.openIndex(index);
        opened.choose(1);
        PaneStatus.Failed shown =
                (PaneStatus.Failed) activations.status().getValue().shown();
        assertThat(shown.problem().message()).contains("it is damaged");
        assertThat(shown.problem().remedies()).isEmpty();
        shown.retry().orElseThrow().run();
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.FAILED);
        assertThat(Files.readAllBytes(table)).isEqualTo(bytes);
        assertThat(Files.exists(index.resolve("index.json"))).isTrue();
    }

    @Test
    void aDamagedKeptIndexIsBuiltAnewWithOneClick() throws IOException {
        opened.openA();
        corpus.count();
        Path table = kept().get(0).folder().resolve("sae/activations.parquet");
        byte[] bytes = Files.readAllBytes(table);
        bytes[bytes.length / 2] ^= 1;
        Files.write(table, bytes);
        statistics.corpus().set(null); // files are compared once an opening
        corpus.count();
        opened.choose(PlantedCorpus.AT_A);
        PaneStatus.Failed shown =
                (PaneStatus.Failed) activations.status().getValue().shown();
        assertThat(shown.problem().remedies()).containsExactly(Remedy.give(Remedy.Choice.INDEX));
        shown.mend().orElseThrow().accept(Remedy.give(Remedy.Choice.INDEX));
        assertThat(activations.activations().getValue().count()).isEqualTo(corpus.occurrences('a'));
        assertThat(Files.readAllBytes(table)).isNotEqualTo(bytes);
    }

    @Test
    void anIndexMayBeOpenedBeforeItsModel() {
        Path index = index("both", Shard.WHOLE, "m", "1");
        opened.workbench.closeModel();
        statistics.openIndex(index);
        assertThat(opened.workbench.notices().all().toString())
                .contains("is an index of model tiny and checkpoint sae0");
        opened.workbench.openModel(Path.of("nowhere", "tiny"));
        opened.openA();
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.COUNTED);
    }

    @Test
    void whatIsKeptCanBeLookedThroughAndDeletedButNotWhatIsShown() {
        opened.openA();
        corpus.count();
        statistics.settings().set(CorpusSettings.DEFAULT.with(DocumentPacking.PACKED));
        KeptIndexes kept = new KeptIndexes(opened.workbench, statistics);
        kept.look();
        assertThat(kept.all().get()).hasSize(2);
        assertThat(kept.all().get().stream().filter(IndexCache.Kept::inUse))
                .singleElement()
                .satisfies(one -> assertThat(kept.sideOf(one)).contains(a));
        kept.delete(kept.all().get());
        assertThat(kept.problem().get()).isNull();
        assertThat(kept.all().get())
                .singleElement()
                .satisfies(one -> assertThat(one.inUse()).isTrue());
        assertThat(kept.old()).isEmpty();
    }

    @Test
    void aSideThatWaitsForTheOtherOnesPassCanBePausedToo() {
        opened.openA();
        opened.openB();
        Deque<Runnable> waiting = new ArrayDeque<>();
        opened.service.files = waiting::add;
        corpus.count();
        statistics.pause(opened.workbench.b());
        while (!waiting.isEmpty()) {
            waiting.remove().run();
        }
        assertThat(statistics.phase(a).get()).isEqualTo(Phase.COUNTED);
        assertThat(statistics.phase(opened.workbench.b()).get()).isEqualTo(Phase.PAUSED);
    }
}
