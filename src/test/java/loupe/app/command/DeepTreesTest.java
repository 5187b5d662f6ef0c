package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.analysis.ghost.TreeLimits;
import loupe.lm.ModelConfig;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees as deep as they may grow are read back by the commands that wrote them. */
class DeepTreesTest {
    @TempDir
    static Path folder;

    @TempDir
    Path written;

    @BeforeAll
    static void writeModel() throws IOException {
        ModelConfig config = ModelConfig.gpt2(300, 300, 8, 2, 2);
        TinyModel.writeTo(folder.resolve("model"), config, TinyModel.weights(config, 1));
        TinySae.writeTo(folder.resolve("sae"), 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 110, TreeLimits.DEEPEST})
    void aTreeIsComparedWithItsOwnFile(int depth) {
        Path file = written.resolve("tree.json");
        JsonNode tree = CommandRun.json(arguments("tree", depth, "--feature", "1", "--out", file));

        JsonNode again = CommandRun.json(arguments("tree", depth, "--feature", "1", "--against", file));

        assertThat(tree.path("nodes").asInt()).isEqualTo(depth);
        assertThat(again.path("comparison").path("shared").asInt()).isEqualTo(depth);
        assertThat(CommandRun.of(arguments("tree", depth, "--feature", "1")).code)
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {110, TreeLimits.DEEPEST})
    void aBatchGoesOn(int depth) throws IOException {
        Path file = written.resolve("batch.jsonl");
        CommandRun.json(arguments("batch", depth, "--features", "1", "--parts", "tree", "--out", file));

        JsonNode more = CommandRun.json(
                arguments("batch", depth, "--features", "1,2", "--parts", "tree", "--out", file, "--resume"));

        assertThat(more.path("known_before").asInt()).isEqualTo(1);
        assertThat(more.path("done").asInt()).isEqualTo(1);
        assertThat(Files.readAllLines(file)).hasSize(3);
    }

    @Test
    void aDeeperOneIsRefused() {
        CommandRun refused = CommandRun.of(arguments("tree", TreeLimits.DEEPEST + 1, "--feature", "1"));

        assertThat(refused.code).isEqualTo(2);
        assertThat(refused.err).contains("--max-depth is 251, expected 0 to 250");
    }

    private static Object[] arguments(String command, int depth, Object... more) {
        List<Object> all = new ArrayList<>(List.of(
                command,
                "--model",
                folder.resolve("model"),
                "--sae",
                folder.resolve("sae"),
                "--prompt-ids",
                "5,6,7",
                "--ghost-position",
                "1",
                "--top-k",
                "1",
                "--cutoff",
                "0",
                "--max-depth",
                depth));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }
}
