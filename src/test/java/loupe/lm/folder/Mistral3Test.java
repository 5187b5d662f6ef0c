package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.TinyModel;
import loupe.base.CheckpointException;
import loupe.lm.Input;
import loupe.lm.LanguageModelTest;
import loupe.lm.Processing;
import loupe.lm.TinyFamily;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The text part of Mistral 3, whose Ministral 3 is one of the tiny families. */
class Mistral3Test {
    private static final int[] IDS = {5, 20, 17, 2, 0, 11, 17, 9, 14, 22};

    @TempDir
    Path folder;

    private static TinyFamily ministral() {
        return TinyFamily.all().stream()
                .filter(family -> family.name().equals("ministral3"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theTextPartIsReadWhereverItsTensorsAre() throws IOException {
        for (String prefix : List.of("language_model.", "model.language_model.")) {
            Map<String, HostTensor> weights = new LinkedHashMap<>();
            ministral().weights().forEach((name, tensor) -> {
                boolean head = name.startsWith("lm_head");
                String inText = prefix.startsWith("model.") ? name.replaceFirst("^model\\.", "") : name;
                weights.put(head && prefix.startsWith("model.") ? name : prefix + inText, tensor);
            });
            weights.put("vision_tower.patch_conv.weight", new HostTensor(new float[4], 4));
            weights.put("multi_modal_projector.norm.weight", new HostTensor(new float[4], 4));
            Map<String, Object> config =
                    Map.of("model_type", "mistral3", "text_config", ministral().config());
            Files.writeString(folder.resolve("config.json"), new ObjectMapper().writeValueAsString(config));
            TinyModel.writeSafetensors(folder.resolve("model.safetensors"), weights);
            try (ModelFolder files = ModelFolder.open(folder);
                    NDManager base = NDManager.newBaseManager()) {
                assertThat(files.warnings()).containsExactly("There is no tokenizer, so tokens are shown by their ids");
                LanguageModelTest.assertClose(
                        files.read(Processing.RAW)
                                .on(base.newSubManager())
                                .forward(base, Input.of(IDS))
                                .toFloatArray(),
                        LanguageModelTest.flat(ministral().logits(IDS)),
                        2e-5);
            }
        }
    }

    /** Beyond 20 tokens, its original context, a Ministral 3 multiplies queries by a number that grows. */
    @Test
    void theContextEndsWhereQueriesBeginToGrow() throws IOException {
        try (ModelFolder files = ModelFolder.open(ministral().writeTo(folder))) {
            assertThat(files.config().context()).isEqualTo(20);
        }
    }

    @Test
    void aTextModelOfAnotherKindIsNamed() throws IOException {
        ministral().writeTo(folder);
        Files.writeString(
                folder.resolve("config.json"),
                "{\"model_type\": \"mistral3\", \"text_config\": {\"model_type\": \"mistral4\"}}");
        assertThatThrownBy(() -> ModelFolder.open(folder).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the text model is a mistral4; expected a mistral or ministral3");
    }
}
