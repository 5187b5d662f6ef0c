package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import loupe.HugeModel;
import loupe.TinySae;
import loupe.app.cli.ExitCode;
import loupe.tensor.HeldMemory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that need no more of a model than its embeddings, on one whose layers fit nowhere. */
class EmbeddingsOnlyTest {
    @TempDir
    static Path folder;

    private static Path model;
    private static Path sae;

    @BeforeAll
    static void writeFiles() throws IOException {
        model = HugeModel.writeTo(folder.resolve("huge"));
        sae = TinySae.writeTo(folder.resolve("sae"), 1);
    }

    @Test
    void aTokenListReadsNoLayer() {
        JsonNode list = run("tokens", "--feature", 3, "--top", 5);
        assertThat(list.path("tokens")).hasSize(5);
    }

    @Test
    void aTokenListWithEveryExtraReadsNoLayer() {
        JsonNode list =
                run("tokens", "--feature", 3, "--pca", "0.1,0.2", "--metric", "mahalanobis", "--null", 1, "--trained");
        assertThat(list.path("null").path("tokens")).isNotEmpty();
    }

    @Test
    void logitWeightsReadNoLayer() {
        assertThat(run("logits", "--feature", 3, "--cosines", "--centred").path("promoted"))
                .isNotEmpty();
    }

    @Test
    void neighboursReadNoLayer() {
        assertThat(run("neighbours", "--query", "token:5", "--in", "unembedding")
                        .path("neighbours"))
                .isNotEmpty();
    }

    @Test
    void aGhostReadsNoLayer() {
        assertThat(run("ghost", "--feature", 3).path("d").intValue()).isEqualTo(HugeModel.D);
    }

    @Test
    void theTableOfFeaturesReadsNoLayer() {
        assertThat(run("features", "--columns", "number,skew,promotes").path("table"))
                .hasSize(TinySae.FEATURES);
    }

    @Test
    void aTreeIsRefusedWithWhatTheModelNeeds() {
        CommandRun run = CommandRun.of(
                "tree", "--model", model, "--sae", sae, "--feature", 3, "--prompt-ids", "1,2,3", "--ghost-position", 1);
        assertThat(run.code).as(run.err).isEqualTo(ExitCode.STOPPED);
        assertThat(run.err).contains(model + " needs ", "Choose a smaller model");
    }

    private static JsonNode run(String command, Object... options) {
        long held = HeldMemory.bytes();
        Object[] all = new Object[options.length + 5];
        all[0] = command;
        all[1] = "--model";
        all[2] = model;
        all[3] = "--sae";
        all[4] = sae;
        System.arraycopy(options, 0, all, 5, options.length);
        JsonNode answer = CommandRun.json(all);
        assertThat(HeldMemory.bytes() - held).isLessThan(64 << 20);
        return answer;
    }
}
