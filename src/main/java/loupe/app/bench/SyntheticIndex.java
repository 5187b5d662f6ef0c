package loupe.app.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import loupe.base.Cancellation;
import loupe.index.ActivationIndex;
import loupe.index.CoActivations;
import loupe.index.Corpus;
import loupe.index.DocumentPacking;
import loupe.index.Examples;
import loupe.index.FeatureActivations;
import loupe.index.IndexBuild;
import loupe.index.IndexInfo;
import loupe.index.TokenFeatures;
import loupe.sae.SparseFeatures;

/**
 * Queries of an index of 1,000,000 tokens with 40 of 24,576 features active at each, written by the same code as any
 * other. Features are drawn with a density that falls like 1/sqrt(number), so that some are active at every tenth
 * token, as in real dictionaries; so are words.
 */
final class SyntheticIndex {
    private static final int TOKENS = 1_000_000;
    private static final int FEATURES = 24_576;
    private static final int ACTIVE = 40;
    private static final int VOCABULARY = 50_257;
    private static final int CONTEXT = 128;
    private static final int DOCUMENT_WORDS = 400;
    private static final int LOOK_UPS = 200;
    private static final int WARM_UP = 20;
    private static final int EXAMPLES = 40;
    private static final int AROUND = 10;

    private SyntheticIndex() {}

    static Map<String, Object> measure(Bench bench, Path folder) throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        if (!ActivationIndex.isComplete(folder)) {
            bench.report("writing " + (long) TOKENS * ACTIVE + " activations");
            long start = System.nanoTime();
            write(bench.temporary().resolve("words.txt"), folder);
            double seconds = (System.nanoTime() - start) / 1e9;
            figures.put("generated and written", new Timing(seconds, seconds, "s"));
        }
        bench.report("querying");
        figures.put("opened, all statistics read, database loaded if nothing was written", opened(folder));
        figures.put("opened again", opened(folder));
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            figures.put(
                    "one feature: histogram, statistics, 40 examples",
                    asked(random -> feature(index, random.nextInt(FEATURES)), 31));
            figures.put(
                    "the densest feature: histogram, statistics, 40 examples", asked(random -> feature(index, 0), 32));
            figures.put(
                    "features active together with a feature",
                    asked(random -> together(index, random.nextInt(FEATURES)), 33));
            figures.put("features active together with the densest feature", asked(random -> together(index, 0), 34));
            figures.put(
                    "features active at a word",
                    asked(random -> index.featuresOf(0, word(random)).top(TokenFeatures.Measure.MEAN, 20), 35));
            figures.put(
                    "features active at one place", asked(random -> index.featuresAt(0, random.nextInt(TOKENS)), 36));
        }
        return figures;
    }

    /**
     * The first opening of a process loads the embedded database, which takes a few tenths of a second; writing has
     * loaded it already.
     */
    private static Timing opened(Path folder) {
        long start = System.nanoTime();
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            index.statistics(0);
            double seconds = (System.nanoTime() - start) / 1e9;
            return new Timing(seconds, seconds, "s");
        }
    }

    private static void feature(ActivationIndex index, int feature) {
        FeatureActivations activations = index.activations(0, feature);
        activations.histogram(50);
        activations.density();
        index.distinct(activations, n -> Examples.top(activations, n, AROUND), EXAMPLES, AROUND, AROUND);
    }

    private static void together(ActivationIndex index, int feature) {
        index.coActivations(index.activations(0, feature), 0, 0).top(CoActivations.Measure.PEARSON, 20, 1);
    }

    private interface Question {
        void ask(SplittableRandom random);
    }

    private static LookUps asked(Question question, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] seconds = new double[LOOK_UPS];
        for (int i = -WARM_UP; i < LOOK_UPS; i++) {
            long start = System.nanoTime();
            question.ask(random);
            if (i >= 0) {
                seconds[i] = (System.nanoTime() - start) / 1e9;
            }
        }
        Arrays.sort(seconds);
        return new LookUps(
                Timing.of(seconds).milliseconds(),
                1e3 * seconds[(int) Math.ceil(0.95 * LOOK_UPS) - 1],
                1e3 * seconds[LOOK_UPS - 1]);
    }

    /** How long questions of one kind take, in milliseconds, the slow ones too. */
    private record LookUps(
            @JsonUnwrapped Timing timing,
            @JsonProperty("percentile_95") double percentile95,
            double worst) {}

    /** A word; low numbers are frequent. */
    private static int word(SplittableRandom random) {
        double u = random.nextDouble();
        return (int) (VOCABULARY * u * u * u);
    }

    private static void write(Path words, Path folder) throws IOException {
        SplittableRandom random = new SplittableRandom(21);
        try (BufferedWriter out = Files.newBufferedWriter(words)) {
            for (int i = 0; i < TOKENS; i++) {
                out.write(Integer.toString(word(random)));
                out.write(i % DOCUMENT_WORDS == DOCUMENT_WORDS - 1 && i < TOKENS - 1 ? Corpus.SEPARATOR : " ");
            }
        }
        IndexInfo.IndexedSae sae =
                new IndexInfo.IndexedSae("sae-0", new IndexInfo.Named("synthetic", "synthetic"), FEATURES, "", 0);
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named("synthetic", "synthetic"),
                List.of(sae),
                CONTEXT,
                OptionalInt.empty(),
                DocumentPacking.PACKED,
                TOKENS);
        new IndexBuild(
                        settings,
                        Corpus.of(List.of(words)),
                        IndexBenchmark::ids,
                        contexts -> CompletableFuture.completedFuture(List.of(activations(contexts.all()))),
                        folder)
                .run(false, progress -> {}, new Cancellation());
        Files.delete(words);
    }

    private static SparseFeatures activations(int[][] contexts) {
        SplittableRandom random = new SplittableRandom(Arrays.hashCode(contexts[0]));
        int rows = contexts.length * contexts[0].length;
        int[] offsets = new int[rows + 1];
        int[] features = new int[rows * ACTIVE];
        float[] values = new float[rows * ACTIVE];
        BitSet drawn = new BitSet(FEATURES);
        for (int row = 0; row < rows; row++) {
            drawn.clear();
            for (int i = 0; i < ACTIVE; ) {
                double u = random.nextDouble();
                int feature = (int) (FEATURES * u * u);
                if (!drawn.get(feature)) {
                    drawn.set(feature);
                    i++;
                }
            }
            int[] at = {row * ACTIVE};
            drawn.stream().forEach((IntConsumer) feature -> {
                features[at[0]] = feature;
                values[at[0]++] = (float) (0.5 - 2 * Math.log(1 - random.nextDouble()));
            });
            offsets[row + 1] = at[0];
        }
        return new SparseFeatures(rows, FEATURES, offsets, features, values);
    }
}
