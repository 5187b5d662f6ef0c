package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.sae.SparseFeatures;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Questions about features that are active together and about tokens, against a matrix of all activations. Two
 * autoencoders; of the first, feature 0 fires at even words, 1 fires with it at twice the value, 2 at odd words, 3
 * everywhere alike, 4 never, 5 at random and with negative values too; of the second, at random.
 */
class CoActivationsTest {
    private static final int CONTEXT = 16;
    private static final int WORDS = 1_500;
    private static final int SEPARATOR = 40;
    private static final int[] FEATURES = {6, 9};

    @TempDir
    Path temporary;

    private Path corpus;
    private final List<int[]> contexts = new ArrayList<>();
    private final List<Integer> ids = new ArrayList<>();

    /** Which way the index comes about. */
    enum Made {
        IN_ONE_PASS,
        FROM_SHARDS,
        BEFORE_THERE_WAS_A_FILE_BY_TOKEN
    }

    @BeforeEach
    void plant() throws IOException {
        SplittableRandom random = new SplittableRandom(11);
        StringBuilder text = new StringBuilder();
        ids.add(SEPARATOR);
        for (int i = 0; i < WORDS; i++) {
            int id = random.nextInt(SEPARATOR);
            ids.add(id);
            text.append(id);
            if (i % 29 == 28 && i + 1 < WORDS) {
                text.append(Corpus.SEPARATOR);
                ids.add(SEPARATOR);
            } else {
                text.append(' ');
            }
        }
        corpus = Files.writeString(temporary.resolve("corpus.txt"), text);
        for (int from = 0; from < ids.size(); from += CONTEXT) {
            contexts.add(ids.subList(from, Math.min(ids.size(), from + CONTEXT)).stream()
                    .mapToInt(i -> i)
                    .toArray());
        }
    }

    /** The activation of a feature at a place of a context; what is planted. */
    private static float planted(int sae, int feature, int[] context, int position) {
        int id = context[position];
        SplittableRandom random =
                new SplittableRandom(1_000_003L * Arrays.hashCode(context) + 131L * position + 17L * feature + sae);
        float even = id % 2 == 0 ? 1 + id / 8f : 0;
        if (sae == 1) {
            return random.nextInt(3) == 0 ? random.nextInt(1, 100) / 16f : 0;
        }
        return switch (feature) {
            case 0 -> even;
            case 1 -> 2 * even;
            case 2 -> id % 2 == 1 ? 3 : 0;
            case 3 -> 0.5f;
            case 4 -> 0;
            default -> random.nextInt(4) == 0 ? random.nextInt(-20, 60) / 16f : 0;
        };
    }

    private static List<SparseFeatures> activations(int[][] batch) {
        return IntStream.range(0, FEATURES.length)
                .mapToObj(sae -> {
                    List<Integer> offsets = new ArrayList<>(List.of(0));
                    List<Integer> features = new ArrayList<>();
                    List<Float> values = new ArrayList<>();
                    for (int[] context : batch) {
                        for (int p = 0; p < context.length; p++) {
                            for (int f = 0; f < FEATURES[sae]; f++) {
                                if (planted(sae, f, context, p) != 0) {
                                    features.add(f);
                                    values.add(planted(sae, f, context, p));
                                }
                            }
                            offsets.add(values.size());
                        }
                    }
                    float[] floats = new float[values.size()];
                    IntStream.range(0, floats.length).forEach(i -> floats[i] = values.get(i));
                    return new SparseFeatures(
                            offsets.size() - 1,
                            FEATURES[sae],
                            offsets.stream().mapToInt(i -> i).toArray(),
                            features.stream().mapToInt(i -> i).toArray(),
                            floats);
                })
                .toList();
    }

    private Path build(Shard shard, String name) {
        List<IndexInfo.IndexedSae> saes = IntStream.range(0, FEATURES.length)
                .mapToObj(i -> new IndexInfo.IndexedSae(
                        "sae-" + i, new IndexInfo.Named("planted-" + i, "f" + i), FEATURES[i], "", 0))
                .toList();
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named("model", "m"),
                saes,
                CONTEXT,
                OptionalInt.of(SEPARATOR),
                DocumentPacking.PACKED,
                Long.MAX_VALUE,
                shard,
                CorpusMasks.NONE);
        Path folder = temporary.resolve(name);
        new IndexBuild(
                        settings,
                        Corpus.of(List.of(corpus)),
                        text -> Arrays.stream(text.split("\\s+"))
                                .mapToInt(Integer::parseInt)
                                .toArray(),
                        batch -> CompletableFuture.completedFuture(activations(batch.all())),
                        folder)
                .run(false, progress -> {}, new Cancellation());
        return folder;
    }

    private ActivationIndex index(Made made) throws IOException {
        Path folder =
                switch (made) {
                    case IN_ONE_PASS, BEFORE_THERE_WAS_A_FILE_BY_TOKEN -> build(Shard.WHOLE, "whole");
                    case FROM_SHARDS -> {
                        List<Path> shards = IntStream.rangeClosed(1, 3)
                                .mapToObj(i -> build(new Shard(i, 3), "shard-" + i))
                                .toList();
                        IndexMerge.merge(shards, temporary.resolve("merged"), new Cancellation());
                        yield temporary.resolve("merged");
                    }
                };
        if (made == Made.BEFORE_THERE_WAS_A_FILE_BY_TOKEN) {
            for (int sae = 0; sae < FEATURES.length; sae++) {
                Files.delete(folder.resolve("sae-" + sae).resolve("by-token.bin"));
            }
            IndexBeforeChecksums.make(folder);
        }
        return ActivationIndex.open(folder);
    }

    /** Activations of one feature at every token of the corpus. */
    private double[] column(int sae, int feature) {
        return IntStream.range(0, ids.size())
                .mapToDouble(t -> planted(sae, feature, contexts.get(t / CONTEXT), t % CONTEXT))
                .toArray();
    }

    private static double pearson(double[] x, double[] y) {
        double meanX = Arrays.stream(x).average().orElseThrow();
        double meanY = Arrays.stream(y).average().orElseThrow();
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int t = 0; t < x.length; t++) {
            xy += (x[t] - meanX) * (y[t] - meanY);
            xx += (x[t] - meanX) * (x[t] - meanX);
            yy += (y[t] - meanY) * (y[t] - meanY);
        }
        return xx * yy < 1e-12 ? Double.NaN : xy / Math.sqrt(xx * yy);
    }

    @ParameterizedTest
    @EnumSource(Made.class)
    void theStrongestTokensOfEachFeatureAreThoseOfItsColumn(Made made) throws IOException {
        try (ActivationIndex index = index(made)) {
            for (int sae = 0; sae < FEATURES.length; sae++) {
                int[][] strongest = index.strongest(sae, 7, new Cancellation());
                for (int feature = 0; feature < FEATURES[sae]; feature++) {
                    double[] column = column(sae, feature);
                    assertThat(strongest[feature])
                            .containsExactly(IntStream.range(0, column.length)
                                    .filter(t -> column[t] != 0)
                                    .boxed()
                                    .sorted(Comparator.comparingDouble(t -> -Math.abs(column[t])))
                                    .limit(7)
                                    .mapToInt(t -> t)
                                    .toArray());
                }
            }
            int[] tokens = {0, 5, 100, 1_000};
            index.passages(
                    tokens,
                    3,
                    2,
                    new Cancellation(),
                    (i, passage, focus) -> assertThat(passage[focus]).isEqualTo(ids.get(tokens[i])));
        }
    }

    private static double[] active(double[] values) {
        return Arrays.stream(values).map(value -> value != 0 ? 1 : 0).toArray();
    }

    @ParameterizedTest
    @EnumSource(Made.class)
    void everyMeasureIsThatOfAMatrixOfAllActivations(Made made) throws IOException {
        try (ActivationIndex index = index(made)) {
            for (int sae = 0; sae < FEATURES.length; sae++) {
                for (int among = 0; among < FEATURES.length; among++) {
                    for (int feature = 0; feature < FEATURES[sae]; feature++) {
                        compare(
                                index.coActivations(index.activations(sae, feature), sae, among),
                                column(sae, feature),
                                among);
                    }
                }
            }
        }
    }

    private void compare(CoActivations answer, double[] x, int among) {
        assertThat(answer.tokens()).isEqualTo(ids.size());
        for (int other = 0; other < FEATURES[among]; other++) {
            double[] y = column(among, other);
            double both = 0;
            double either = 0;
            double products = 0;
            for (int t = 0; t < x.length; t++) {
                both += x[t] != 0 && y[t] != 0 ? 1 : 0;
                either += x[t] != 0 || y[t] != 0 ? 1 : 0;
                products += x[t] * y[t];
            }
            double countX = Arrays.stream(active(x)).sum();
            double countY = Arrays.stream(active(y)).sum();
            assertThat(answer.both()[other]).isEqualTo((long) both);
            assertThat(answer.products()[other]).isCloseTo(products, within(1e-9 * (1 + Math.abs(products))));
            same(answer.shareOfFeature(other), both / countX);
            same(answer.shareOfOther(other), both / countY);
            same(answer.jaccard(other), both / either);
            same(answer.phi(other), pearson(active(x), active(y)));
            same(answer.pearson(other), pearson(x, y));
            same(
                    answer.cosine(other),
                    products
                            / Math.sqrt(Arrays.stream(x).map(v -> v * v).sum()
                                    * Arrays.stream(y).map(v -> v * v).sum()));
        }
    }

    private static void same(double actual, double expected) {
        if (Double.isNaN(expected)) {
            assertThat(actual).isNaN();
        } else {
            assertThat(actual).isCloseTo(expected, within(1e-9));
        }
    }

    @Test
    void theFeaturePlantedBesideAnotherIsItsBestCompanion() throws IOException {
        try (ActivationIndex index = index(Made.IN_ONE_PASS)) {
            CoActivations of0 = index.coActivations(index.activations(0, 0), 0, 0);
            assertThat(of0.pearson(1)).isCloseTo(1, within(1e-12));
            assertThat(of0.jaccard(1)).isEqualTo(1);
            assertThat(of0.phi(2)).as("even or odd").isLessThan(-0.9);
            assertThat(of0.pearson(3)).as("a feature that is always the same").isNaN();
            assertThat(of0.pearson(4)).as("a feature that never fires").isNaN();
            assertThat(of0.top(CoActivations.Measure.PEARSON, 1, 1)).containsExactly(1);
            assertThat(of0.top(CoActivations.Measure.BOTH, 10, 1))
                    .as("without itself and without those never active with it, ties by number")
                    .containsExactly(1, 3, 5);
            assertThat(of0.top(CoActivations.Measure.SHARE_OF_OTHER, 10, of0.both()[1] + 1))
                    .as("none has more tokens in common")
                    .isEmpty();
            assertThat(index.coActivations(index.activations(0, 0), 0, 1).top(CoActivations.Measure.BOTH, 100, 1))
                    .as("of another dictionary, the same number too")
                    .contains(0);
        }
    }

    @ParameterizedTest
    @EnumSource(Made.class)
    void theFeaturesOfATokenAreThoseOfAllItsOccurrences(Made made) throws IOException {
        try (ActivationIndex index = index(made)) {
            for (int id : new int[] {0, 7, SEPARATOR, 39}) {
                int[] at = IntStream.range(0, ids.size())
                        .filter(t -> ids.get(t) == id)
                        .toArray();
                for (int sae = 0; sae < FEATURES.length; sae++) {
                    TokenFeatures answer = index.featuresOf(sae, id);
                    assertThat(answer.occurrences()).isEqualTo(at.length);
                    double[] means = new double[FEATURES[sae]];
                    for (int feature = 0; feature < means.length; feature++) {
                        double[] all = column(sae, feature);
                        double[] here =
                                Arrays.stream(at).mapToDouble(t -> all[t]).toArray();
                        means[feature] = Arrays.stream(here).average().orElseThrow();
                        assertThat(answer.mean(feature)).isCloseTo(means[feature], within(1e-9));
                        assertThat(answer.share(feature))
                                .isEqualTo(Arrays.stream(active(here)).average().orElseThrow());
                        assertThat(answer.max()[feature]).isEqualTo((float) Arrays.stream(here)
                                .boxed()
                                .max(Comparator.comparingDouble(Math::abs))
                                .orElseThrow()
                                .doubleValue());
                        same(
                                answer.shareOfFeature(feature),
                                Arrays.stream(active(here)).sum()
                                        / Arrays.stream(active(all)).sum());
                        same(
                                answer.massOfFeature(feature),
                                Arrays.stream(here).map(Math::abs).sum()
                                        / Arrays.stream(all).map(Math::abs).sum());
                    }
                    assertThat(answer.top(TokenFeatures.Measure.MEAN, 3))
                            .containsExactly(IntStream.range(0, means.length)
                                    .boxed()
                                    .filter(f -> means[f] != 0)
                                    .sorted(Comparator.comparingDouble(f -> -Math.abs(means[f])))
                                    .limit(3)
                                    .mapToInt(f -> f)
                                    .toArray());
                }
            }
            assertThat(index.featuresOf(0, 5_000).occurrences()).isZero();
            assertThat(index.featuresOf(0, 5_000).top(TokenFeatures.Measure.MEAN, 3))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Made.class)
    void theFeaturesAtAPlaceAreAllThatAreNotZeroThere(Made made) throws IOException {
        try (ActivationIndex index = index(made)) {
            for (int token : new int[] {0, 15, 16, 777, ids.size() - 1}) {
                for (int sae = 0; sae < FEATURES.length; sae++) {
                    int s = sae;
                    List<ActivationIndex.ActiveFeature> expected = IntStream.range(0, FEATURES[sae])
                            .mapToObj(f -> new ActivationIndex.ActiveFeature(
                                    f, planted(s, f, contexts.get(token / CONTEXT), token % CONTEXT)))
                            .filter(f -> f.activation() != 0)
                            .sorted(Comparator.comparingDouble(
                                            (ActivationIndex.ActiveFeature f) -> -Math.abs(f.activation()))
                                    .thenComparing(ActivationIndex.ActiveFeature::feature))
                            .toList();
                    assertThat(index.featuresAt(sae, token)).isEqualTo(expected);
                }
            }
            assertThatThrownBy(() -> index.featuresAt(0, ids.size()))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining(String.valueOf(ids.size()));
        }
    }

    @Test
    void mergedShardsHaveTheFileOfOnePassByteForByte() throws IOException {
        index(Made.FROM_SHARDS).close();
        Path whole = build(Shard.WHOLE, "whole");
        for (int sae = 0; sae < FEATURES.length; sae++) {
            assertThat(temporary.resolve("merged/sae-" + sae + "/by-token.bin"))
                    .hasSameBinaryContentAs(whole.resolve("sae-" + sae + "/by-token.bin"));
        }
        try (Stream<Path> left = Files.walk(temporary)) {
            assertThat(left.map(Path::toString)
                            .filter(name -> name.endsWith(".part"))
                            .collect(Collectors.toList()))
                    .isEmpty();
        }
    }

    @Test
    void aFileByTokenThatWasCutOffIsRefused() throws IOException {
        Path folder = build(Shard.WHOLE, "whole");
        Path file = folder.resolve("sae-0/by-token.bin");
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) Files.size(file) - 3));
        IndexBeforeChecksums.make(folder);
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            assertThatThrownBy(() -> index.featuresAt(0, 3))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("by-token.bin")
                    .hasMessageContaining("anew");
        }
    }
}
