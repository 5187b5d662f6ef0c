package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import loupe.sae.SparseFeatures;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A planted pattern: feature 0 fires at word 7 and at word 8 when word 1 stands before it. In the corpus they stand
 * after 1 and after others, 9 never fires, and one text comes five times.
 */
class NearMissTest {
    private static final int CONTEXT = 32;

    @TempDir
    Path temporary;

    private final List<Integer> ids = new ArrayList<>();
    private ActivationIndex index;

    @BeforeEach
    void plant() throws IOException {
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            int filler = 20 + i;
            documents.add(
                    i % 4 == 0
                            ? filler + " 1 7 " + filler + " 9 50"
                            : i % 4 == 1
                                    ? filler + " 2 7 " + filler + " 9 51"
                                    : i % 4 == 2 ? filler + " 1 8 3 7 " + filler : filler + " 2 8 9 " + filler);
        }
        for (int i = 0; i < 5; i++) {
            documents.add("4 5 8 6 4");
        }
        Path corpus = Files.writeString(temporary.resolve("corpus.txt"), String.join(Corpus.SEPARATOR, documents));
        for (String document : documents) {
            ids.add(100);
            ids.addAll(Arrays.stream(document.split(" ")).map(Integer::valueOf).toList());
        }
        IndexInfo.IndexedSae sae = new IndexInfo.IndexedSae("sae-0", new IndexInfo.Named("planted", "f"), 1, "", 0);
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named("model", "m"),
                List.of(sae),
                CONTEXT,
                OptionalInt.of(100),
                DocumentPacking.PACKED,
                Long.MAX_VALUE);
        new IndexBuild(
                        settings,
                        Corpus.of(List.of(corpus)),
                        text -> Arrays.stream(text.split(" "))
                                .mapToInt(Integer::parseInt)
                                .toArray(),
                        contexts -> CompletableFuture.completedFuture(List.of(activations(contexts.all()))),
                        temporary.resolve("index"))
                .run(false, progress -> {}, new Cancellation());
        index = ActivationIndex.open(temporary.resolve("index"));
    }

    @AfterEach
    void close() {
        index.close();
    }

    private static SparseFeatures activations(int[][] contexts) {
        List<Integer> offsets = new ArrayList<>(List.of(0));
        List<Float> values = new ArrayList<>();
        for (int[] context : contexts) {
            for (int t = 0; t < context.length; t++) {
                if (t > 0 && context[t - 1] == 1 && (context[t] == 7 || context[t] == 8)) {
                    values.add(context[t] == 7 ? 3f : 1f);
                }
                offsets.add(values.size());
            }
        }
        float[] floats = new float[values.size()];
        IntStream.range(0, floats.length).forEach(i -> floats[i] = values.get(i));
        return new SparseFeatures(
                offsets.size() - 1, 1, offsets.stream().mapToInt(i -> i).toArray(), new int[floats.length], floats);
    }

    @Test
    void nearMissesHaveAWordOfTheTopActivationsAndASilentText() {
        FeatureActivations activations = index.activations(0, 0);
        List<Example> misses = index.nearMisses(activations, 1_000, 1, 3, 3, 0);
        for (Example miss : misses) {
            int start = miss.token() - miss.focus();
            assertThat(miss.ids()[miss.focus()]).isIn(7, 8);
            assertThat(miss.values()).containsOnly(0);
            for (int i = 0; i < miss.ids().length; i++) {
                assertThat(miss.ids()[i]).isEqualTo(ids.get(start + i));
                assertThat(activations.at(start + i)).isZero();
            }
        }
        assertThat(misses.stream()
                        .map(miss -> shown(
                                miss.focus(), Arrays.stream(miss.ids()).boxed().toList())))
                .as("all there are, by a search through the text")
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(expected());
    }

    private static String shown(int focus, List<Integer> tokens) {
        return focus + ": " + tokens;
    }

    /** Texts around 7 and 8 with no activation within three tokens in the same document and context. */
    private Set<String> expected() {
        Set<String> texts = new HashSet<>();
        for (int t = 0; t < ids.size(); t++) {
            if (ids.get(t) != 7 && ids.get(t) != 8) {
                continue;
            }
            int from = t;
            while (from > 0 && t - from < 3 && ids.get(from) != 100 && from / CONTEXT == (from - 1) / CONTEXT) {
                from--;
            }
            int to = t;
            while (to + 1 < ids.size() && to - t < 3 && ids.get(to + 1) != 100 && to / CONTEXT == (to + 1) / CONTEXT) {
                to++;
            }
            boolean active = false;
            for (int i = from; i <= to; i++) {
                active |= i % CONTEXT > 0 && ids.get(i - 1) == 1 && (ids.get(i) == 7 || ids.get(i) == 8);
            }
            if (!active) {
                texts.add(shown(t - from, ids.subList(from, to + 1)));
            }
        }
        return texts;
    }

    @Test
    void wordsTakeTurnsAndTheOneOfTheLargestActivationComesFirst() {
        FeatureActivations activations = new FeatureActivations(0, new int[] {4, 20}, new float[] {2, 1}, 100);
        int[] order =
                Examples.inTurn(List.of(new int[] {3, 4, 5, 6}, new int[] {19, 20, 21}), activations, new Random(1));
        assertThat(order).containsExactlyInAnyOrder(3, 5, 6, 19, 21);
        assertThat(Arrays.stream(order).mapToObj(token -> token < 10 ? "first" : "second"))
                .containsExactly("first", "second", "first", "second", "first");
        List<Example> misses = index.nearMisses(index.activations(0, 0), 10, 1, 3, 3, 0);
        assertThat(misses.stream().map(miss -> miss.ids()[miss.focus()]))
                .as("both words")
                .contains(7, 8);
    }

    @Test
    void aFeatureThatNeverFiresHasNone() {
        assertThat(index.nearMisses(new FeatureActivations(0, new int[0], new float[0], ids.size()), 10, 1, 3, 3, 0))
                .isEmpty();
    }

    @Test
    void repeatedTextsMakeRoomForOthers() {
        FeatureActivations everywhere = new FeatureActivations(
                0, IntStream.range(0, ids.size()).filter(t -> ids.get(t) == 8).toArray(), ones(), ids.size());
        int count = everywhere.tokens().length;
        assertThat(index.examples(everywhere, IntStream.range(0, count).toArray(), 2, 2))
                .hasSize(count);
        List<Example> distinct = index.distinct(
                everywhere,
                n -> IntStream.iterate(count - 1, i -> i >= 0, i -> i - 1)
                        .limit(n)
                        .toArray(),
                6,
                2,
                2);
        assertThat(distinct).as("the last five show one text").hasSize(6);
        assertThat(distinct.stream().filter(example -> Arrays.equals(example.ids(), new int[] {4, 5, 8, 6, 4})))
                .hasSizeLessThanOrEqualTo(1);
    }

    private float[] ones() {
        float[] values = new float[(int) ids.stream().filter(id -> id == 8).count()];
        Arrays.fill(values, 1);
        return values;
    }
}
