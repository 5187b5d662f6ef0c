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
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.RealData;
import loupe.TinyModel;
import loupe.analysis.compare.SaeEvaluation;
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
 * Activations and losses of documents apart, and of documents whose borders are cut, against one forward pass for each
 * document, its separator before it: activations to 1e-5 of the largest at their token, the mean loss to 1e-5. A
 * document longer than a context is several.
 */
class DocumentsApartTest {
    private static final int CONTEXT = 48;
    private static final double TOLERANCE = 1e-5;

    @TempDir
    Path temporary;

    @Test
    void theSampleGivesTheNumbersOfOneForwardPassForEachDocument() throws IOException {
        Path sample = Path.of("sample-checkpoints");
        List<String> documents = Arrays.stream(
                        Files.readString(sample.resolve("corpus.txt")).split("<\\|endoftext\\|>"))
                .limit(60)
                .toList();
        compare(documents, sample.resolve("glossary"), sample.resolve("sae-topk"));
    }

    @Test
    @Tag("real-data")
    void aRealModelWithRotaryPositionsGivesTheNumbersOfOneForwardPassForEachDocument() throws IOException {
        List<String> documents = Files.readString(RealData.file("text/wikitext-2-valid.txt"))
                .substring(0, 7_000)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        compare(documents, RealData.file("real-lm/TinyStories-656K-f32"), randomSae(128, 512));
    }

    private Path randomSae(int d, int features) throws IOException {
        Path folder = Files.createDirectories(temporary.resolve("random"));
        TinyModel.writeSafetensors(
                folder.resolve("sae_weights.safetensors"),
                Map.of(
                        "W_enc",
                        gaussian(1, 0.1, d, features),
                        "W_dec",
                        gaussian(2, 0.1, features, d),
                        "b_enc",
                        gaussian(3, 0.1, features),
                        "b_dec",
                        gaussian(4, 0.1, d)));
        Files.writeString(
                folder.resolve("cfg.json"),
                "{\"architecture\": \"standard\", \"d_in\": " + d + ", \"d_sae\": " + features
                        + ", \"dtype\": \"float32\", \"apply_b_dec_to_input\": true, \"normalize_activations\": "
                        + "\"none\", \"metadata\": {\"sae_lens_version\": \"6.18.0\", \"hook_name\": "
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

    private void compare(List<String> documents, Path modelFolder, Path saePath) throws IOException {
        Path corpus = Files.writeString(temporary.resolve("corpus.txt"), String.join(Corpus.SEPARATOR, documents));
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            OpenModel model = service.openModel(modelFolder, Processing.RAW)
                    .toCompletableFuture()
                    .join();
            OpenSae sae = service.openSae(saePath, SaeOptions.AS_STORED)
                    .toCompletableFuture()
                    .join();
            Tokenizer tokenizer = model.tokenizer().orElseThrow();
            List<int[]> pieces = pieces(documents, tokenizer);
            List<float[]> expected = new ArrayList<>();
            double[] loss = new double[2];
            for (int[] piece : pieces) {
                float[] values = ask(service, scope -> activations(scope, model, sae, piece));
                IntStream.range(0, piece.length)
                        .mapToObj(t -> Arrays.copyOfRange(
                                values,
                                t * sae.config().dSae(),
                                (t + 1) * sae.config().dSae()))
                        .forEach(expected::add);
                loss[0] += ask(service, scope -> loss(scope, model, piece));
                loss[1] += piece.length - 1;
            }
            assertThat(loss[1]).as("predictions").isGreaterThan(800);

            double packed = evaluate(service, model, sae, tokenizer, documents, DocumentPacking.PACKED)
                    .ceClean();
            assertThat(packed).isNotCloseTo(loss[0] / loss[1], within(0.001));
            for (DocumentPacking how : List.of(DocumentPacking.APART, DocumentPacking.SEPARATED)) {
                SaeEvaluation.Answer answer = evaluate(service, model, sae, tokenizer, documents, how);
                assertThat(answer.ceClean()).as("loss, %s", how).isCloseTo(loss[0] / loss[1], within(TOLERANCE));
                assertThat(answer.tokens()).isEqualTo(expected.size());
                assertSame(index(service, model, sae, tokenizer, corpus, how), expected, how);
            }
        }
    }

    /** Every document with its separator, cut where it is longer than a context: what the model is to read. */
    private static List<int[]> pieces(List<String> documents, Tokenizer tokenizer) {
        List<int[]> pieces = new ArrayList<>();
        for (String document : documents) {
            int[] ids = IntStream.concat(
                            tokenizer.beginning().stream(),
                            Arrays.stream(tokenizer
                                    .encode(document.strip(), Tokenizer.Beginning.NO)
                                    .ids()))
                    .toArray();
            for (int from = 0; from < ids.length; from += CONTEXT) {
                pieces.add(Arrays.copyOfRange(ids, from, Math.min(ids.length, from + CONTEXT)));
            }
        }
        return pieces;
    }

    private static <T> T ask(LocalInferenceService service, Query.Single<T> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    private static float[] activations(Scope scope, OpenModel model, OpenSae sae, int[] piece) {
        HookPoint hook = sae.config().hook().orElseThrow();
        NDArray[] seen = new NDArray[1];
        scope.model(model.id())
                .forward(
                        scope.arrays(),
                        Input.of(piece),
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
                        Logits.NONE,
                        new Cancellation());
        return scope.sae(sae.id()).encode(seen[0]).toFloatArray();
    }

    private static double loss(Scope scope, OpenModel model, int[] piece) {
        float[] logProbabilities = scope.model(model.id())
                .forward(scope.arrays(), Input.of(piece))
                .logSoftmax(-1)
                .toFloatArray();
        int vocabulary = logProbabilities.length / piece.length;
        double sum = 0;
        for (int t = 0; t + 1 < piece.length; t++) {
            sum -= logProbabilities[t * vocabulary + piece[t + 1]];
        }
        return sum;
    }

    private static SaeEvaluation.Answer evaluate(
            LocalInferenceService service,
            OpenModel model,
            OpenSae sae,
            Tokenizer tokenizer,
            List<String> documents,
            DocumentPacking how) {
        Contexts contexts = new Contexts(CONTEXT, tokenizer.beginning(), Long.MAX_VALUE, how);
        documents.forEach(document -> contexts.add(
                tokenizer.encode(document.strip(), Tokenizer.Beginning.NO).ids()));
        contexts.finish();
        return service.submit(
                        new SaeEvaluation(model.id(), sae.id(), how.rows(contexts.drain()), Set.of()), Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    private ActivationIndex index(
            LocalInferenceService service,
            OpenModel model,
            OpenSae sae,
            Tokenizer tokenizer,
            Path corpus,
            DocumentPacking how) {
        Path folder = temporary.resolve("index-" + how.word());
        new IndexBuild(
                        new IndexBuild.Settings(
                                new IndexInfo.Named("model", "m"),
                                List.of(new IndexInfo.IndexedSae(
                                        "sae-0",
                                        new IndexInfo.Named("sae", "f"),
                                        sae.config().dSae(),
                                        "",
                                        0)),
                                CONTEXT,
                                tokenizer.beginning(),
                                how,
                                Long.MAX_VALUE),
                        Corpus.of(List.of(corpus)),
                        document -> tokenizer
                                .encode(document, Tokenizer.Beginning.NO)
                                .ids(),
                        IndexBuild.asking(service, model.id(), List.of(sae.id())),
                        folder)
                .run(false, progress -> {}, new Cancellation());
        return ActivationIndex.open(folder);
    }

    /** Every stored activation, and every zero, is the expected one at its token. */
    private static void assertSame(ActivationIndex index, List<float[]> expected, DocumentPacking how) {
        try (index) {
            assertThat(index.info().tokens()).isEqualTo(expected.size());
            assertThat(index.info().documents()).isEqualTo(how);
            int[] tokens = IntStream.range(0, Math.toIntExact(index.info().places()))
                    .filter(index::hasToken)
                    .toArray();
            assertThat(tokens).hasSize(expected.size());
            double furthest = 0;
            for (int i = 0; i < tokens.length; i++) {
                float[] found = new float[expected.get(i).length];
                for (ActivationIndex.ActiveFeature feature : index.featuresAt(0, tokens[i])) {
                    found[feature.feature()] = feature.activation();
                }
                double scale = 1;
                for (float value : expected.get(i)) {
                    scale = Math.max(scale, value);
                }
                for (int f = 0; f < found.length; f++) {
                    furthest = Math.max(furthest, Math.abs(found[f] - expected.get(i)[f]) / scale);
                }
            }
            assertThat(furthest).as("difference of an activation, %s", how).isLessThan(TOLERANCE);
            assertThat(Stream.of(index.statistics(0).count())
                            .flatMapToLong(Arrays::stream)
                            .sum())
                    .isEqualTo(expected.stream()
                            .mapToLong(row -> IntStream.range(0, row.length)
                                    .filter(f -> row[f] > 0)
                                    .count())
                            .sum());
        }
    }
}
