package loupe.app.effects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.app.command.CommandRun;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class AblatedTextCommandTest {
    @TempDir
    static Path given;

    @BeforeAll
    static void write() throws IOException {
        TinyModel.writeTo(given.resolve("tiny"));
        TinySae.writeTo(given.resolve("sae"), 1);
    }

    private static CommandRun run(String... more) {
        List<String> all = new ArrayList<>(List.of("ablated-text", "--model", "@/tiny", "--sae", "@/sae", "--json"));
        all.addAll(Arrays.asList(more));
        return CommandRun.of(all.stream()
                .map(argument -> argument.startsWith("@") ? given + argument.substring(1) : argument)
                .toArray());
    }

    private static JsonNode json(String... more) throws IOException {
        CommandRun done = run(more);
        assertThat(done.code).as(done.err).isZero();
        return new ObjectMapper().readTree(done.out);
    }

    /** Read against the command text, and against the text without the token. */
    @Test
    void pairsAndSingleTokensAreWhatTheTextWithoutThemGives() throws IOException {
        JsonNode pairs = json(
                "--feature",
                "2",
                "--ids",
                "3,1,4,1,5,9",
                "--at",
                "5",
                "--within",
                "4",
                "--together",
                "pairs",
                "--out",
                "@/pairs.safetensors");
        assertThat(pairs.get("read_at").asInt()).isEqualTo(5);
        assertThat(pairs.get("sets")).hasSize(3 + 3);
        assertThat(pairs.get("sets").get(0).get("places").get(0).asInt()).isEqualTo(2);
        JsonNode both = pairs.get("sets").get(4);
        assertThat(both.get("places").toString()).isEqualTo("[2,4]");
        JsonNode shorter = json("--feature", "2", "--ids", "3,1,1,9", "--at", "3", "--within", "1");
        assertThat(both.get("without").asDouble())
                .isCloseTo(shorter.get("activation").asDouble(), within(1e-5));
        assertThat(both.get("together").asDouble())
                .isCloseTo(
                        both.get("lost").asDouble()
                                - pairs.get("sets").get(0).get("lost").asDouble()
                                - pairs.get("sets").get(2).get("lost").asDouble(),
                        within(1e-5));
        try (TensorArchive archive = TensorArchives.open(given.resolve("pairs.safetensors"))) {
            HostTensor array = archive.tensor("pairs").toHost();
            assertThat(array.shape()).containsExactly(4, 4);
            assertThat(array.get(0, 2)).isEqualTo((float) both.get("without").asDouble());
            assertThat(array.get(2, 0)).isEqualTo(array.get(0, 2));
            assertThat(array.get(3, 3)).as("the token that is read").isNaN();
        }
    }

    @Test
    void groupsAreAblatedInEveryUnion() throws IOException {
        JsonNode sets = json(
                        "--feature", "1", "--ids", "3,1,4,1,5,9", "--at", "5", "--groups", "0,1;3", "--by", "token:7")
                .get("sets");
        assertThat(sets).hasSize(3);
        assertThat(sets.get(2).get("groups").toString()).isEqualTo("[0,1]");
        assertThat(sets.get(2).get("places").toString()).isEqualTo("[0,1,3]");
    }

    @Test
    void examplesOfAnIndexAreSummedUp() throws IOException {
        Files.writeString(given.resolve("corpus.txt"), "the otter is here\nthe ottes is\n".repeat(4));
        CommandRun built = CommandRun.of(
                "index",
                "build",
                "--model",
                given + "/tiny",
                "--sae",
                given + "/sae",
                "--corpus",
                given + "/corpus.txt",
                "--out",
                given + "/index");
        assertThat(built.code).as(built.err).isZero();
        JsonNode found = json(
                "--feature",
                active(),
                "--index",
                "@/index",
                "--count",
                "4",
                "--together",
                "spans",
                "--longest",
                "2",
                "--by",
                "next-best");
        int examples = found.get("examples").asInt();
        assertThat(examples).isBetween(1, 4);
        assertThat(found.get("texts")).hasSize(examples);
        assertThat(found.get("alone").get("of").asInt()).isEqualTo(examples);
        assertThat(found.get("distances").get(0).get("before").asInt()).isZero();
        assertThat(found.get("lengths")).hasSize(2);
        assertThat(found.get("spans").size()).isGreaterThan(2);
    }

    /** A feature that is active somewhere in the index. */
    private static String active() {
        return IntStream.range(0, TinySae.FEATURES)
                .mapToObj(Integer::toString)
                .filter(feature ->
                        run("--feature", feature, "--index", "@/index", "--count", "1").code == 0)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatDoesNotGoTogetherIsRefusedInOneSentence() {
        String[] text = {"--feature", "1", "--ids", "3,1,4"};
        for (String[] more : new String[][] {
            {"--longest", "3"},
            {"--together", "triples"},
            {"--groups", "1;", "--by", "removed"},
            {"--groups", "0", "--together", "pairs"},
            {"--by", "nothing"},
            {"--by", "token:-1"},
            {"--by", "token:99999"},
            {"--by", "text:otter is"},
            {"--groups", "0;2", "--at", "1"},
            {"--at", "3"},
            {"--index", "nowhere"}
        }) {
            List<String> all = new ArrayList<>(Arrays.asList(text));
            all.addAll(Arrays.asList(more));
            CommandRun done = run(all.toArray(String[]::new));
            assertThat(done.code).as("%s: %s", Arrays.toString(more), done.err).isIn(2, 3);
            assertThat(done.err).doesNotContain("Exception").hasSizeLessThan(400);
            assertThat(done.out).isEmpty();
        }
    }
}
