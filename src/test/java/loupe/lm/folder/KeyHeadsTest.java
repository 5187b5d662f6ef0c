package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many key heads a configuration means that does not give their number, as transformers' classes take it. */
class KeyHeadsTest {
    private static int keyHeads(String modelType, String setting) throws IOException {
        String json = "{\"hidden_size\": 128, \"num_attention_heads\": 64, \"num_hidden_layers\": 1" + setting + "}";
        return ModelFamily.of(modelType)
                .orElseThrow()
                .config(new ConfigFile(Path.of("config.json"), new ObjectMapper().readTree(json)))
                .nKeyValueHeads();
    }

    @ParameterizedTest
    @CsvSource({"llama, 64", "mistral, 8", "qwen2, 32", "qwen3, 32", "smollm3, 4", "olmo2, 64", "phi3, 64"})
    void aMissingNumberIsTheFamilysOwn(String modelType, int expected) throws IOException {
        assertThat(keyHeads(modelType, "")).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"llama", "mistral", "qwen2", "qwen3", "smollm3", "olmo2", "phi3"})
    void nullIsAsManyAsThereAreQueryHeads(String modelType) throws IOException {
        assertThat(keyHeads(modelType, ", \"num_key_value_heads\": null")).isEqualTo(64);
    }
}
