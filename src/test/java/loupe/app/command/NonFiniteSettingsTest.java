package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.Trial;
import loupe.app.cli.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NaN and Infinity as Python's json.dump writes them: harmless in keys nobody reads, refused by name in others. */
class NonFiniteSettingsTest {
    @TempDir
    private Path folder;

    @Test
    void aModelWithInfinityInAKeyNobodyReadsRuns() {
        Path model = Trial.folder("json-nan").resolve("model");

        JsonNode forward = CommandRun.json("forward", "--model", model, "--ids", "1,2");

        assertThat(forward.path("ids")).hasSize(2);
        assertThat(CommandRun.json("inspect", model)
                        .path("config")
                        .path("some_limit")
                        .path(1)
                        .isNull())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"NaN", "Infinity", "-Infinity", "[0.0, -Infinity]", "{\"a\": NaN}"})
    void aCheckpointWithItInAKeyNobodyReadsOpens(String value) throws IOException {
        Path sae = checkpointWith("\"l1_coefficient\": " + value);

        assertThat(CommandRun.json("inspect", sae).path("format").asText()).isEqualTo("saelens");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "d_in": NaN|d_in is NaN
            "d_sae": -Infinity|d_sae is -Infinity
            "activation_normalization_factor": Infinity, "normalize_activations": "expected_average_only_in"|\
            activation_normalization_factor is Infinity
            "architecture": NaN|architecture is NaN
            """)
    void aKeyThatIsReadIsRefusedByName(String entries, String message) throws IOException {
        CommandRun refused = CommandRun.of(
                "encode", "--sae", checkpointWith(entries), "--input", folder.resolve("sae_weights.safetensors:W_dec"));

        assertThat(refused.code).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.err).contains("cfg.json: " + message).doesNotContain("Feature", "JsonRead");
    }

    @Test
    void aModelsKeyThatIsReadIsRefusedByName() throws IOException {
        Path trial = Trial.folder("json-nan").resolve("model");
        Files.copy(trial.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        Files.writeString(
                folder.resolve("config.json"),
                Files.readString(trial.resolve("config.json")).replace("1e-05", "NaN"));

        CommandRun refused = CommandRun.of("forward", "--model", folder, "--ids", "1,2");

        assertThat(refused.code).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.err).contains("config.json: rms_norm_eps is NaN; expected a finite number");
    }

    @ParameterizedTest
    @CsvSource({
        "layer_norm_epsilon, -1",
        "layer_norm_epsilon, 0",
        "layer_norm_epsilon, 1e-60",
        "layer_norm_epsilon, 1e300",
        "n_embd, 0",
        "n_layer, 0",
        "n_layer, -2",
        "n_head, 0",
        "n_positions, 0",
        "n_inner, 0",
        "vocab_size, 0"
    })
    void whatNoModelHasIsRefusedByName(String key, String value) throws IOException {
        Path config = TinyModel.writeTo(folder).resolve("config.json");
        String settings = Files.readString(config).replaceFirst(",?\"" + key + "\":[^,}]*", "");
        Files.writeString(config, settings.replaceFirst("\\}$", ",\"" + key + "\":" + value + "}"));

        CommandRun refused = CommandRun.of("forward", "--model", folder, "--ids", "1,2");

        assertThat(refused.err).contains("config.json: " + key + " is ").hasSizeLessThan(300);
        assertThat(refused.code).isEqualTo(ExitCode.REFUSED);
    }

    @ParameterizedTest
    @CsvSource({"rope_theta, -10000", "rope_theta, 0", "rms_norm_eps, -1", "head_dim, 0"})
    void norOneOfAnotherFamily(String key, String value) throws IOException {
        Path trial = Trial.folder("json-nan").resolve("model");
        Files.copy(trial.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        String settings = Files.readString(trial.resolve("config.json")).replaceAll("\"" + key + "\": [^,}]*,", "");
        Files.writeString(
                folder.resolve("config.json"), settings.replaceFirst("\\{", "{\"" + key + "\": " + value + ","));

        CommandRun refused = CommandRun.of("forward", "--model", folder, "--ids", "1,2");

        assertThat(refused.err).contains("config.json: " + key + " is ").hasSizeLessThan(300);
        assertThat(refused.code).isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void otherDamageIsDescribedWithoutTheParsersAdvice() throws IOException {
        Path sae = checkpointWith("\"l1_coefficient\": +1");

        CommandRun refused =
                CommandRun.of("encode", "--sae", sae, "--input", sae.resolve("sae_weights.safetensors:W_dec"));

        assertThat(refused.err).contains("is not strict JSON").doesNotContain("JsonReadFeature", "enable");
    }

    /** @param entries put before those of a good configuration, whose entries of the same names they replace */
    private Path checkpointWith(String entries) throws IOException {
        Path sae = TinySae.writeTo(folder, 1);
        String cfg = Files.readString(sae.resolve("cfg.json"));
        for (String entry : entries.split(", (?=\")")) {
            String key = entry.substring(0, entry.indexOf(':'));
            cfg = cfg.replaceFirst(key + ": [^,}]*, ", "");
        }
        Files.writeString(sae.resolve("cfg.json"), "{" + entries + ", " + cfg.substring(1));
        return sae;
    }
}
