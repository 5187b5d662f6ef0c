package loupe.app.effects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.app.command.CommandRun;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class DreamCommandTest {
    @TempDir
    static Path given;

    @BeforeAll
    static void write() throws IOException {
        TinyModel.writeTo(given.resolve("tiny"));
        TinySae.writeTo(given.resolve("sae"), 7);
        Files.writeString(given.resolve("corpus.txt"), "the otter is in the water and the other one is on a stone\n");
    }

    private static CommandRun run(String... more) {
        return CommandRun.of(Stream.concat(
                        Stream.of(
                                "dream",
                                "--model",
                                "@/tiny",
                                "--sae",
                                "@/sae",
                                "--feature",
                                "10",
                                "--slots",
                                "3",
                                "--children",
                                "6"),
                        Stream.concat(
                                Arrays.asList(more).contains("--length") ? Stream.empty() : Stream.of("--length", "5"),
                                Arrays.stream(more)))
                .map(argument -> argument.startsWith("@") ? given + argument.substring(1) : argument)
                .toArray());
    }

    private static JsonNode json(String... more) throws IOException {
        CommandRun done =
                run(Stream.concat(Arrays.stream(more), Stream.of("--json")).toArray(String[]::new));
        assertThat(done.code).as(done.err).isZero();
        return new ObjectMapper().readTree(done.out);
    }

    @Test
    void aSearchThatGoesOnFromItsFileEndsAsOneThatNeverStopped() throws IOException {
        JsonNode whole = json("--iterations", "6", "--restart-every", "4");
        json("--iterations", "3", "--restart-every", "4", "--out", "@/state.json");
        assertThat(json("--iterations", "6", "--restart-every", "4", "--resume", "@/state.json"))
                .isEqualTo(whole);
        assertThat(whole.get("iterations").asInt()).isEqualTo(6);
        assertThat(whole.get("front").size()).isPositive();
        assertThat(whole.get("front").get(0).get("activations").size()).isEqualTo(5);

        Path picture = given.resolve("front.csv");
        CommandRun drawn = CommandRun.of("chart", "dream", "--search", given.resolve("state.json"), "--out", picture);
        assertThat(drawn.code).as(drawn.err).isZero();
        assertThat(drawn.out).contains("tiny, sae, feature 10, seed 0, 3 iterations");
        assertThat(Files.readAllLines(picture).get(0)).isEqualTo("side,text,cross-entropy,activation");

        CommandRun other = run("--iterations", "6", "--seed", "3", "--resume", "@/state.json");
        assertThat(other.code).isNotZero();
        assertThat(other.err).contains("restart every 4; expected 50");
        Files.writeString(given.resolve("no.json"), "{\"settings\": {}}");
        assertThat(run("--resume", "@/no.json").err).contains("expected a file that dream has written");
    }

    @Test
    void theCorpusStandsBesideWhatWasFound() throws IOException {
        CommandRun built = CommandRun.of(
                "index",
                "build",
                "--model",
                given.resolve("tiny"),
                "--sae",
                given.resolve("sae"),
                "--corpus",
                given.resolve("corpus.txt"),
                "--out",
                given.resolve("index"));
        assertThat(built.code).as(built.err).isZero();
        JsonNode found = json("--iterations", "2", "--index", "@/index", "--examples", "2");
        JsonNode strongest = found.get("corpus").get(0);
        assertThat(strongest.get("activation").asDouble())
                .isEqualTo(found.get("corpus_maximum").asDouble())
                .isCloseTo(strongest.get("activation_whole").asDouble(), within(1e-4));
        assertThat(strongest.get("ids").size()).isLessThanOrEqualTo(5);
        assertThat(found.get("reaches_corpus").asBoolean())
                .isEqualTo(found.get("activation").asDouble()
                        >= found.get("corpus_maximum").asDouble());
        assertThat(run("--iterations", "1").out)
                .contains("random", "front", "best_for_some_penalty")
                .doesNotContain("activations");
    }

    @Test
    void oneFeatureIsMadeActiveWithoutAnother() throws IOException {
        JsonNode found = json("--iterations", "4", "--without", "1");
        assertThat(found.get("without").asInt()).isEqualTo(1);
        found.get("front")
                .forEach(row -> assertThat(row.get("activation").asDouble())
                        .isGreaterThan(row.get("other").asDouble()));
    }

    @Test
    void whatCannotBeSearchedForIsRefusedInASentence() {
        assertThat(run("--least-penalty", "3", "--most-penalty", "2").err).contains("expected 3.0 or more");
        assertThat(run("--sae", "@/sae@blocks.0.hook_resid_pre").err).contains("--without J");
        assertThat(run("--without", "12").err).contains("--without: 12 is no feature");
        assertThat(run("--ban-ids", "300").err).contains("--ban-ids: token id 300");
        assertThat(run("--length", "33").err).contains("expected at most 32");
        assertThat(run("--indexed-as", "a").err).contains("--index DIR");
    }
}
