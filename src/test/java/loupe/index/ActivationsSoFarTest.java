package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read while a pass goes on is what an index of the same first tokens has. */
class ActivationsSoFarTest {
    private static final int CONTEXT = 16;
    private static final int SEPARATOR = 100;
    private static final int WORDS = 9_000;

    @TempDir
    Path temporary;

    private Path corpus;

    @BeforeEach
    void writeCorpus() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < WORDS; i++) {
            text.append(i > 0 && i % 29 == 0 ? Corpus.SEPARATOR : "")
                    .append(i * 37 % 97 * (i % 11) % 97)
                    .append(' ');
        }
        corpus = Files.writeString(temporary.resolve("corpus.txt"), text);
    }

    private void pass(
            String folder,
            DocumentPacking documents,
            CorpusMasks masks,
            long tokens,
            Consumer<Path> then,
            Consumer<IndexBuild.Progress> progress) {
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named("model", "m"),
                List.of(new IndexInfo.IndexedSae(
                        "sae-0", new IndexInfo.Named("planted", "f"), PlantedSource.FEATURES, "", 0)),
                CONTEXT,
                OptionalInt.of(SEPARATOR),
                documents,
                tokens,
                Shard.WHOLE,
                masks);
        Path at = temporary.resolve(folder);
        new IndexBuild(
                        settings,
                        Corpus.of(List.of(corpus)),
                        text -> Arrays.stream(text.strip().split("\\s+"))
                                .mapToInt(Integer::parseInt)
                                .toArray(),
                        new PlantedSource(),
                        at)
                .run(false, progress, new Cancellation());
        then.accept(at);
    }

    /** All that panes ask, of every feature, in words. */
    private static String everything(CountedActivations counted) {
        StringBuilder said = new StringBuilder();
        said.append(counted.info().counted()).append(' ').append(counted.info().leftOut());
        for (int feature = 0; feature < PlantedSource.FEATURES; feature++) {
            FeatureActivations of = counted.activations(0, feature);
            said.append('\n')
                    .append(feature)
                    .append(Arrays.toString(of.tokens()))
                    .append(Arrays.toString(of.values()));
            said.append(of.corpusTokens()).append(' ').append(of.density());
            if (of.count() > 0) {
                said.append(Arrays.toString(of.histogram(12).counts()));
            }
            said.append(words(counted.distinct(of, n -> Examples.top(of, n, 8), 12, 9, 5)));
            said.append(words(counted.distinct(of, n -> Examples.random(of, n, 8, 3), 12, 9, 5)));
            said.append(words(counted.nearMisses(of, 12, 8, 2, 1, 5)));
        }
        said.append(Arrays.toString(counted.upTo((int) counted.info().counted() / CONTEXT / 2 * CONTEXT + 3)));
        return said.toString();
    }

    private static String words(List<Example> examples) {
        return examples.stream()
                .map(example -> Arrays.toString(example.ids()) + Arrays.toString(example.values()) + example.focus()
                        + "/" + example.document() + "/" + example.token() + "/" + example.position())
                .collect(Collectors.joining("\n", "\n", ""));
    }

    @ParameterizedTest
    @EnumSource
    void itIsTheIndexOfTheTokensSoFar(DocumentPacking documents) {
        CorpusMasks masks = documents.runsOn() ? new CorpusMasks(SEPARATOR, 2, 0, List.of(5)) : CorpusMasks.NONE;
        String[] soFar = new String[1];
        long[] tokens = new long[1];
        int[] batches = new int[1];
        pass("whole", documents, masks, Long.MAX_VALUE, folder -> {}, progress -> {
            if (batches[0]++ == 1) {
                tokens[0] = progress.tokens();
                try (ActivationsSoFar read = ActivationsSoFar.open(progress.staged())) {
                    soFar[0] = everything(read);
                }
            }
        });
        assertThat(batches[0]).isGreaterThan(2);
        pass(
                "part",
                documents,
                masks,
                tokens[0],
                folder -> {
                    try (ActivationIndex index = ActivationIndex.open(folder)) {
                        assertThat(soFar[0]).isEqualTo(everything(index));
                    }
                },
                progress -> {});
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void aLaterMomentHasWhatCameSinceAndAnEarlierOneStaysAsItWas(int feature) {
        ActivationsSoFar[] first = new ActivationsSoFar[1];
        pass("whole", DocumentPacking.PACKED, CorpusMasks.NONE, Long.MAX_VALUE, folder -> {}, progress -> {
            if (first[0] == null) {
                first[0] = ActivationsSoFar.open(progress.staged());
                return;
            }
            FeatureActivations before = first[0].activations(0, feature);
            FeatureActivations now = first[0].later(progress.staged()).activations(0, feature);
            FeatureActivations again = first[0].activations(0, feature);
            assertThat(now.corpusTokens()).isEqualTo(progress.tokens());
            assertThat(now.count()).isGreaterThan(before.count());
            assertThat(now.count()).isEqualTo(progress.snapshot(0).count()[feature]);
            assertThat(again.tokens()).isEqualTo(before.tokens());
            assertThat(Arrays.copyOf(now.tokens(), before.tokens().length)).isEqualTo(before.tokens());
        });
        assertThat(first[0].activations(0, feature).count())
                .as("though the pass has ended and deleted what it staged")
                .isPositive();
        first[0].close();
    }

    @Test
    void textsAreFoundInEveryBatch() {
        pass("whole", DocumentPacking.PACKED, CorpusMasks.NONE, Long.MAX_VALUE, folder -> {}, progress -> {
            try (ActivationsSoFar read = ActivationsSoFar.open(progress.staged())) {
                int[] all = IntStream.range(0, (int) read.info().contexts()).toArray();
                assertThat(read.texts(all)).hasSize(all.length);
                assertThat(read.texts(new int[] {all.length})).isEmpty();
            }
        });
    }
}
