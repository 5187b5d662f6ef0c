package loupe.app.effects;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.app.command.CommandRun;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands read a text as the model's tokenizer does: its ids give the same answer. */
@Timeout(120)
class EffectsTextsTest {
    private static final String CLEAN = "the otter is";
    private static final String CORRUPT = "the ottes is";

    @TempDir
    static Path given;

    @BeforeAll
    static void write() throws IOException {
        TinyModel.writeTo(given.resolve("tiny"));
        TinySae.writeTo(given.resolve("sae"), 1);
    }

    @Test
    void aTextIsAblatedAndContinuedAsItsIdsAre() throws IOException {
        for (List<String> command :
                List.of(List.of("ablate", "--features", "1;2,3"), List.of("steer", "--features", "1:4"))) {
            JsonNode byText = run(command, "--sae", "@/sae", "--text", CLEAN);
            assertThat(byText.get("ids").size()).isGreaterThan(2);
            assertThat(run(command, "--sae", "@/sae", "--ids", ids(CLEAN))).isEqualTo(byText);
        }
    }

    @Test
    void twoTextsAreComparedAsTheirIdsAre() throws IOException {
        for (List<String> command : List.of(
                List.of("patch", "--metric", "logit:4"),
                List.of("attribute", "--sae", "@/sae", "--metric", "logprob:4"),
                List.of(
                        "edges",
                        "--sae",
                        "@/sae@blocks.0.hook_resid_pre",
                        "--sae",
                        "@/sae",
                        "--metric",
                        "logit-diff:4:5",
                        "--to-nodes",
                        "1:2"),
                List.of("circuit", "--sae", "@/sae", "--answers", "4:5"))) {
            JsonNode byText = run(command, "--clean", CLEAN, "--corrupt", CORRUPT);
            assertThat(run(command, "--clean-ids", ids(CLEAN), "--corrupt-ids", ids(CORRUPT)))
                    .as(command.get(0))
                    .isEqualTo(byText);
            assertThat(run(command, "--clean", CLEAN, "--corrupt", CLEAN))
                    .as(command.get(0))
                    .isNotEqualTo(byText);
        }
    }

    private static String ids(String text) throws IOException {
        JsonNode ids = run(List.of("steer"), "--sae", "@/sae", "--features", "1:0", "--text", text)
                .get("ids");
        List<String> found = new ArrayList<>();
        ids.forEach(id -> found.add(id.asText()));
        return String.join(",", found);
    }

    private static JsonNode run(List<String> command, String... more) throws IOException {
        List<String> all = new ArrayList<>(command);
        all.addAll(Arrays.asList(more));
        all.addAll(List.of("--model", "@/tiny", "--json"));
        if (command.get(0).equals("steer")) {
            all.addAll(List.of("--generate", "4"));
        }
        CommandRun done = CommandRun.of(all.stream()
                .map(argument -> argument.startsWith("@") ? given + argument.substring(1) : argument)
                .toArray());
        assertThat(done.code).as(done.err).isZero();
        return new ObjectMapper().readTree(done.out);
    }
}
