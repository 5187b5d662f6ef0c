package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import loupe.format.SafetensorsWriter;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelsCommandTest {
    private static final Path SAMPLE = Path.of("sample-checkpoints");

    @TempDir
    Path folder;

    private Path sae;
    private Path labels;

    @BeforeEach
    void writesACheckpoint() {
        sae = folder.resolve("gpt2_resid_pre_8_ot30.safetensors");
        labels = folder.resolve("labels.jsonl");
        new SafetensorsWriter()
                .add("W_enc", new HostTensor(new float[] {1, 0, 0, 1, 1, 1}, 3, 2))
                .add("b_enc", new HostTensor(new float[3], 3))
                .add("W_dec", new HostTensor(new float[] {2, 3, 4, 5, 6, 7}, 3, 2))
                .add("b_dec", new HostTensor(new float[2], 2))
                .write(sae);
    }

    private JsonNode set(Path of, Object... more) {
        Object[] first = {"labels", "set", "--labels", labels, "--sae", of, "--k", 2, "--feature", 1};
        return CommandRun.json(
                Stream.concat(Arrays.stream(first), Arrays.stream(more)).toArray());
    }

    private JsonNode list(Path of) {
        return CommandRun.json("labels", "list", "--labels", labels, "--sae", of, "--k", 2);
    }

    @Test
    void whatIsSetIsListedAndAnEmptyTextTakesItAway() {
        set(sae, "--label", "colours", "--note", "of clothes", "--tag", "seen", "--star", "--list", "Nice ones");

        JsonNode listed = list(sae);
        assertThat(listed.at("/features/0/feature").asInt()).isEqualTo(1);
        assertThat(listed.at("/features/0/label").asText()).isEqualTo("colours");
        assertThat(listed.at("/features/0/note").asText()).isEqualTo("of clothes");
        assertThat(listed.at("/features/0/tags/0").asText()).isEqualTo("seen");
        assertThat(listed.at("/features/0/star").asBoolean()).isTrue();
        assertThat(listed.at("/lists/0/name").asText()).isEqualTo("Nice ones");
        assertThat(listed.at("/lists/0/features/0").asInt()).isEqualTo(1);

        set(sae, "--label", "", "--note", "", "--untag", "seen", "--no-star", "--unlist", "Nice ones");
        assertThat(list(sae).path("features")).isEmpty();
    }

    @Test
    void labelsFollowTheWeightsToAnotherPlaceNameAndReading() throws IOException {
        set(sae, "--label", "colours");
        Path moved = Files.copy(sae, folder.resolve("other_resid_pre_8_ot30.safetensors"));

        assertThat(list(moved).at("/features/0/label").asText()).isEqualTo("colours");
        assertThat(CommandRun.json("labels", "list", "--labels", labels, "--sae", moved, "--activation", "relu")
                        .at("/features/0/label")
                        .asText())
                .isEqualTo("colours");
    }

    @Test
    void bothFormatsComeBackAsTheyWere() throws IOException {
        set(sae, "--label", "=of \"red\", blue", "--note", "two\nlines", "--tag", "x", "--tag", "y", "--star");
        Path table = folder.resolve("out.csv");
        Path json = folder.resolve("out.json");
        for (Path document : new Path[] {table, json}) {
            CommandRun.json("labels", "export", document, "--labels", labels, "--sae", sae, "--k", 2);
            Path others = folder.resolve(document.getFileName() + ".jsonl");
            JsonNode added = CommandRun.json("labels", "import", document, "--labels", others, "--sae", sae, "--k", 2);
            assertThat(added.path("read").asInt()).isEqualTo(5);
            JsonNode back = CommandRun.json("labels", "list", "--labels", others, "--sae", sae, "--k", 2);
            assertThat(withoutTime(back)).isEqualTo(withoutTime(list(sae)));
            assertThat(CommandRun.json("labels", "import", document, "--labels", others, "--sae", sae, "--k", 2)
                            .path("changed")
                            .asInt())
                    .isZero();
        }
        assertThat(Files.readString(table)).startsWith("feature,label,source,author,score,note,tags,star");
    }

    private static JsonNode withoutTime(JsonNode listed) {
        ObjectNode feature = (ObjectNode) listed.at("/features/0");
        feature.remove("changed");
        return feature;
    }

    @Test
    void aTableThatIsWrongSomewhereIsRefusedWithTheLineAndNothingIsAdded() throws IOException {
        Path table = Files.writeString(folder.resolve("in.csv"), "feature,label\n1,fine\n7,too far\n");

        CommandRun refused = CommandRun.of("labels", "import", table, "--labels", labels, "--sae", sae, "--k", 2);

        assertThat(refused.code).isNotZero();
        assertThat(refused.err).contains("line 3 has the feature \"7\"", "0 to 2");
        assertThat(labels).doesNotExist();
    }

    @Test
    void searchFindsWholeWordsFirstAndSaysWhere() {
        Path topk = SAMPLE.resolve("sae-topk");
        CommandRun.json("labels", "set", "--labels", labels, "--sae", topk, "--feature", 12, "--label", "red things");

        JsonNode found = CommandRun.json(
                "search", "red", "--labels", labels, "--sae", topk, "--model", SAMPLE.resolve("glossary"), "--top", 9);

        assertThat(found.path("features").asInt()).isEqualTo(1_536);
        assertThat(found.at("/best/0/feature").asInt()).isEqualTo(12);
        assertThat(found.at("/best/0/why/0").asText()).isEqualTo("label: [red] things");
        assertThat(found.at("/best/1/why/0").asText()).startsWith("promotes: ").contains("[red]");
    }
}
