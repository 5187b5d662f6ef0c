package loupe.app.tour;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.app.cli.ExitCode;
import loupe.app.command.CommandRun;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A tour of a model without a tokenizer, over which nothing can be counted. */
@Timeout(300)
class TourTest {
    @TempDir
    Path folder;

    private Path model;
    private Path sae;

    @BeforeEach
    void writeFiles() throws IOException {
        model = TinyModel.writeTo(folder.resolve("tiny"));
        sae = TinySae.writeTo(folder.resolve("sae"), 1);
    }

    @Test
    void whatThereIsNothingToShowOfIsLeftOutAndNamed() throws IOException {
        CommandRun run = tour("text", "--sae", sae.toString());
        assertThat(run.code).as(run.err).isZero();
        JsonNode result = new ObjectMapper().readTree(run.out);
        assertThat(result.path("pictures")).anySatisfy(name -> {
            assertThat(name.asText()).endsWith("-text-empty.png");
            assertThat(folder.resolve("out").resolve(name.asText())).isNotEmptyFile();
        });
        assertThat(result.path("left_out").findValuesAsText("picture")).containsExactly("text");
        assertThat(result.path("left_out").findValuesAsText("why")).allMatch(why -> why.contains("no corpus"));
    }

    @Test
    void aCheckpointIsReadAsTheOptionsSay() {
        CommandRun run = tour("text", "--sae", sae.toString(), "--activation", "topk", "--k", "99");
        assertThat(run.code).as(run.err).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err).contains("99");
    }

    @Test
    void aCheckpointThatReadsWhereTheModelHasNothingIsRefusedAtOnce() {
        CommandRun run = tour("text", "--sae", sae.toString(), "--hook", "blocks.77.hook_resid_pre");
        assertThat(run.code).as(run.err).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err).contains("blocks.77.hook_resid_pre");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aCheckpointOfAnyNumberOfFeaturesIsMadeWithLabelsAndKept() throws IOException {
        CommandRun run = tour(
                "text-empty",
                "--features",
                "300",
                "--cache",
                folder.resolve("kept").toString());
        assertThat(run.code).as(run.err).isZero();
        assertThat(new ObjectMapper().readTree(run.out).path("pictures")).hasSize(1);
        assertThat(folder.resolve("kept")).isDirectoryContaining("glob:**/made-300-of-*");
        assertThat(Files.readAllLines(folder.resolve("kept/labels.jsonl"))).hasSize(301);
    }

    @Test
    void aMadeCheckpointAndAGivenOneAreRefusedTogether() {
        CommandRun run = tour("text", "--sae", sae.toString(), "--features", "300");
        assertThat(run.code).isEqualTo(ExitCode.USAGE);
        assertThat(run.err).contains("--features").contains("--sae");
    }

    private CommandRun tour(String only, String... more) {
        Object[] arguments = new Object[8 + more.length];
        Object[] first = {"tour", "--model", model, "--out", folder.resolve("out"), "--only", only, "--json"};
        System.arraycopy(first, 0, arguments, 0, first.length);
        System.arraycopy(more, 0, arguments, first.length, more.length);
        return CommandRun.of(arguments);
    }
}
