package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import loupe.TinyModel;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.lm.HostWeight;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.LanguageModelTest;
import loupe.lm.LayerAttention;
import loupe.lm.Logits;
import loupe.lm.ModelConfig.MlpActivation;
import loupe.lm.ModelWeights;
import loupe.lm.ParameterShapes;
import loupe.lm.Processing;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
    private static final int[] IDS = {5, 260, 17, 299, 0, 44, 17};

    @TempDir
    Path folder;

    @Test
    void aFolderHoldsTheModelItWasWrittenFrom() throws IOException {
        TinyModel.writeTo(folder);
        try (NDManager base = NDManager.newBaseManager();
                ModelFolder files = ModelFolder.open(folder)) {
            assertThat(files.config()).isEqualTo(TinyModel.CONFIG);
            assertThat(files.warnings()).isEmpty();
            ModelWeights weights = files.read(Processing.RAW);
            assertThat(weights.bytes()).isEqualTo(files.bytes());
            LanguageModel read = weights.on(base.newSubManager()).seal();
            LanguageModel made = TinyModel.on(base);
            assertThat(read.forward(base, Input.of(IDS)).toFloatArray())
                    .isEqualTo(made.forward(base, Input.of(IDS)).toFloatArray());
            assertThat(files.tokenizer().orElseThrow().size()).isEqualTo(300);
        }
    }

    @Test
    void aModelIsOpenedByTheNameOfItsSettingsToo() throws IOException {
        Path whole = TinyModel.writeTo(folder.resolve("named"));
        try (ModelFolder model = ModelFolder.open(whole.resolve("config.json"))) {
            assertThat(model.config().family()).isEqualTo("gpt2");
            assertThat(model.tokenizer()).isPresent();
        }
    }

    @Test
    void weightsAreNotCopiedOnTheirWayToTheCpu() {
        HostWeight weight = HostWeight.zeros(2, 3);
        try (NDManager base = NDManager.newBaseManager()) {
            NDArray array = base.create(weight.blocks().get(0), new Shape(2, 3), DataType.FLOAT32);
            weight.floats().put(4, 7);
            assertThat(array.toFloatArray()).containsExactly(0, 0, 0, 0, 7, 0);
        }
    }

    /** As if a buffer held 200 bytes, six rows of the embedding. */
    @Test
    void parametersLargerThanABufferAreReadAndUploadedInBlocks() throws IOException {
        TinyModel.writeTo(folder);
        try (NDManager base = NDManager.newBaseManager();
                TensorArchive archive = TensorArchives.open(folder.resolve("model.safetensors"))) {
            StoredWeights stored = new StoredWeights(archive);
            ParameterShapes.required(TinyModel.CONFIG)
                    .forEach((name, shape) -> stored.claim(name, name, shape.getShape()));
            Map<String, HostWeight> blocks = stored.read(name -> true, 200);
            assertThat(blocks.get("transformer.wte.weight").blocks()).hasSize(50);
            WeightProcessing.apply(TinyModel.CONFIG, blocks);
            Map<String, HostWeight> whole = stored.read(name -> true);
            assertThat(whole.get("transformer.wte.weight").blocks()).hasSize(1);
            WeightProcessing.apply(TinyModel.CONFIG, whole);
            LanguageModel expected = new ModelWeights(TinyModel.CONFIG, 300, whole, Optional.empty())
                    .on(base.newSubManager())
                    .seal();
            LanguageModel model = new ModelWeights(TinyModel.CONFIG, 300, blocks, Optional.empty())
                    .on(base.newSubManager())
                    .seal();
            expected.parameters()
                    .forEach((name, parameter) -> assertThat(
                                    model.parameters().get(name).toFloatArray())
                            .as(name)
                            .isEqualTo(parameter.toFloatArray()));
            assertThat(model.forward(base, Input.of(IDS)).toFloatArray())
                    .isEqualTo(expected.forward(base, Input.of(IDS)).toFloatArray());
        }
    }

    /** Log-probabilities to 1e-5: processing moves every logit of a position by the same amount. */
    @Test
    void aProcessedModelPredictsTheSameWithACentredResidualStream() throws IOException {
        TinyModel.writeTo(folder);
        try (NDManager base = NDManager.newBaseManager();
                ModelFolder files = ModelFolder.open(folder)) {
            LanguageModel raw = files.read(Processing.RAW).on(base.newSubManager());
            LanguageModel processed = files.read(Processing.PROCESSED).on(base.newSubManager());
            LanguageModelTest.assertClose(
                    processed.forward(base, Input.of(IDS)).logSoftmax(-1).toFloatArray(),
                    raw.forward(base, Input.of(IDS)).logSoftmax(-1).toFloatArray(),
                    1e-5);
            LanguageModelTest.Recorder seen = new LanguageModelTest.Recorder();
            LanguageModelTest.Recorder seenRaw = new LanguageModelTest.Recorder();
            processed.forward(base, Input.of(IDS), seen, null, Logits.ALL, new Cancellation());
            raw.forward(base, Input.of(IDS), seenRaw, null, Logits.ALL, new Cancellation());
            NDArray stream = seenRaw.get(HookPoint.residPost(1));
            LanguageModelTest.assertClose(
                    seen.get(HookPoint.residPost(1)).toFloatArray(),
                    stream.sub(stream.mean(new int[] {-1}, true)).toFloatArray(),
                    1e-5);
        }
    }

    @Test
    void hubNamesAndMaskBuffersAreUnderstood() throws IOException {
        TinyModel.writeTo(folder);
        Map<String, HostTensor> hub = new LinkedHashMap<>();
        TinyModel.weights().forEach((name, tensor) -> hub.put(name.substring("transformer.".length()), tensor));
        hub.put("h.0.attn.bias", new HostTensor(new float[32 * 32], 1, 1, 32, 32));
        hub.put("odd.one", new HostTensor(new float[2], 2));
        TinyModel.writeSafetensors(folder.resolve("model.safetensors"), hub);
        try (NDManager base = NDManager.newBaseManager();
                ModelFolder files = ModelFolder.open(folder)) {
            assertThat(files.warnings())
                    .containsExactly("1 tensors are not part of this kind of model and are not used: odd.one");
            assertThat(files.read(Processing.RAW)
                            .on(base.newSubManager())
                            .forward(base, Input.of(IDS))
                            .toFloatArray())
                    .isEqualTo(TinyModel.on(base).forward(base, Input.of(IDS)).toFloatArray());
        }
    }

    @Test
    void configurationsAreReadUnderEitherSpellingWithTheFamilysDefaults() throws IOException {
        TinyModel.writeTo(folder);
        Files.writeString(
                folder.resolve("config.json"),
                "{\"model_type\":\"gpt2\",\"hidden_size\":8,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
                        + "\"max_position_embeddings\":32,\"vocab_size\":300,\"n_inner\":null,"
                        + "\"scale_attn_by_inverse_layer_idx\":true,\"activation_function\":\"gelu_pytorch_tanh\"}");
        try (ModelFolder files = ModelFolder.open(folder)) {
            assertThat(files.config().dMlp()).isEqualTo(32);
            assertThat(files.config().attention())
                    .extracting(LayerAttention::scale)
                    .containsExactly(0.5, 0.25);
            assertThat(files.config().activation()).isEqualTo(MlpActivation.GELU_NEW);
            assertThat(files.config().normEpsilon()).isEqualTo(1e-5);
        }
    }

    @Test
    void unsupportedAndUnfittingFoldersAreRefusedInOneSentence() throws IOException {
        refused("there is no config.json");
        TinyModel.writeTo(folder);
        String good = Files.readString(folder.resolve("config.json"));
        config(good.replace("gpt2", "rwkv"));
        refused("model_type is rwkv: a recurrent model without attention; expected a dense decoder");
        config(good.replace("\"n_embd\":8", "\"n_embd\":16"));
        refused("transformer.wte.weight is [300, 8]; expected [300, 16] by config.json");
        config(good.replace("\"n_layer\":2", "\"n_layer\":3"));
        refused("tensor transformer.h.2.ln_1.weight is missing");
        config(good.replace("\"n_head\":2", "\"n_head\":3"));
        refused("n_embd is 8 and n_head 3; expected n_embd to be a multiple of n_head");
        config(good.replace("\"n_head\":2", "\"n_head\":\"two\""));
        refused("n_head is \"two\"; expected a positive whole number");
        config(good.replace("gelu_new", "mish"));
        refused("activation_function is mish; expected gelu, gelu_new, silu or relu");
        config("[]");
        refused("config.json");
        config("{\"model_type\":");
        refused("config.json");
        config(good);
        Files.delete(folder.resolve("model.safetensors"));
        refused("there are no weights; expected one of model.safetensors");
    }

    private void config(String text) throws IOException {
        Files.writeString(folder.resolve("config.json"), text);
    }

    private void refused(String message) {
        assertThatThrownBy(() -> ModelFolder.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(message);
    }

    @Test
    void weightsThatAreNoNumbersAreCountedWhileTheyAreRead() throws IOException {
        Map<String, HostTensor> weights = new LinkedHashMap<>(TinyModel.weights());
        weights.get("transformer.wte.weight").data()[7] = Float.NaN;
        weights.get("transformer.wte.weight").data()[2399] = Float.NEGATIVE_INFINITY;
        weights.get("transformer.h.1.mlp.c_fc.bias").data()[31] = Float.POSITIVE_INFINITY;
        weights.get("transformer.ln_f.bias").data()[0] = Float.MAX_VALUE;
        TinyModel.writeTo(folder, TinyModel.CONFIG, weights);

        try (ModelFolder model = ModelFolder.open(folder)) {
            for (int time = 0; time < 2; time++) {
                ModelWeights read = model.read(Processing.RAW);
                assertThat(read.doubt())
                        .contains("Weights contain non-finite values (NaN or infinite): "
                                + "transformer.h.1.mlp.c_fc.bias (1), transformer.wte.weight (2); "
                                + "what is computed from them is not defined");
                read.free();
            }
        }
    }
}
