package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import loupe.RealData;
import loupe.TinyModel;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.Logits;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An index of the beginning of a text against a computation that shares nothing with it but the model: the tokens
 * packed here, dense activations, added up in doubles. Counts, extremes and the activations themselves are the same
 * numbers; sums to 1e-6 relative, although both add in the same order.
 */
class DirectRecomputationTest {
    private static final int CONTEXT = 128;
    private static final int CHARACTERS = 16_000;
    private static final int ROWS = 8;
    private static final int FEATURES = 200;

    @TempDir
    Path temporary;

    @Test
    void statisticsOfTheSampleAreThoseOfADirectRecomputation() throws IOException {
        Path sample = Path.of("sample-checkpoints");
        compare(sample.resolve("corpus.txt"), sample.resolve("glossary"), sample.resolve("sae-topk"));
    }

    @Test
    @Tag("real-data")
    void statisticsOfARandomAutoencoderOnARealModelAreThoseOfADirectRecomputation() throws IOException {
        Path text = RealData.file("text/wikitext-2-valid.txt");
        compare(text, RealData.file("real-lm/TinyStories-656K-f32"), randomSae(128, 512));
    }

    private Path randomSae(int d, int features) throws IOException {
        Path folder = Files.createDirectories(temporary.resolve("random"));
        TinyModel.writeSafetensors(
                folder.resolve("sae_weights.safetensors"),
                Map.of(
                        "W_enc",
                        gaussian(1, 1, d, features),
                        "W_dec",
                        gaussian(2, 1, features, d),
                        "b_enc",
                        gaussian(3, 60, features),
                        "b_dec",
                        gaussian(4, 0.1, d)));
        Files.writeString(
                folder.resolve("cfg.json"),
                "{\"architecture\": \"standard\", \"d_in\": " + d + ", \"d_sae\": " + features
                        + ", \"dtype\": \"float32\", \"apply_b_dec_to_input\": true, \"normalize_activations\": "
                        + "\"none\","
                        + " \"metadata\": {\"sae_lens_version\": \"6.18.0\", \"hook_name\": "
                        + "\"blocks.1.hook_resid_pre\"}}");
        return folder;
    }

    private static HostTensor gaussian(long seed, double deviation, int... shape) {
        Random random = new Random(seed);
        float[] data = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) (deviation * random.nextGaussian());
        }
        return new HostTensor(data, shape);
    }

    private void compare(Path text, Path modelFolder, Path saePath) throws IOException {
        List<String> documents = documents(text);
        Path corpus = Files.writeString(temporary.resolve("corpus.txt"), String.join(Corpus.SEPARATOR, documents));
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            OpenModel model = service.openModel(modelFolder, Processing.RAW)
                    .toCompletableFuture()
                    .join();
            OpenSae sae = service.openSae(saePath, SaeOptions.AS_STORED)
                    .toCompletableFuture()
                    .join();
            Tokenizer tokenizer = model.tokenizer().orElseThrow();
            List<int[]> contexts = packed(documents, tokenizer);
            Path folder = temporary.resolve("index");
            IndexInfo.IndexedSae indexed = new IndexInfo.IndexedSae(
                    "sae-0", new IndexInfo.Named("sae", "f"), sae.config().dSae(), "", 0);
            IndexInfo info = new IndexBuild(
                            new IndexBuild.Settings(
                                    new IndexInfo.Named("model", "m"),
                                    List.of(indexed),
                                    CONTEXT,
                                    tokenizer.beginning(),
                                    DocumentPacking.PACKED,
                                    Long.MAX_VALUE),
                            Corpus.of(List.of(corpus)),
                            document -> tokenizer
                                    .encode(document, Tokenizer.Beginning.NO)
                                    .ids(),
                            IndexBuild.asking(service, model.id(), List.of(sae.id())),
                            folder)
                    .run(false, progress -> {}, new Cancellation());
            int tokens = contexts.stream().mapToInt(context -> context.length).sum();
            assertThat(info.tokens()).isEqualTo(tokens).isBetween(3_000L, 12_000L);
            float[] dense = dense(service, model, sae, contexts);
            assertThat(dense).hasSize(tokens * sae.config().dSae());
            try (ActivationIndex index = ActivationIndex.open(folder)) {
                FeatureStatistics statistics = index.statistics(0);
                int active = 0;
                for (int feature : new Random(5)
                        .ints(0, sae.config().dSae())
                        .distinct()
                        .limit(FEATURES)
                        .toArray()) {
                    float[] column = new float[tokens];
                    for (int t = 0; t < tokens; t++) {
                        column[t] = dense[t * sae.config().dSae() + feature];
                    }
                    compare(feature, column, statistics, index);
                    active += statistics.count()[feature] > 0 ? 1 : 0;
                }
                assertThat(active).as("features that are active somewhere").isGreaterThan(FEATURES / 2);
            }
        }
    }

    private static void compare(int feature, float[] column, FeatureStatistics statistics, ActivationIndex index) {
        long count = 0;
        double sum = 0;
        double squares = 0;
        float max = 0;
        float min = 0;
        for (float value : column) {
            if (value > 0) {
                count++;
                sum += value;
                squares += (double) value * value;
                max = Math.max(max, value);
                min = min == 0 ? value : Math.min(min, value);
            }
        }
        assertThat(statistics.count()[feature]).as("count of %d", feature).isEqualTo(count);
        assertThat(statistics.sum()[feature]).as("sum of %d", feature).isCloseTo(sum, within(1e-6 * sum));
        assertThat(statistics.sumOfSquares()[feature])
                .as("squares of %d", feature)
                .isCloseTo(squares, within(1e-6 * squares));
        assertThat(statistics.max()[feature]).as("max of %d", feature).isEqualTo(max);
        assertThat(statistics.min()[feature])
                .as("least positive of %d", feature)
                .isEqualTo(min);
        assertThat(statistics.density(feature)).isEqualTo((double) count / column.length);
        assertThat(statistics.mean(feature)).isCloseTo(count == 0 ? 0 : sum / count, within(1e-6 * max));
        FeatureActivations activations = index.activations(0, feature);
        assertThat(Arrays.stream(activations.histogram(50).counts()).sum())
                .as("histogram of %d", feature)
                .isEqualTo(count);
        assertThat(Arrays.stream(activations.histogram(7, 0, Math.max(max, 1)).counts())
                        .sum())
                .isEqualTo(count);
        float[] stored = new float[column.length];
        for (int i = 0; i < activations.tokens().length; i++) {
            stored[activations.tokens()[i]] = activations.values()[i];
        }
        assertThat(Arrays.mismatch(stored, column))
                .as("first token at which feature %d is stored otherwise", feature)
                .isEqualTo(-1);
    }

    /** The text's lines with something in them, a dozen lines a document. */
    private static List<String> documents(Path text) throws IOException {
        List<String> lines = Files.readString(text)
                .substring(0, CHARACTERS)
                .replace(Corpus.SEPARATOR, "")
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < lines.size(); i += 12) {
            documents.add(String.join(" ", lines.subList(i, Math.min(lines.size(), i + 12))));
        }
        return documents;
    }

    /** All tokens one after another, the separator before each document, cut into contexts. */
    private static List<int[]> packed(List<String> documents, Tokenizer tokenizer) {
        List<Integer> ids = new ArrayList<>();
        OptionalInt separator = tokenizer.beginning();
        for (String document : documents) {
            separator.ifPresent(ids::add);
            Arrays.stream(tokenizer.encode(document, Tokenizer.Beginning.NO).ids())
                    .forEach(ids::add);
        }
        List<int[]> contexts = new ArrayList<>();
        for (int from = 0; from < ids.size(); from += CONTEXT) {
            contexts.add(ids.subList(from, Math.min(ids.size(), from + CONTEXT)).stream()
                    .mapToInt(i -> i)
                    .toArray());
        }
        return contexts;
    }

    /**
     * Activations of every feature at every token, zeros included, row by row; batches of the same shape, so that
     * rounding is the same.
     */
    private static float[] dense(LocalInferenceService service, OpenModel model, OpenSae sae, List<int[]> contexts) {
        int tokens = contexts.stream().mapToInt(context -> context.length).sum();
        float[] dense = new float[tokens * sae.config().dSae()];
        int at = 0;
        for (int from = 0; from < contexts.size(); ) {
            int to = from;
            while (to < contexts.size() && to - from < ROWS && contexts.get(to).length == contexts.get(from).length) {
                to++;
            }
            int[][] batch = contexts.subList(from, to).toArray(int[][]::new);
            float[] values = service.submit(
                            (Query.Single<float[]>) scope -> encoded(scope, model, sae, batch), Priority.VISIBLE)
                    .answer()
                    .toCompletableFuture()
                    .join();
            System.arraycopy(values, 0, dense, at, values.length);
            at += values.length;
            from = to;
        }
        return dense;
    }

    private static float[] encoded(Scope scope, OpenModel model, OpenSae sae, int[][] batch) {
        HookPoint hook = sae.config().hook().orElseThrow();
        NDArray[] seen = new NDArray[1];
        scope.model(model.id())
                .forward(
                        scope.arrays(),
                        Input.of(batch),
                        new Hook() {
                            @Override
                            public boolean wants(HookPoint point) {
                                return point.equals(hook);
                            }

                            @Override
                            public NDArray at(HookPoint point, NDArray value) {
                                seen[0] = value;
                                return value;
                            }
                        },
                        null,
                        Logits.ALL,
                        scope.cancellation());
        return scope.sae(sae.id()).encode(seen[0]).toFloatArray();
    }
}
