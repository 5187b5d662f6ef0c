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
        TinySae.writeTo(given.resolve("another"), 2);
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

    @Test
    void attributionWithoutACorruptTextSaysWhyThereIsNoTotalEffect() {
        List<String> without =
                List.of("attribute", "--sae", "@/sae", "--metric", "logprob:4", "--clean", CLEAN, "--patch", "zero");
        assertThat(table(without).lines())
                .contains("total_effect  none without a corrupt text; each place has a whole_effect of its own")
                .noneMatch(line -> line.startsWith("corrupt"));
        List<String> with =
                List.of("attribute", "--sae", "@/sae", "--metric", "logprob:4", "--clean", CLEAN, "--corrupt", CORRUPT);
        assertThat(table(with).lines())
                .anyMatch(line -> line.matches("total_effect +[-0-9.]+"))
                .anyMatch(line -> line.matches("corrupt +[-0-9.]+"));
    }

    /** The advice of the refusal is what {@link #twoTextsAreComparedAsTheirIdsAre} does. */
    @Test
    void edgesBetweenTwoCheckpointsOfOnePlaceAreRefusedWithWhatMendsIt() {
        List<String> edges =
                List.of("--metric", "logit-diff:4:5", "--to-nodes", "1:2", "--clean", CLEAN, "--corrupt", CORRUPT);
        String at = "blocks.1.hook_resid_pre";
        assertThat(refusal(edges, "edges", "--sae", "@/sae", "--sae", "@/another"))
                .contains("There are no edges from " + at + " to " + at + ", which is not behind it")
                .contains("Choose a checkpoint of another place or layer for one of them");
        assertThat(refusal(edges, "edges", "--sae", "@/sae", "--sae", "@/another@blocks.0.hook_resid_pre"))
                .contains("There are no edges from " + at + " to blocks.0.hook_resid_pre, which is before it")
                .contains("Exchange the two");
    }

    private static String table(List<String> command) {
        CommandRun done = given(command);
        assertThat(done.code).as(done.err).isZero();
        return done.out;
    }

    private static String refusal(List<String> more, String... command) {
        List<String> all = new ArrayList<>(Arrays.asList(command));
        all.addAll(more);
        CommandRun done = given(all);
        assertThat(done.code).isNotZero();
        return done.err;
    }

    /** Runs it on the tiny model. */
    private static CommandRun given(List<String> command) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of("--model", "@/tiny"));
        return CommandRun.of(all.stream()
                .map(argument -> argument.startsWith("@") ? given + argument.substring(1) : argument)
                .toArray());
    }

    /** Every seed gives the text that it gives alone. */
    @Test
    void severalSeedsAreTheTextsOfEach() throws IOException {
        List<String> steer = List.of("steer", "--sae", "@/sae", "--features", "1:4", "--temperature", "1");
        JsonNode texts =
                run(steer, "--text", CLEAN, "--seeds", "3", "--seed", "5").get("texts");
        assertThat(texts.size()).isEqualTo(3);
        for (int i = 0; i < 3; i++) {
            JsonNode alone = run(steer, "--text", CLEAN, "--seed", String.valueOf(5 + i));
            assertThat(texts.get(i).get("seed").asInt()).isEqualTo(5 + i);
            assertThat(texts.get(i).get("generated")).isEqualTo(alone.get("generated"));
        }
    }

    /** A multiple of the corpus maximum is a clamp to the product, in steering and in lines. */
    @Test
    void multiplesOfTheCorpusMaximumAreClampsToIt() throws IOException {
        Path corpus = Files.writeString(given.resolve("corpus.txt"), "the otter is the stone\nthe otter is");
        Path index = given.resolve("index");
        run(List.of("index", "build"), "--sae", "@/sae", "--corpus", corpus.toString(), "--out", index.toString());
        String feature = run(List.of("text"), "--sae", "@/sae", "--text", CLEAN)
                .get("top")
                .get(0)
                .get("feature")
                .asText();
        JsonNode steered = run(
                List.of("steer", "--method", "clamp-max", "--index", index.toString()),
                "--sae",
                "@/sae",
                "--features",
                feature + ":2",
                "--text",
                CLEAN);
        double twice = 2 * steered.get("corpus_maxima").get(0).asDouble();
        assertThat(twice).isPositive();
        JsonNode clamped = run(
                List.of("steer", "--method", "clamp"),
                "--sae",
                "@/sae",
                "--features",
                feature + ":" + twice,
                "--text",
                CLEAN);
        assertThat(steered.get("log_probs")).isEqualTo(clamped.get("log_probs"));
        JsonNode lines = run(
                List.of("text", "--do", "clamp-max " + feature + " 2", "--index", index.toString()),
                "--sae",
                "@/sae",
                "--text",
                CLEAN);
        assertThat(lines.get("after"))
                .isEqualTo(run(
                                List.of("text", "--do", "clamp " + feature + " " + twice),
                                "--sae",
                                "@/sae",
                                "--text",
                                CLEAN)
                        .get("after"));
    }

    @Test
    void effectsOverACorpusAreThoseOfItsText() throws IOException {
        Path corpus = Files.writeString(given.resolve("one.txt"), CLEAN);
        JsonNode over = run(
                List.of("effect", "--bos", "no", "--do", "clamp 1 3"), "--sae", "@/sae", "--corpus", corpus.toString());
        JsonNode on = run(List.of("effect", "--bos", "no", "--do", "clamp 1 3"), "--sae", "@/sae", "--text", CLEAN);
        assertThat(over.get("kl").get("mean").asDouble())
                .isCloseTo(on.get("mean_kl").asDouble(), within(1e-5));
        assertThat(over.get("delta_ce").get("mean").asDouble())
                .isCloseTo(on.get("mean_delta_ce").asDouble(), within(1e-5));
        assertThat(over.get("watched").get(0).get("feature").asInt()).isEqualTo(1);
        assertThat(over.get("watched").get(0).get("mean_with").asDouble()).isNotNaN();
    }

    @Test
    void aTreeGrowsUnderInterventions() throws IOException {
        List<String> tree = List.of("tree", "--feature", "1", "--cutoff", "0.01", "--max-depth", "2");
        JsonNode plain = run(tree, "--sae", "@/sae").get("tree");
        JsonNode done = run(tree, "--sae", "@/sae", "--do", "add-unit 1 4 from 1");
        assertThat(done.get("tree")).isNotEqualTo(plain);
        assertThat(done.get("settings").get("interventions").get(0).asText()).isEqualTo("add-unit 1 4 from 1");
        assertThat(run(tree, "--sae", "@/sae", "--do", "scale 1 1").get("tree")).isEqualTo(plain);
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
        all.add("--json");
        if (command.get(0).equals("steer")) {
            all.addAll(List.of("--generate", "4"));
        }
        CommandRun done = given(all);
        assertThat(done.code).as(done.err).isZero();
        return new ObjectMapper().readTree(done.out);
    }
}
