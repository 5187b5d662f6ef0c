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

@Timeout(120)
class EffectCommandTest {
    private static final String TEXT = "the otter is";

    @TempDir
    static Path given;

    @BeforeAll
    static void write() throws IOException {
        TinyModel.writeTo(given.resolve("tiny"));
        TinySae.writeTo(given.resolve("sae"), 1);
        Files.writeString(given.resolve("corpus.txt"), "the otter is here\nthe ottes is\n".repeat(4));
    }

    private static CommandRun run(String... arguments) {
        return CommandRun.of(Arrays.stream(arguments)
                .map(argument -> argument.startsWith("@") ? given + argument.substring(1) : argument)
                .toArray());
    }

    private static JsonNode json(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of("--model", "@/tiny", "--json"));
        CommandRun done = run(all.toArray(String[]::new));
        assertThat(done.code).as(done.err).isZero();
        return new ObjectMapper().readTree(done.out);
    }

    @Test
    void anAblationIsMeasuredAsAblateDoes() throws IOException {
        JsonNode effect =
                json("effect", "--sae", "@/sae", "--do", "ablate 1,2", "--text", TEXT, "--out", "@/effect.csv");
        JsonNode ablate = json("ablate", "--sae", "@/sae", "--features", "1,2", "--text", TEXT)
                .get("ablations")
                .get(0);
        assertThat(effect.get("mean_delta_ce").asDouble())
                .isCloseTo(ablate.get("mean_delta_ce").asDouble(), within(1e-5));
        for (int t = 0; t < ablate.get("kl").size(); t++) {
            assertThat(effect.get("tokens").get(t).get("kl").asDouble())
                    .isCloseTo(ablate.get("kl").get(t).asDouble(), within(1e-5));
        }
        assertThat(effect.get("interventions")).hasToString("[\"ablate 1,2\"]");
        assertThat(effect.get("position").asInt())
                .isEqualTo(effect.get("tokens").size() - 1);
        assertThat(Files.readAllLines(given.resolve("effect.csv")))
                .hasSize(effect.get("tokens").size() + 1)
                .first()
                .isEqualTo("position,id,token,ce,ce_with,delta_ce,kl,next,next_with");
    }

    @Test
    void examplesAndTheCostOfABatchAreTheSameWhereTheyAreRandom() throws IOException {
        JsonNode built = json("index", "build", "--sae", "@/sae", "--corpus", "@/corpus.txt", "--out", "@/index");
        assertThat(built.isObject()).isTrue();
        String feature = json(
                        "features",
                        "--sae",
                        "@/sae",
                        "--index",
                        "@/index",
                        "--sort",
                        "density",
                        "--descending",
                        "--top",
                        "1")
                .get("table")
                .get(0)
                .get("number")
                .asText();
        JsonNode over = json(
                "effect",
                "--sae",
                "@/sae",
                "--index",
                "@/index",
                "--feature",
                feature,
                "--examples",
                "random",
                "--count",
                "16");
        assertThat(over.get("examples").size())
                .isEqualTo(over.get("kl").get("count").asInt());
        JsonNode again = json(
                "effect",
                "--sae",
                "@/sae",
                "--index",
                "@/index",
                "--feature",
                feature,
                "--examples",
                "random",
                "--count",
                "16");
        assertThat(again).isEqualTo(over);

        json(
                "batch",
                "--sae",
                "@/sae",
                "--features",
                feature,
                "--parts",
                "cost",
                "--index",
                "@/index",
                "--out",
                "@/costs.jsonl");
        JsonNode line = new ObjectMapper()
                .readTree(Files.readAllLines(given.resolve("costs.jsonl")).get(1));
        assertThat(line.get("ce_cost").get("mean"))
                .isEqualTo(over.get("delta_ce").get("mean"));
        assertThat(line.get("ce_cost").get("low"))
                .isEqualTo(over.get("delta_ce").get("low"));
        JsonNode table = json(
                "features",
                "--sae",
                "@/sae",
                "--batch",
                "@/costs.jsonl",
                "--columns",
                "number,ce-cost",
                "--sort",
                "ce-cost",
                "--descending");
        assertThat(table.get("table").get(0).get("number").asText()).isEqualTo(feature);
        assertThat(table.get("table").get(0).get("ce_cost"))
                .isEqualTo(line.get("ce_cost").get("mean"));
    }

    @Test
    void whatCannotBeMeasuredIsRefusedInASentence() {
        assertThat(run("effect", "--model", "@/tiny", "--sae", "@/sae", "--text", "a").err)
                .contains("give what is to be done");
        assertThat(run("effect", "--model", "@/tiny", "--sae", "@/sae", "--do", "ablate 1").err)
                .contains("give --text T or --ids 1,2,3, --corpus PATH, or --index DIR and --feature I");
        assertThat(run("effect", "--model", "@/tiny", "--sae", "@/sae", "--do", "ablat 1", "--text", "a").err)
                .contains("--do: 'ablat 1' is no intervention");
        assertThat(run("effect", "--model", "@/tiny", "--sae", "@/sae", "--do", "add 1/1 2", "--text", "a").err)
                .contains("checkpoint 1 is named");
        assertThat(run("effect", "--model", "@/tiny", "--sae", "@/sae", "--do", "clamp-max 1 2", "--text", "a").err)
                .contains("clamp-max needs --index DIR");
        assertThat(run(
                                "batch",
                                "--model",
                                "@/tiny",
                                "--sae",
                                "@/sae",
                                "--features",
                                "1",
                                "--parts",
                                "cost",
                                "--out",
                                "@/none.jsonl")
                        .err)
                .contains("--parts cost needs --index DIR");
    }
}
