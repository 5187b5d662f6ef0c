package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.format.JsonFiles;
import loupe.format.TorchObject;
import loupe.sae.Activation;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations that no library writes: what they say of the mathematics is used or named, wherever it stands. */
class HomeMadeConfigurationTest {
    private static final int D = 4;
    private static final int N = 12;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "num_topk", "k_active", "sparsity_k", "theta", "activation_scale", "act_scale", "x_scale",
                "dataset_norm", "avg_norm", "input_norm", "center_input", "standardize", "layernorm", "subtract_mean",
                "unit_norm", "residual", "gated", "abs"
            })
    void aKeyThatChangesTheMathematicsIsNamedWhereverItStands(String key) {
        Object value = key.contains("k") && !key.equals("unit_norm") ? (Object) 3 : 2.5;
        for (Map<String, Object> config : List.of(
                Map.<String, Object>of(key, value),
                Map.<String, Object>of("sae", Map.of(key, value)),
                Map.<String, Object>of("anything", Map.of("deeper", Map.of(key, value))))) {
            assertThat(read(config).warnings())
                    .anyMatch(warning -> warning.contains(key + " " + value) && warning.contains("not used"));
        }
        assertThat(read(Map.of(), key, value).warnings())
                .anyMatch(warning -> warning.contains(key + " " + value) && warning.contains("not used"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"type", "kind", "variant", "sae_class", "model_type", "act"})
    void anActivationFunctionIsNamedUnderAnyKey(String key) {
        assertThat(read(Map.of(key, "TopKSAE")).warnings())
                .anyMatch(warning -> warning.contains(key + " TopKSAE") && warning.contains("not used"));
        assertThat(read(Map.of(key, "relu")).warnings()).noneMatch(warning -> warning.contains("not used"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"relu", "apply_relu", "pre_bias", "b_dec_input"})
    void whatIsSwitchedOffAlthoughItIsDoneIsNamed(String key) {
        assertThat(read(Map.of(key, false)).warnings())
                .anyMatch(warning -> warning.contains(key + " false") && warning.contains("not used"));
        assertThat(read(Map.of(key, true)).warnings()).noneMatch(warning -> warning.contains("not used"));
    }

    @Test
    void whatBelongsToTrainingIsNotNamed() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.putAll(Map.of("d_model", D, "n_latents", N, "lr", 1e-3, "l1_coeff", 0.1, "layer", 3, "seed", 1));
        config.putAll(Map.of("model_name", "gpt2", "activation_dim", D, "act_size", D, "hook_point", "resid_post"));
        config.putAll(Map.of("n_tokens", 100, "type", "sae", "wandb_name", "topk_run", "grad_clip_norm", 1.5));
        config.putAll(Map.of("max_grad_norm", 1.5, "rms_norm_eps", 1e-5, "normalize_decoder", true, "aux_k", 512));
        config.put("optimizer", Map.of("scale", 2.5));
        config.put("training", Map.of("norm", 2.5));
        assertThat(read(config).warnings()).noneMatch(warning -> warning.contains("not used"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sae", "autoencoder", "model"})
    void whatTheAutoencodersPartOfAConfigurationSaysIsUsed(String part) {
        SaeFile file = read(Map.of("seed", 1, part, Map.of("k", 3, "activation", "topk")));
        assertThat(file.config().activation()).isEqualTo(new Activation.TopK(3, true, false));
    }

    @Test
    void aYamlFileBesideTheWeightsIsHeard() throws IOException {
        Path file = write(Map.of());
        Files.writeString(folder.resolve("config.yaml"), "sae:\n  k: 3\n  activation: topk\n");
        assertThat(SaeFile.read(file, SaeOptions.AS_STORED).config().activation())
                .isEqualTo(new Activation.TopK(3, true, false));
    }

    @Test
    void aConfigurationThatCannotBeReadIsNamed() throws IOException {
        Path file = write(Map.of());
        Files.writeString(folder.resolve("hparams.json"), "{\"k\": 3,");
        assertThat(SaeFile.read(file, SaeOptions.AS_STORED).warnings())
                .contains("hparams.json beside the weights cannot be read: what it says is not used");
    }

    @Test
    void aConfigurationOfNoLibraryBesideItsTensorsIsHeard() {
        Path file = write(Map.of());
        JsonFiles.write(folder.resolve("config.json"), Map.of("k", 3, "activation", "topk"));
        assertThat(SaeFile.read(file, SaeOptions.AS_STORED).config().activation())
                .isEqualTo(new Activation.TopK(3, true, false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"softsign", "jumprelu"})
    void whoeverChoosesAFunctionOpensWhatNamesOneThatCannotBe(String function) {
        Path file = write(Map.of("config", Map.of("activation", function)));
        SaeFile read = SaeFile.read(
                file, SaeOptions.builder().activation(Optional.of("relu")).build());
        assertThat(read.activation()).isEqualTo("relu");
        assertThat(read.warnings()).anyMatch(warning -> warning.contains("activation " + function));
        SaeFile topK = SaeFile.read(
                file,
                SaeOptions.builder()
                        .activation(Optional.of("topk"))
                        .k(OptionalInt.of(2))
                        .build());
        assertThat(topK.config().activation()).isEqualTo(new Activation.TopK(2, true, false));
    }

    @Test
    void tensorsAloneAreSaidToDecideWhatItIs() {
        assertThat(SaeFile.read(write(Map.of()), SaeOptions.AS_STORED).warnings())
                .singleElement()
                .asString()
                .contains("read as AutoEncoder, a ReLU autoencoder that subtracts its decoder's bias");
    }

    private SaeFile read(Map<String, Object> config) {
        return read(config, "epoch", 3);
    }

    private SaeFile read(Map<String, Object> config, String key, Object value) {
        return SaeFile.read(write(Map.of("config", config, key, value)), SaeOptions.AS_STORED);
    }

    private Path write(Map<String, Object> beside) {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("encoder.weight", NothingIsDroppedTest.random(N, D));
        state.put("encoder.bias", NothingIsDroppedTest.random(N));
        state.put("decoder.weight", NothingIsDroppedTest.random(D, N));
        state.put("bias", new HostTensor(new float[] {1, -1, 0.5f, 2}, D));
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("state_dict", state);
        all.putAll(beside);
        Path file = folder.resolve("any.pt");
        TorchObject.write(file, all);
        return file;
    }
}
