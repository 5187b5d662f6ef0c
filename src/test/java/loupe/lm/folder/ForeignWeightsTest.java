package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.TinyModel;
import loupe.Trial;
import loupe.base.CheckpointException;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models in forms that are not read are refused with one true sentence that says what they are. */
class ForeignWeightsTest {
    private static final String PLAIN = "\"model_type\": \"gpt2\", \"n_embd\": 8, \"n_layer\": 2, \"n_head\": 2,"
            + " \"vocab_size\": 300, \"n_positions\": 32";

    @TempDir
    Path folder;

    private static void assertRefused(Path path, String... words) {
        assertThatThrownBy(() -> ModelFolder.open(path).close())
                .isInstanceOf(CheckpointException.class)
                .message()
                .satisfies(message -> assertThat(message.substring(
                                message.indexOf(path.getFileName().toString())))
                        .contains(words)
                        .hasSizeLessThan(300));
    }

    @Test
    void aModelOfBitsandbytesIsQuantised() {
        assertRefused(
                Trial.folder("quantised").resolve("bnb-4bit"),
                "the weights are quantised (bitsandbytes, 4 bit); expected float32, float16 or bfloat16.",
                "Choose the model they were made from.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "quantization_config | {\"quant_method\": \"gptq\", \"bits\": 4} | (gptq, 4 bit)",
                "quantization_config | {\"quant_method\": \"awq\", \"bits\": 4} | (awq, 4 bit)",
                "quantization_config | {\"quant_method\": \"fp8\"} | (fp8)",
                "quantization_config | {\"quant_method\": \"compressed-tensors\"} | (compressed-tensors)",
                "quantization_config | {\"quant_method\": \"hqq\"} | (hqq)",
                "quantization_config | {\"quant_method\": \"bitsandbytes\", \"load_in_8bit\": true} "
                        + "| (bitsandbytes, 8 bit)",
                "quantization | {\"group_size\": 64, \"bits\": 4} | (MLX, 4 bit)",
                "text_config | {\"quantization_config\": {\"quant_method\": \"fp8\"}} | (fp8)",
            })
    void whatConfigSaysOfItsWeightsIsTaken(String key, String value, String said) throws IOException {
        TinyModel.writeTo(folder);
        Files.writeString(folder.resolve("config.json"), "{" + PLAIN + ", \"" + key + "\": " + value + "}");
        assertRefused(folder, "the weights are quantised " + said, "Choose the model they were made from.");
    }

    @ParameterizedTest
    @CsvSource({
        "transformer.h.0.attn.c_attn.qweight, GPTQ",
        "transformer.h.0.attn.c_attn.scales, GPTQ",
        "transformer.h.0.attn.c_attn.SCB, bitsandbytes",
        "transformer.h.0.attn.c_attn.weight_scale_inv, FP8",
        "transformer.h.0.attn.c_attn.weight_packed, compressed-tensors",
        "transformer.h.0.attn.c_attn.W_q, HQQ",
        "base_model.model.transformer.h.0.attn.c_attn.lora_A.weight, PEFT",
    })
    void tensorsTellWhatConfigDoesNot(String tensor, String said) throws IOException {
        TinyModel.writeTo(folder);
        Map<String, HostTensor> weights = new LinkedHashMap<>(TinyModel.weights());
        weights.put(tensor, new HostTensor(new float[2], 2));
        TinyModel.writeSafetensors(folder.resolve("model.safetensors"), weights);
        assertRefused(folder, said, tensor);
    }

    @Test
    void anAdapterNamesItsModel() throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), "{\"base_model_name_or_path\": \"google/gemma-2b\"}");
        Files.writeString(folder.resolve("config.json"), "{" + PLAIN + "}");
        TinyModel.writeSafetensors(
                folder.resolve("adapter_model.safetensors"),
                Map.of("a.lora_A.weight", new HostTensor(new float[2], 2)));
        assertRefused(folder, "this is a PEFT adapter to google/gemma-2b, not a whole model", "merge_and_unload");
        assertThat(ModelFolder.isForeign(folder)).isTrue();
    }

    @Test
    void anAdapterBesideWholeWeightsIsNamedAndNotApplied() throws IOException {
        TinyModel.writeTo(folder);
        Files.writeString(folder.resolve("adapter_config.json"), "{}");
        try (ModelFolder files = ModelFolder.open(folder)) {
            assertThat(files.warnings())
                    .containsExactly("The folder also has a PEFT adapter (adapter_config.json), which is not applied");
        }
        assertThat(ModelFolder.isForeign(folder)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "gemma-2-2b-Q4_K_M.gguf, GGUF files for llama.cpp",
        "onnx/decoder_model.onnx, ONNX files",
        "weights.npz, weights for MLX",
        "tf_model.h5, TensorFlow weights",
        "flax_model.msgpack, Flax weights",
        "consolidated.00.pth, weights in Meta's own layout",
    })
    void filesForAnotherProgramAreNamed(String file, String said) throws IOException {
        Files.writeString(folder.resolve("config.json"), "{" + PLAIN + "}");
        Files.createDirectories(folder.resolve(file).getParent());
        Files.write(folder.resolve(file), new byte[16]);
        assertRefused(folder, "this folder has " + said, "Hugging Face's layout");
        assertThat(ModelFolder.isForeign(folder)).isTrue();
    }

    @Test
    void weightsOfAnAdapterAreKnownWithoutItsSettings() throws IOException {
        Files.write(folder.resolve("adapter_model.bin"), new byte[] {1});
        assertRefused(folder, "this is a PEFT adapter, not a whole model", "merge_and_unload");
    }
}
