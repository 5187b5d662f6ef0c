package loupe.app.command;

import static loupe.app.command.CommandRun.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.analysis.compare.EvaluationFigure;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands that show what panes show, on the tiny model and checkpoint. */
@Timeout(120)
class PaneCommandsTest {
    private static final String TEXT = "the otter is a definition of the other";

    @TempDir
    static Path folder;

    @BeforeAll
    static void writeFiles() throws IOException {
        TinyModel.writeTo(folder.resolve("tiny"));
        TinySae.writeTo(folder.resolve("sae"), 1);
        Files.writeString(folder.resolve("corpus.txt"), (TEXT + "<|endoftext|>").repeat(20));
    }

    /** The name of the place that the checkpoint reads. */
    private static String hook() {
        return SaeFile.read(at("sae"), SaeOptions.AS_STORED)
                .config()
                .hook()
                .orElseThrow()
                .name();
    }

    private static Path at(String name) {
        return folder.resolve(name);
    }

    @Test
    void logitsAreTheDecoderDirectionThroughGainAndUnembedding() {
        JsonNode said = json("logits", "--model", at("tiny"), "--sae", at("sae"), "--feature", 3, "--top", 5);
        HostTensor decoder = CommandRun.read(
                at("out.safetensors", "ghost", "--sae", at("sae"), "--feature", 3, "--weights", "decoder"),
                "direction");
        HostTensor embedding = TinyModel.weights().get("transformer.wte.weight");
        float[] gain = TinyModel.weights().get("transformer.ln_f.weight").data();
        assertThat(said.get("promoted")).hasSize(5);
        double before = Double.POSITIVE_INFINITY;
        double norm = Double.NaN;
        for (JsonNode row : said.get("promoted")) {
            double weight = 0;
            for (int i = 0; i < gain.length; i++) {
                weight += (double) decoder.data()[i]
                        * gain[i]
                        * embedding.get(row.get("id").asInt(), i);
            }
            // the ghost's direction is a unit vector, the decoder row as long as it is
            double ratio = row.get("weight").asDouble() / weight;
            norm = Double.isNaN(norm) ? ratio : norm;
            assertThat(ratio).isCloseTo(norm, within(1e-4));
            assertThat(row.get("weight").asDouble()).isLessThanOrEqualTo(before);
            before = row.get("weight").asDouble();
        }
        assertThat(said.get("suppressed").get(0).get("weight").asDouble()).isLessThan(before);
        JsonNode cosines =
                json("logits", "--model", at("tiny"), "--sae", at("sae"), "--feature", 3, "--top", 1, "--cosines");
        assertThat(cosines.get("promoted").get(0).get("weight").asDouble()).isBetween(0.0, 1.0);
    }

    /** Runs a command with the tiny model that writes a file, and gives the file. */
    private static Path at(String out, Object... command) {
        Object[] all = new Object[command.length + 4];
        System.arraycopy(command, 0, all, 0, command.length);
        all[command.length] = "--model";
        all[command.length + 1] = at("tiny");
        all[command.length + 2] = "--out";
        all[command.length + 3] = at(out);
        json(all);
        return at(out);
    }

    @Test
    void aTextHasTheFeaturesThatEncodingItsActivationsGives() {
        JsonNode said =
                json("text", "--model", at("tiny"), "--sae", at("sae"), "--text", TEXT, "--feature", 3, "--top", 100);
        String hook = hook();
        at("acts.safetensors", "forward", "--text", TEXT, "--hooks", hook);
        json(
                "encode",
                "--sae",
                at("sae"),
                "--input",
                at("acts.safetensors") + ":" + hook,
                "--out",
                at("f.safetensors"));
        HostTensor features = CommandRun.read(at("f.safetensors"), "features");
        JsonNode tokens = said.get("tokens");
        assertThat(tokens).hasSize(features.size(0));
        for (int t = 0; t < tokens.size(); t++) {
            int active = 0;
            for (int i = 0; i < features.size(1); i++) {
                active += features.get(t, i) != 0 ? 1 : 0;
            }
            assertThat(tokens.get(t).get("l0").asInt()).isEqualTo(active);
            assertThat(tokens.get(t).get("features")).hasSize(active);
            assertThat(tokens.get(t).get("activation").asDouble()).isCloseTo(features.get(t, 3), within(1e-5));
            for (JsonNode one : tokens.get(t).get("features")) {
                assertThat(one.get("activation").asDouble())
                        .isCloseTo(features.get(t, one.get("feature").asInt()), within(1e-5));
            }
        }
    }

    @Test
    void aTextIsPredictedAsTheForwardPassDoesAndItsFeaturesAreThoseOfItsTokens() {
        JsonNode said = json(
                "text",
                "--model",
                at("tiny"),
                "--sae",
                at("sae"),
                "--sae",
                at("second"),
                "--ids",
                "3,1,4,1,5",
                "--corrupt-ids",
                "3,1,2,1,5",
                "--feature",
                "3,5",
                "--top",
                100,
                "--order",
                "sum",
                "--predictions",
                3);
        JsonNode loss =
                json("forward", "--model", at("tiny"), "--ids", "3,1,4,1,5").get("loss");
        assertThat(said.get("mean_loss").asDouble()).isCloseTo(loss.asDouble(), within(1e-5));
        assertThat(said.get("corrupt").get("mean_loss").asDouble())
                .isCloseTo(
                        json("forward", "--model", at("tiny"), "--ids", "3,1,2,1,5")
                                .get("loss")
                                .asDouble(),
                        within(1e-5));
        JsonNode tokens = said.get("tokens");
        assertThat(tokens.get(0).get("surprisal").isNull()).isTrue();
        assertThat(tokens.get(1).get("surprisal").asDouble() * Math.log(2))
                .isCloseTo(tokens.get(0).get("loss").asDouble(), within(1e-9));
        assertThat(tokens.get(4).get("loss").isNull()).isTrue();
        assertThat(tokens.get(2).get("predictions")).hasSize(3);
        assertThat(tokens.get(2).get("difference").asDouble())
                .isCloseTo(
                        tokens.get(2).get("activation_b").asDouble()
                                - tokens.get(2).get("activation").asDouble(),
                        within(1e-6));
        for (JsonNode one : said.get("top")) {
            double sum = 0;
            for (JsonNode token : tokens) {
                for (JsonNode active : token.get("features")) {
                    sum += active.get("feature").equals(one.get("feature"))
                            ? active.get("activation").asDouble()
                            : 0;
                }
            }
            assertThat(one.get("sum").asDouble()).isCloseTo(sum, within(1e-4));
        }
        JsonNode ablated =
                json("text", "--model", at("tiny"), "--sae", at("sae"), "--ids", "3,1,4,1,5", "--do", "scale 3 1");
        assertThat(ablated.get("after").get("applied").asInt()).isEqualTo(5);
        assertThat(ablated.get("tokens").get(2).get("after").get("loss").asDouble())
                .as("times 1 changes nothing")
                .isCloseTo(tokens.get(2).get("loss").asDouble(), within(1e-5));
        CommandRun refused =
                CommandRun.of("text", "--model", at("tiny"), "--ids", "3,1,4", "--corrupt-ids", "3,1", "--json");
        assertThat(refused.code).isEqualTo(2);
        assertThat(refused.err).contains("the clean text has 3 tokens and the corrupt one 2");
        assertThat(CommandRun.of("text", "--model", at("tiny"), "--ids", "3", "--feature", 1).err)
                .contains("--feature goes with --sae");
    }

    @Test
    void anAuditListsTheReadingsWithTheOneInUseFirst() {
        JsonNode said = json("audit", "--model", at("tiny"), "--sae", at("sae"), "--corpus", at("corpus.txt"));
        assertThat(said.get("readings").size()).isGreaterThan(1);
        assertThat(said.get("tokens").asInt()).isPositive();
        assertThat(said.get("conclusion").asText()).contains("As it is open");
        assertThat(said.get("findings").size()).isPositive();
    }

    @Test
    void aSavedCheckpointEncodesAsTheOneItWasMadeOf() {
        Path input = at("acts2.safetensors", "forward", "--text", TEXT, "--hooks", "all");
        String hook = hook();
        json("encode", "--sae", at("sae"), "--input", input + ":" + hook, "--out", at("before.safetensors"));
        for (String form : new String[] {"saelens", "dictionary-learning", "plain"}) {
            Path saved = at(form + (form.equals("plain") ? ".safetensors" : ""));
            assertThat(json("save", "--sae", at("sae"), "--form", form, "--out", saved)
                            .get("out")
                            .asText())
                    .isEqualTo(saved.toString());
            json("encode", "--sae", saved, "--input", input + ":" + hook, "--out", at("after.safetensors"));
            assertThat(CommandRun.read(at("after.safetensors"), "features").data())
                    .as(form)
                    .usingComparatorWithPrecision(1e-5f)
                    .containsExactly(CommandRun.read(at("before.safetensors"), "features")
                            .data());
            if (!form.equals("plain")) {
                assertThat(CommandRun.of("save", "--sae", at("sae"), "--form", form, "--out", saved).err)
                        .contains("exists already");
            }
        }
        assertThat(CommandRun.of("save", "--sae", at("sae"), "--form", "neat", "--out", at("x")).err)
                .contains("saelens, dictionary-learning, plain");
    }

    @Test
    void theTableOfFeaturesIsSortedFilteredAndWritten() throws IOException {
        JsonNode all = json("features", "--sae", at("sae"));
        assertThat(all.get("table")).hasSize(all.get("features").asInt());
        assertThat(all.get("table").get(2).get("number").asInt()).isEqualTo(2);
        assertThat(all.get("table").get(2).has("density"))
                .as("nothing is counted")
                .isFalse();
        Path counted = at("counted");
        json(
                "index",
                "build",
                "--model",
                at("tiny"),
                "--sae",
                at("sae"),
                "--corpus",
                at("corpus.txt"),
                "--out",
                counted);
        JsonNode table = json(
                "features",
                "--sae",
                at("sae"),
                "--model",
                at("tiny"),
                "--index",
                counted,
                "--against",
                at("sae"),
                "--filter",
                "density>0.1%",
                "--sort",
                "max",
                "--descending",
                "--columns",
                "number,density,max,promotes,match,skew");
        assertThat(table.get("found").asInt())
                .isPositive()
                .isLessThan(all.get("features").asInt() + 1);
        double before = Double.POSITIVE_INFINITY;
        for (JsonNode row : table.get("table")) {
            JsonNode feature = json(
                    "feature",
                    "--index",
                    counted,
                    "--feature",
                    row.get("number").asInt());
            assertThat(row.get("density").asDouble()).isGreaterThan(0.001);
            assertThat(feature.toString()).contains(row.get("density").toString());
            assertThat(row.get("max").asDouble()).isLessThanOrEqualTo(before);
            assertThat(row.get("match").asDouble()).isCloseTo(1, within(1e-5));
            assertThat(row.get("promotes").asText()).isNotBlank();
            before = row.get("max").asDouble();
        }
        Path csv = at("features.csv");
        json("features", "--sae", at("sae"), "--columns", "number,norm", "--top", 3, "--out", csv);
        assertThat(Files.readAllLines(csv)).hasSize(4).first().isEqualTo("number,norm");
        assertThat(CommandRun.of("features", "--sae", at("sae"), "--filter", "foo>3").err)
                .contains("there is no column foo");
        assertThat(CommandRun.of("features", "--sae", at("sae"), "--filter", "norm>1e9").err)
                .contains("norm lies between");
    }

    @Test
    void whatWasCountedOfOneCheckpointIsNotGivenAsAnothers() throws IOException {
        TinySae.writeTo(folder.resolve("second"), 2);
        TinySae.writeTo(folder.resolve("third"), 3);
        Path both = at("both-counted");
        json(
                "index",
                "build",
                "--model",
                at("tiny"),
                "--sae",
                at("sae"),
                "--sae",
                at("second"),
                "--corpus",
                at("corpus.txt"),
                "--out",
                both);
        for (String name : List.of("sae", "second")) {
            JsonNode row = json("features", "--sae", at(name), "--index", both, "--columns", "number,max")
                    .get("table")
                    .get(2);
            assertThat(row.get("max").floatValue())
                    .isEqualTo(json("feature", "--index", both, "--sae", name, "--feature", 2)
                            .get("max")
                            .floatValue());
        }
        CommandRun refused = CommandRun.of("features", "--sae", at("third"), "--index", both);
        assertThat(refused.code).isEqualTo(2);
        assertThat(refused.err)
                .contains("--index has not counted third as it is read here, but sae (sae-0), second (sae-1)");
        CommandRun told = CommandRun.of("features", "--sae", at("third"), "--index", both, "--indexed-as", "second");
        assertThat(told.code).as(told.err).isZero();
        assertThat(told.err).contains("was counted with other files than --sae");
    }

    @Test
    void anAblatedTokenLeavesTheActivationOfTheTextWithoutIt() {
        JsonNode said = json(
                "text",
                "--model",
                at("tiny"),
                "--sae",
                at("sae"),
                "--ids",
                "3,1,4,1,5",
                "--feature",
                3,
                "--ablate",
                "removed",
                "--at",
                3);
        assertThat(said.get("read_at").asInt()).isEqualTo(3);
        JsonNode without = json("text", "--model", at("tiny"), "--sae", at("sae"), "--ids", "3,4,1", "--feature", 3);
        assertThat(said.get("tokens").get(1).get("without").asDouble())
                .isCloseTo(without.get("tokens").get(2).get("activation").asDouble(), within(1e-5));
        assertThat(said.get("tokens").get(4).has("without")).isFalse();
        assertThat(CommandRun.of("text", "--model", at("tiny"), "--sae", at("sae"), "--ids", "3", "--ablate", "removed")
                        .err)
                .contains("--ablate needs --feature");
    }

    @Test
    void everyFigureOfThePageIsInTheJsonOfEvaluate() {
        JsonNode said = json("evaluate", "--model", at("tiny"), "--sae", at("sae"), "--corpus", at("corpus.txt"));
        Set<String> keys = new TreeSet<>();
        said.fieldNames().forEachRemaining(keys::add);
        said.get("variants").fieldNames().forEachRemaining(keys::add);
        keys.removeAll(Set.of("documents", "variants"));
        assertThat(Arrays.stream(EvaluationFigure.values()).map(EvaluationFigure::key))
                .containsExactlyInAnyOrderElementsOf(keys);
    }
}
