package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What settings in YAML are read as, and what is refused because it is no such file or would do harm. */
class YamlFilesTest {
    @TempDir
    Path folder;

    @Test
    void settingsAreTextsNumbersListsAndMappings() throws IOException {
        Path file = written("""
                # a transcoder
                model_name: "google/gemma-2-2b"
                k: 64
                ratio: 1e-3
                skip: true
                3: three
                transcoders:
                  - hf://one
                  - hf://two
                d_model: {desc: null, value: 2304}
                """);

        Map<String, Object> settings = YamlFiles.readMapping(file);

        assertThat(settings)
                .containsEntry("model_name", "google/gemma-2-2b")
                .containsEntry("k", 64)
                .containsEntry("ratio", 0.001)
                .containsEntry("skip", true)
                .containsEntry("3", "three")
                .containsEntry("transcoders", List.of("hf://one", "hf://two"));
        assertThat(((Map<?, ?>) settings.get("d_model")).get("value")).isEqualTo(2304);
    }

    @Test
    void whatIsNamedOnceMayBeUsedAgain() throws IOException {
        assertThat(YamlFiles.readMapping(written("a: &id001 [1, 2]\nb: *id001\n")))
                .isEqualTo(Map.of("a", List.of(1, 2), "b", List.of(1, 2)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "just a text",
                "- a\n- b\n",
                "",
                "a: 1\na: 2\n",
                "a: [1\n",
                "a: 1\n---\nb: 2\n",
                "a: !!python/object/apply:os.system [ls]\n",
                "a: &a [*a]\n",
                "a: &a {b: &b [*a]}\n"
            })
    void anythingElseIsRefusedWithTheFilesName(String text) throws IOException {
        Path file = written(text);

        assertThatThrownBy(() -> YamlFiles.readMapping(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("config.yaml")
                .hasMessageContaining("the YAML text")
                .satisfies(refusal -> assertThat(refusal.getMessage().length())
                        .isLessThan(300 + file.toString().length()));
    }

    @Test
    void depthAndRepetitionAreBoundedWithoutExhaustingTheStack() throws IOException {
        StringBuilder laughs = new StringBuilder("a: &x0 [1, 1]\n");
        for (int i = 1; i < 40; i++) {
            laughs.append("a").append(i).append(": &x").append(i).append(" [*x").append(i - 1);
            laughs.append(", *x").append(i - 1).append("]\n");
        }
        for (String text :
                List.of("[".repeat(100_000), "- ".repeat(100_000) + "x", "[\n".repeat(50_000), laughs.toString())) {
            Path file = written(text);
            assertThatThrownBy(() -> YamlFiles.readMapping(file)).isInstanceOf(CheckpointException.class);
        }
    }

    @Test
    void aFileOfAnotherEncodingOrSizeIsRefused() throws IOException {
        Path file = folder.resolve("config.yaml");
        Files.write(file, "a: \u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> YamlFiles.readMapping(file)).hasMessageContaining("UTF-8");
        Files.write(file, new byte[2 << 20]);
        assertThatThrownBy(() -> YamlFiles.readMapping(file)).hasMessageContaining("at most");
    }

    private Path written(String text) throws IOException {
        return Files.writeString(folder.resolve("config.yaml"), text);
    }
}
