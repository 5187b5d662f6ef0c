package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.TinyModel;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models of families that are not read are refused with what they are. */
class UnreadFamiliesTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "mixtral, mixture of experts",
        "qwen3_moe, mixture of experts",
        "gpt_oss, mixture of experts",
        "llama4_text, mixture of experts",
        "deepseek_v3, mixture of experts",
        "qwen3_5, gated delta rule",
        "qwen3_5_text, gated delta rule",
        "qwen3_next, gated delta rule",
        "gemma4, heads of two widths",
        "gemma4_text, heads of two widths",
        "gemma3n, share keys",
        "falcon_h1, hybrid",
        "mamba2, recurrent",
        "modernbert, encoder",
        "t5, an encoder and a decoder",
        "bloom, model_type is bloom; expected",
    })
    void aFamilyThatIsNotReadIsNamed(String type, String said) throws IOException {
        TinyModel.writeTo(folder);
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"" + type + "\"}");
        assertThatThrownBy(() -> ModelFolder.open(folder).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("model_type is " + type)
                .hasMessageContaining(said)
                .message()
                .satisfies(message -> assertThat(message.substring(message.indexOf("config.json")))
                        .hasSizeLessThan(300));
    }
}
