package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.Golden;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.lm.Ghost;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.LanguageModelTest;
import loupe.lm.Logits;
import loupe.lm.ModelConfig;
import loupe.lm.Processing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Against what Hugging Face transformers 4.45.1 and TransformerLens 2.8.1 computed in float64, with the tolerances of
 * the goldens' README: logits 1e-4 (the long sequence 5e-4), attention probabilities 1e-5, everything else 1e-4 + 1e-5
 * |x|.
 */
class GoldenModelsTest {
    private static final double RELATIVE = 1e-5;

    /** Every recorded model. */
    static List<String> models() {
        return List.of(
                "hf_gemma2_bf16",
                "hf_gemma_mqa",
                "hf_gpt2_a",
                "hf_gpt2_hubnames",
                "hf_gptneo_a",
                "hf_gptneox_parallel",
                "hf_gptneox_serial_f16",
                "hf_llama3_rope",
                "hf_llama_gqa",
                "hf_mistral_window",
                "hf_qwen2_tied");
    }

    static List<String> hooked() {
        return List.of(
                "tl_gemma2_bf16",
                "tl_gemma_mqa",
                "tl_gpt2_a",
                "tl_gpt2_hubnames",
                "tl_gptneo_a",
                "tl_gptneox_parallel");
    }

    /** A case that is recorded and not in the tables above would never be run. */
    @Test
    void everyRecordedModelIsInTheTables() throws IOException {
        Path golden = Golden.root();
        try (Stream<Path> folders = Files.list(golden)) {
            assertThat(folders.map(folder -> folder.getFileName().toString())
                            .filter(name -> name.startsWith("hf_") || name.startsWith("tl_")))
                    .as("cases not run")
                    .allMatch(name -> models().contains(name) || hooked().contains(name));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void everyFormOfTheWeightsGivesTransformersNumbers(String name) throws IOException {
        Path folder = Golden.folder(name);
        JsonNode golden =
                new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
        List<String> forms = new ArrayList<>();
        golden.path("weight_folders").forEach(form -> forms.add(form.asText()));
        assertThat(forms).contains("model");
        try (TensorArchive numbers = TensorArchives.open(folder.resolve("golden.safetensors"))) {
            for (String form : forms) {
                try (NDManager base = NDManager.newBaseManager();
                        ModelFolder files = ModelFolder.open(folder.resolve(form))) {
                    LanguageModel model =
                            files.read(Processing.RAW).on(base.newSubManager()).seal();
                    golden.path("sequences")
                            .properties()
                            .forEach(sequence ->
                                    compare(base, model, sequence.getKey(), ids(sequence.getValue()), numbers, golden));
                    compareGhost(base, model, golden, numbers);
                }
            }
        }
    }

    private static void compare(
            NDManager base, LanguageModel model, String sequence, int[] ids, TensorArchive numbers, JsonNode golden) {
        LanguageModelTest.Recorder seen = new LanguageModelTest.Recorder();
        NDArray logits = model.forward(base, Input.of(ids), seen, null, Logits.ALL, new Cancellation());
        int layers = model.config().nLayers();
        if (sequence.equals("long")) {
            same(logits.get(":, {}:", ids.length - 1), numbers, "long.logits_last.f64", 5e-4, 0);
            same(finalNorm(model, seen).get(":, {}:", ids.length - 1), numbers, "long.final_norm_last.f64", 5e-4, 0);
            return;
        }
        same(logits, numbers, sequence + ".logits.f64", 1e-4, 0);
        same(finalNorm(model, seen), numbers, sequence + ".final_norm.f64", 1e-4, RELATIVE);
        for (int layer = 0; layer < layers; layer++) {
            same(seen.get(HookPoint.residPre(layer)), numbers, sequence + ".hidden" + layer + ".f64", 1e-4, RELATIVE);
        }
        same(
                seen.get(HookPoint.residPost(layers - 1)),
                numbers,
                sequence + ".hidden" + layers + ".f64",
                1e-4,
                RELATIVE);
        if (sequence.equals("len7")) {
            for (int layer = 0; layer < layers; layer++) {
                same(
                        seen.get(new HookPoint(Site.PATTERN, layer)),
                        numbers,
                        "len7.attn_probs" + layer + ".f64",
                        1e-5,
                        0);
                compareAdded(
                        model,
                        seen.get(new HookPoint(Site.ATTN_OUT, layer)),
                        "ln_1_out",
                        layer,
                        numbers,
                        "len7.attn_out" + layer + ".f64");
                compareAdded(
                        model,
                        seen.get(new HookPoint(Site.MLP_OUT, layer)),
                        "ln_2_out",
                        layer,
                        numbers,
                        "len7.mlp_out" + layer + ".f64");
            }
        }
        JsonNode loss = golden.path("loss").path(sequence);
        if (!loss.isMissingNode()) {
            float[] logProbabilities = logits.logSoftmax(-1).toFloatArray();
            double sum = 0;
            for (int t = 0; t + 1 < ids.length; t++) {
                double nll = -logProbabilities[t * model.config().vocabularySize() + ids[t + 1]];
                assertThat(nll).isCloseTo(loss.path("per_token_nll_f64").get(t).asDouble(), within(1e-4));
                sum += nll;
            }
            assertThat(sum / (ids.length - 1)).isCloseTo(loss.path("f64").asDouble(), within(1e-4));
        }
    }

    /**
     * What is added to the residual stream is what transformers' attention or MLP returns, behind the norm on it if the
     * family has one.
     */
    private static void compareAdded(
            LanguageModel model, NDArray added, String norm, int layer, TensorArchive numbers, String name) {
        float[] expected = numbers.tensor(name).toHost().data();
        NDArray gainArray = model.parameters().get("transformer.h." + layer + "." + norm + ".weight");
        if (gainArray != null) {
            float[] gain = gainArray.toFloatArray();
            for (int row = 0; row < expected.length; row += gain.length) {
                double square = 0;
                for (int i = 0; i < gain.length; i++) {
                    square += expected[row + i] * (double) expected[row + i] / gain.length;
                }
                for (int i = 0; i < gain.length; i++) {
                    expected[row + i] = (float) (expected[row + i]
                            / Math.sqrt(square + model.config().normEpsilon())
                            * gain[i]);
                }
            }
        }
        same(added, expected, name, 1e-4, RELATIVE);
    }

    /** What transformers calls the final norm's output: after the gain, where hooks see RMSNorm's before it. */
    private static NDArray finalNorm(LanguageModel model, LanguageModelTest.Recorder seen) {
        NDArray normalised = seen.get(HookPoint.of(Site.LN_FINAL_NORMALIZED));
        boolean rms = model.config().wiring().norm() == ModelConfig.NormKind.RMS_NORM;
        return rms ? normalised.mul(model.parameters().get("transformer.ln_f.weight")) : normalised;
    }

    private static void compareGhost(NDManager base, LanguageModel model, JsonNode golden, TensorArchive numbers) {
        int position = golden.path("ghost").path("position").asInt();
        float[] vector = numbers.tensor("ghost.vector.f32").toHost().data();
        Input input = Input.of(ids(golden.path("sequences").path("len7"))).with(new Ghost(0, position, vector));
        same(model.forward(base, input), numbers, "ghost.logits.f64", 1e-4, 0);
    }

    @ParameterizedTest
    @MethodSource("hooked")
    void hookValuesAreTransformerLensesRawAndProcessed(String name) throws IOException {
        Path folder = Golden.folder(name);
        Path model = Golden.folder(name.replace("tl_", "hf_"));
        JsonNode sequences = new ObjectMapper()
                .readTree(model.resolve("golden.json").toFile())
                .path("sequences");
        try (TensorArchive numbers = TensorArchives.open(folder.resolve("golden.safetensors"));
                ModelFolder files = ModelFolder.open(model.resolve("model"))) {
            for (Processing processing : Processing.values()) {
                String prefix = processing == Processing.RAW ? "raw." : "proc.";
                try (NDManager base = NDManager.newBaseManager()) {
                    LanguageModel loaded =
                            files.read(processing).on(base.newSubManager()).seal();
                    int compared = 0;
                    for (String sequence : List.of("len7", "len24")) {
                        LanguageModelTest.Recorder seen = new LanguageModelTest.Recorder();
                        NDArray logits = loaded.forward(
                                base,
                                Input.of(ids(sequences.path(sequence))),
                                seen,
                                null,
                                Logits.ALL,
                                new Cancellation());
                        if (processing == Processing.PROCESSED
                                && loaded.config().scaling().logitCap().isPresent()) {
                            logits = withCentredUnembedding(loaded, seen.get(HookPoint.of(Site.LN_FINAL_NORMALIZED)));
                        }
                        same(logits, numbers, prefix + sequence + ".logits", 1e-4, 0);
                        String start = prefix + sequence + ".";
                        for (String tensor : numbers.names()) {
                            HookPoint point = tensor.startsWith(start)
                                    ? HookPoint.parse(tensor.substring(start.length()))
                                            .orElse(null)
                                    : null;
                            if (point != null) {
                                boolean probabilities = point.site() == Site.PATTERN;
                                same(
                                        seen.get(point),
                                        numbers,
                                        tensor,
                                        probabilities ? 1e-5 : 1e-4,
                                        probabilities ? 0 : RELATIVE);
                                compared++;
                            }
                        }
                    }
                    assertThat(compared).as("hook values compared").isGreaterThan(30);
                }
            }
        }
    }

    /**
     * TransformerLens 2.8 centres the unembedding even in front of a limit on logits, where that changes probabilities;
     * we do not.
     */
    private static NDArray withCentredUnembedding(LanguageModel model, NDArray normalised) {
        NDArray unembedding = normalised
                .getManager()
                .create(model.unembedding().toFloatArray(), model.unembedding().getShape());
        double cap = model.config().scaling().logitCap().orElseThrow();
        return normalised
                .matMul(unembedding.sub(unembedding.mean(new int[] {0}, true)).transpose())
                .div(cap)
                .tanh()
                .mul(cap);
    }

    private static int[] ids(JsonNode list) {
        return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
    }

    private static void same(NDArray actual, TensorArchive numbers, String name, double absolute, double relative) {
        same(actual, numbers.tensor(name).toHost().data(), name, absolute, relative);
    }

    private static void same(NDArray actual, float[] expected, String name, double absolute, double relative) {
        float[] values = actual.toFloatArray();
        assertThat(values.length).as(name).isEqualTo(expected.length);
        for (int i = 0; i < values.length; i++) {
            if (!(Math.abs(values[i] - expected[i]) <= absolute + relative * Math.abs(expected[i]))) {
                assertThat(values[i]).as(name + " element " + i).isCloseTo(expected[i], within((float) absolute));
            }
        }
    }
}
