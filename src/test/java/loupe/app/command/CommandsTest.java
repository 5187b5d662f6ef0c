package loupe.app.command;

import static loupe.app.command.CommandRun.json;
import static loupe.app.command.CommandRun.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.Npy;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.analysis.prompts.LogProbabilities;
import loupe.app.cli.ExitCode;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole commands in this process, on the tiny model and tiny checkpoints. */
@Timeout(120)
class CommandsTest {
    private static final String TEXT = "the otter is a definition of the other";

    @TempDir
    static Path folder;

    @BeforeAll
    static void writeFiles() throws IOException {
        TinyModel.writeTo(folder.resolve("tiny"));
        TinySae.writeTo(folder.resolve("sae"), 1);
        TinySae.writeTo(folder.resolve("other"), 2);
        TinySae.writePerfectTo(folder.resolve("perfect"));
        Files.writeString(folder.resolve("corpus.txt"), (TEXT + "<|endoftext|>").repeat(20));
        Files.writeString(
                folder.resolve("pointer.safetensors"),
                "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n");
        TinyModel.writeSafetensors(
                folder.resolve("x.safetensors"),
                Map.of("x", new HostTensor(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 0, -1, 0, 1, 0, -1, 0, 1}, 1, 2, 8)));
        TinyModel.writeSafetensors(
                folder.resolve("odd.safetensors"),
                Map.of(
                        "nan",
                        new HostTensor(new float[] {0, 1, Float.NaN, 0, 0, 0, 0, 0}, 8),
                        "zero",
                        new HostTensor(new float[8], 8),
                        "none",
                        new HostTensor(new float[0], 3, 0, 8)));
    }

    @Test
    void forwardWritesWhatItSays() {
        Path out = folder.resolve("forward.safetensors");
        JsonNode said = json(
                "forward",
                "--model",
                path("tiny"),
                "--text",
                TEXT,
                "--hooks",
                "blocks.0.attn.hook_pattern,hook_embed",
                "--out",
                out.toString());
        StringBuilder text = new StringBuilder();
        said.get("tokens").forEach(token -> text.append(token.asText()));
        assertThat(text).hasToString(TEXT);
        int length = said.get("ids").size();
        HostTensor logits = read(out, "logits");
        assertThat(logits.shape()).containsExactly(length, TinyModel.VOCABULARY);
        assertThat(read(out, "blocks.0.attn.hook_pattern").shape()).containsExactly(2, length, length);
        assertThat(read(out, "hook_embed").row(0))
                .containsExactly(TinyModel.weights()
                        .get("transformer.wte.weight")
                        .row(said.get("ids").get(0).asInt()));
        double sum = 0;
        for (int t = 0; t < length - 1; t++) {
            sum -= LogProbabilities.at(logits, t, said.get("ids").get(t + 1).asInt());
        }
        assertThat(said.get("loss").asDouble()).isCloseTo(sum / (length - 1), within(1e-9));
    }

    @Test
    void aSingleTokenHasNoLoss() {
        assertThat(json("forward", "--model", path("tiny"), "--ids", "5")
                        .get("loss")
                        .isNull())
                .isTrue();
    }

    @Test
    void forwardWithEveryHookPointWritesEachOnce() {
        Path out = folder.resolve("all.safetensors");
        json("forward", "--model", path("tiny"), "--ids", "5,6", "--hooks", "all", "--out", out.toString());
        try (TensorArchive archive = TensorArchives.open(out)) {
            assertThat(archive.names())
                    .contains(
                            "logits",
                            "hook_embed",
                            "hook_pos_embed",
                            "blocks.1.hook_resid_post",
                            "blocks.0.attn.hook_z",
                            "blocks.0.ln1.hook_scale",
                            "ln_final.hook_normalized");
        }
    }

    @Test
    void aGhostOfTheTokensOwnEmbeddingChangesNothing() throws IOException {
        float[] embedding = TinyModel.weights().get("transformer.wte.weight").row(6);
        TinyModel.writeSafetensors(
                folder.resolve("ghost.safetensors"), Map.of("g", new HostTensor(embedding, embedding.length)));
        JsonNode plain = json("forward", "--model", path("tiny"), "--ids", "5,6,7");
        JsonNode ghosted = json(
                "forward",
                "--model",
                path("tiny"),
                "--ids",
                "5,99,7",
                "--ghost",
                path("ghost.safetensors") + ":g",
                "--ghost-position",
                "1");
        Path a = folder.resolve("a.safetensors");
        Path b = folder.resolve("b.safetensors");
        json("forward", "--model", path("tiny"), "--ids", "5,6,7", "--out", a.toString());
        json(
                "forward",
                "--model",
                path("tiny"),
                "--ids",
                "5,99,7",
                "--ghost",
                path("ghost.safetensors") + ":g",
                "--ghost-position",
                "1",
                "--out",
                b.toString());
        assertThat(read(b, "logits")).isEqualTo(read(a, "logits"));
        assertThat(plain.get("loss")).isNotEqualTo(ghosted.get("loss"));
    }

    @Test
    void encodeKeepsLeadingAxesAndFindsAPerfectCheckpointPerfect() {
        Path out = folder.resolve("encode.safetensors");
        JsonNode said = json(
                "encode", "--sae", path("perfect"), "--input", path("x.safetensors") + ":x", "--out", out.toString());
        assertThat(read(out, "features").shape()).containsExactly(1, 2, 16);
        assertThat(read(out, "x_hat")).isEqualTo(read(folder.resolve("x.safetensors"), "x"));
        assertThat(said.get("l0").asDouble()).isEqualTo(6.0);
        assertThat(said.get("mse").asDouble()).isZero();
        assertThat(said.get("fve").asDouble()).isEqualTo(1.0);
    }

    @Test
    void aGhostIsTheCentroidPlusTheScaledUnitDirection() {
        Path out = folder.resolve("g.safetensors");
        json(
                "ghost",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "3",
                "--weights",
                "decoder",
                "--scale",
                "2",
                "--out",
                out.toString());
        HostTensor embedding = TinyModel.weights().get("transformer.wte.weight");
        float[] direction = read(folder.resolve("sae").resolve("sae_weights.safetensors"), "W_dec")
                .row(3);
        double norm = 0;
        for (float value : direction) {
            norm += value * value;
        }
        for (int i = 0; i < 8; i++) {
            double mean = 0;
            for (int t = 0; t < embedding.rows(); t++) {
                mean += embedding.get(t, i) / (double) embedding.rows();
            }
            assertThat((double) read(out, "centroid").data()[i]).isCloseTo(mean, within(1e-6));
            assertThat((double) read(out, "ghost").data()[i])
                    .isCloseTo(mean + 2 * direction[i] / Math.sqrt(norm), within(1e-5));
        }
    }

    @Test
    void aTreesProbabilitiesMultiplyAndRespectTheCutoff() {
        JsonNode said = json(
                "tree",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "3",
                "--cutoff",
                "0.01",
                "--max-depth",
                "3",
                "--baseline",
                "centroid");
        JsonNode root = said.get("tree");
        assertThat(root.get("token_id").isNull()).isTrue();
        assertThat(root.get("cumulative_prob").asDouble()).isEqualTo(1.0);
        assertThat(root.get("baseline_prob").isNull()).as("no NaN in JSON").isTrue();
        assertThat(check(root)).isEqualTo(said.get("nodes").asInt());
        assertThat(said.get("divergence").asDouble()).isPositive();
    }

    /** @return nodes below this one */
    private static int check(JsonNode node) {
        int count = 0;
        double sum = 0;
        for (JsonNode child : node.get("children")) {
            assertThat(child.get("cumulative_prob").asDouble())
                    .isGreaterThanOrEqualTo(0.01)
                    .isCloseTo(
                            node.get("cumulative_prob").asDouble()
                                    * child.get("probability").asDouble(),
                            within(1e-12));
            sum += child.get("probability").asDouble();
            count += 1 + check(child);
        }
        assertThat(sum).isLessThanOrEqualTo(1 + 1e-6);
        return count;
    }

    @Test
    void aFeatureIsAddedOrClampedWhileItsTreeGrows() throws IOException {
        List<String> tree = List.of(
                "tree",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "3",
                "--cutoff",
                "0.01",
                "--max-depth",
                "3");
        JsonNode clean = json(tree.toArray()).get("tree");
        JsonNode clamped = json(plus(tree, "--clamp", "1:4"));
        assertThat(clamped.get("settings").get("clamp").asText()).isEqualTo("1:4");
        assertThat(clamped.get("tree"))
                .isNotEqualTo(clean)
                .isNotEqualTo(json(plus(tree, "--steer", "1:4")).get("tree"));
        assertThat(json(plus(tree, "--steer", "1:0")).get("tree")).isEqualTo(clean);
        assertThat(CommandRun.of(plus(tree, "--steer", "1:4", "--clamp", "1:4")).code)
                .isEqualTo(2);
    }

    @Test
    void aTreeIsWrittenInEveryShapeAndComparedWithWhatWasWritten() throws IOException {
        List<String> tree = List.of(
                "tree",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "3",
                "--cutoff",
                "0.01",
                "--max-depth",
                "3");
        Path json = folder.resolve("written.json");
        JsonNode said = json(plus(tree, "--out", json.toString()));
        JsonNode written = new com.fasterxml.jackson.databind.ObjectMapper().readTree(json.toFile());
        assertThat(written.get("children")).isEqualTo(said.get("tree").get("children"));
        JsonNode same = json(plus(tree, "--against", json.toString())).get("comparison");
        assertThat(same.get("shared").asInt()).isEqualTo(said.get("nodes").asInt());
        assertThat(same.get("only_here").asInt()).isZero();
        assertThat(same.get("only_there").asInt()).isZero();
        JsonNode moved =
                json(plus(tree, "--scale", "0.1", "--against", json.toString())).get("comparison");
        assertThat(moved.get("first_token_overlap").asDouble())
                .isLessThan(same.get("first_token_overlap").asDouble());
        Path text = folder.resolve("written.txt");
        json(plus(tree, "--out", text.toString()));
        assertThat(Files.readAllLines(text)).hasSize(said.get("nodes").asInt());
        Path markdown = folder.resolve("written.md");
        json(plus(tree, "--out", markdown.toString()));
        assertThat(Files.readString(markdown))
                .startsWith("# Definition tree")
                .contains("feature 3")
                .contains("- `");
    }

    private static Object[] plus(List<String> arguments, String... more) {
        return Stream.concat(arguments.stream(), Stream.of(more)).toArray();
    }

    @Test
    void tokensSayHowStableTheyAreAndWhatARandomDirectionLists() {
        JsonNode said = json(
                "tokens",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "3",
                "--top",
                "8",
                "--stability",
                "--null",
                "4");
        assertThat(said.get("tokens").size()).isEqualTo(8);
        said.get("tokens")
                .forEach(token -> assertThat(token.get("rank_spread").asInt()).isBetween(0, 40));
        assertThat(said.get("null").get("tokens").size()).isEqualTo(8);
        assertThat(said.get("null").get("seed").asInt()).isEqualTo(4);
        assertThat(said.get("coherence").get("mean_cosine").asDouble()).isBetween(-1.0, 1.0);
        assertThat(said.get("null").get("coherence").get("mean_cosine").asDouble())
                .isBetween(-1.0, 1.0);
    }

    @Test
    void tokensAreFilteredAndListedForBothSidesWhenAsked() {
        List<String> list =
                List.of("tokens", "--model", path("tiny"), "--sae", path("sae"), "--feature", "3", "--top", "300");
        assertThat(json(list.toArray()).get("settings").get("filter").isNull()).isTrue();
        JsonNode said = json(plus(
                list,
                "--script",
                "latin",
                "--leading-space",
                "yes",
                "--letters-only",
                "--min-length",
                "2",
                "--max-length",
                "3",
                "--trained",
                "--sides"));
        assertThat(said.get("tokens")).isNotEmpty();
        said.get("tokens")
                .forEach(token -> assertThat(token.get("token").asText()).matches(" [A-Za-z]{2,3}"));
        assertThat(said.get("settings").get("filter").get("tokens").asInt())
                .isEqualTo(said.get("tokens").size());
        assertThat(said.get("settings").get("filter").get("trained").asDouble()).isEqualTo(0.5);
        JsonNode encoder = said.get("sides").get("encoder");
        JsonNode decoder = said.get("sides").get("decoder");
        for (JsonNode token : encoder) {
            assertThat(decoder.get(token.get("rank_in_decoder").asInt() - 1).get("id"))
                    .isEqualTo(token.get("id"));
        }
        json(plus(list, "--matching", "^ ?d?e"))
                .get("tokens")
                .forEach(token -> assertThat(token.get("token").asText()).matches(" ?d?e.*"));
        CommandRun refused = CommandRun.of(plus(list, "--matching", "a(b"));
        assertThat(refused.code).isEqualTo(2);
        assertThat(refused.err).contains("Invalid regular expression: a(b");
    }

    @Test
    void aBatchHasALinePerFeatureAndGoesOnWhereItStopped() throws IOException {
        Path out = folder.resolve("batch.jsonl");
        List<String> batch = List.of(
                "batch",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--cutoff",
                "0.01",
                "--max-depth",
                "3",
                "--max-nodes",
                "40",
                "--top",
                "4",
                "--out",
                out.toString());
        JsonNode first = json(plus(batch, "--features", "0-1,4"));
        assertThat(first.get("done").asInt()).isEqualTo(3);
        List<String> lines = Files.readAllLines(out);
        assertThat(lines).hasSize(4);
        com.fasterxml.jackson.databind.ObjectMapper mapper = new com.fasterxml.jackson.databind.ObjectMapper();
        JsonNode line = mapper.readTree(lines.get(3));
        assertThat(line.get("feature").asInt()).isEqualTo(4);
        JsonNode tree = json(
                "tree",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "4",
                "--cutoff",
                "0.01",
                "--max-depth",
                "3",
                "--max-nodes",
                "40");
        assertThat(line.get("nodes")).isEqualTo(tree.get("nodes"));
        assertThat(line.get("tree").get("children").get(0).get("token_id"))
                .isEqualTo(tree.get("tree").get("children").get(0).get("token_id"));
        assertThat(line.get("tokens").size()).isEqualTo(4);
        assertThat(line.get("scale").get("best").get("scale").asDouble()).isPositive();

        // the last line was torn by a crash
        Files.write(out, java.util.Arrays.copyOf(Files.readAllBytes(out), (int) Files.size(out) - 20));
        JsonNode second = json(plus(batch, "--features", "0-2,4", "--resume"));
        assertThat(second.get("done").asInt()).isEqualTo(2);
        assertThat(second.get("known_before").asInt()).isEqualTo(2);
        List<Integer> features = new ArrayList<>();
        for (String again : Files.readAllLines(out)) {
            JsonNode document = mapper.readTree(again);
            if (document.has("feature")) {
                features.add(document.get("feature").asInt());
            }
        }
        assertThat(features).containsExactly(0, 1, 2, 4);
        assertThat(Files.readAllLines(out)).startsWith(lines.get(0), lines.get(1), lines.get(2));
        assertThat(CommandRun.of(plus(batch, "--features", "0")).err)
                .contains("exists already")
                .contains("--resume");
        assertThat(CommandRun.of(plus(batch, "--features", "0", "--resume", "--scale", "2")).err)
                .contains("other settings (scale was ");
    }

    @Test
    void aVerbaliserBringsItsPromptAndItsNorm() throws IOException {
        Path sidecar =
                Files.writeString(folder.resolve("verbaliser.json"), "{\"prompt\": \"the {ghost} is\", \"norm\": 7.5}");
        JsonNode said = json(
                "tree",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "3",
                "--cutoff",
                "0.01",
                "--max-depth",
                "2",
                "--verbaliser",
                sidecar.toString());
        JsonNode byHand = json(
                "tree",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "3",
                "--cutoff",
                "0.01",
                "--max-depth",
                "2",
                "--prompt",
                "the {ghost} is",
                "--scale",
                "7.5",
                "--no-centroid");
        assertThat(said.get("tree")).isEqualTo(byHand.get("tree"));
        assertThat(said.get("settings").get("scale").asDouble()).isCloseTo(7.5, within(1e-6));
    }

    @Test
    void scaleHasACurveValueForEveryScaleAndProposesOneOfThem() {
        JsonNode said = json(
                "scale",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "3",
                "--weights",
                "decoder",
                "--scales",
                "1,0.5,2,4",
                "--baseline",
                "random:2");
        int count = said.get("scales").size();
        assertThat(count).isBetween(4, 5);
        List<String> curves = new ArrayList<>();
        said.get("curves").fieldNames().forEachRemaining(curves::add);
        assertThat(curves)
                .containsExactly(
                        "score", "divergence", "first_token_entropy", "entropy", "self_similarity", "logit_agreement");
        said.get("curves").forEach(curve -> assertThat(curve.size()).isEqualTo(count));
        JsonNode best = said.get("best");
        assertThat(said.get("scales"))
                .anyMatch(scale -> scale.asDouble() == best.get("scale").asDouble());
        assertThat(best.get("plateau").get(0).asDouble())
                .isLessThanOrEqualTo(best.get("scale").asDouble());
        assertThat(best.get("plateau").get(1).asDouble())
                .isGreaterThanOrEqualTo(best.get("scale").asDouble());
        assertThat(best.get("why").asText()).contains("nats");
        JsonNode tree = json(
                "tree",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "3",
                "--weights",
                "decoder",
                "--scale",
                best.get("scale").asText(),
                "--baseline",
                "random:2",
                "--max-nodes",
                "20",
                "--cutoff",
                "0");
        int at = 0;
        while (said.get("scales").get(at).asDouble() != best.get("scale").asDouble()) {
            at++;
        }
        assertThat(said.get("curves").get("divergence").get(at).asDouble())
                .isCloseTo(tree.get("divergence").asDouble(), within(1e-4));
    }

    @Test
    void scaleTriesMixesAndProposesTheBestPair() {
        JsonNode said = json(
                "scale",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--feature",
                "3",
                "--mixes",
                "0,1",
                "--scales",
                "1,2,4",
                "--baseline",
                "centroid");
        assertThat(said.get("mixes").size()).isEqualTo(2);
        double best = said.get("best").get("score").asDouble();
        assertThat(said.get("mixes"))
                .allMatch(mix -> mix.get("best").get("score").asDouble() <= best)
                .anyMatch(mix -> mix.get("best").get("score").asDouble() == best
                        && mix.get("encoder_mix").asDouble()
                                == said.get("best").get("encoder_mix").asDouble());
    }

    @Test
    void theTokenNearestToATokensOwnEmbeddingIsItself() throws IOException {
        float[] embedding = TinyModel.weights().get("transformer.wte.weight").row(42);
        TinyModel.writeSafetensors(
                folder.resolve("v.safetensors"), Map.of("v", new HostTensor(embedding, embedding.length)));
        JsonNode tokens = json(
                        "tokens",
                        "--model",
                        path("tiny"),
                        "--vector",
                        path("v.safetensors") + ":v",
                        "--metric",
                        "cosine",
                        "--top",
                        "5")
                .get("tokens");
        assertThat(tokens).hasSize(5);
        assertThat(tokens.get(0).get("id").asInt()).isEqualTo(42);
        assertThat(tokens.get(0).get("cosine").asDouble()).isCloseTo(1, within(1e-6));
        List<Integer> neighbours = new ArrayList<>();
        json("neighbours", "--model", path("tiny"), "--query", "token:42", "--top", "4")
                .get("neighbours")
                .forEach(row -> neighbours.add(row.get("id").asInt()));
        List<Integer> others = new ArrayList<>();
        tokens.forEach(row -> others.add(row.get("id").asInt()));
        assertThat(neighbours).as("the query itself left out").isEqualTo(others.subList(1, 5));
    }

    @Test
    void aPerfectCheckpointLosesNothing() {
        JsonNode said = json(
                "evaluate",
                "--model",
                path("tiny"),
                "--sae",
                path("perfect"),
                "--corpus",
                path("corpus.txt"),
                "--max-tokens",
                "100",
                "--context",
                "16");
        assertThat(said.get("tokens").asInt()).isEqualTo(100);
        assertThat(said.get("mse").asDouble()).isCloseTo(0, within(1e-9));
        assertThat(said.get("ce_sae").asDouble()).isCloseTo(said.get("ce_clean").asDouble(), within(1e-6));
        assertThat(said.get("ce_recovered").asDouble()).isCloseTo(1, within(1e-4));
        assertThat(said.get("ce_zero").asDouble())
                .isNotCloseTo(said.get("ce_clean").asDouble(), within(1e-3));
    }

    @Test
    void aCheckpointComparedWithItselfKeepsEveryFeature() {
        JsonNode said = json("compare", "--sae", path("sae"), "--sae", path("sae"));
        assertThat(said.get("mmcs_ab").asDouble()).isCloseTo(1, within(1e-6));
        assertThat(said.get("classes").get("kept").asInt()).isEqualTo(TinySae.FEATURES);
        said.get("matches").forEach(match -> assertThat(match.get("a")).isEqualTo(match.get("b")));
    }

    @Test
    void anIndexAnswersWhatEncodingTheCorpusGives() {
        Path index = folder.resolve("index");
        JsonNode built = json(
                "index",
                "build",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                path("other"),
                "--corpus",
                path("corpus.txt"),
                "--out",
                index.toString(),
                "--context",
                "16",
                "--max-tokens",
                "160");
        assertThat(built.get("tokens").asInt()).isEqualTo(160);
        assertThat(built.get("features").asInt()).isEqualTo(2 * TinySae.FEATURES);
        assertThat(json("index", "info", index.toString()).get("rows")).isEqualTo(built.get("rows"));
        JsonNode feature = json(
                "feature",
                "--index",
                index.toString(),
                "--feature",
                "2",
                "--sae",
                "sae",
                "--model",
                path("tiny"),
                "--bins",
                "7");
        assertThat(feature.get("density").asDouble())
                .isCloseTo(feature.get("count").asDouble() / 160, within(1e-12));
        long counted = 0;
        for (JsonNode count : feature.get("histogram").get("counts")) {
            counted += count.asLong();
        }
        assertThat(feature.get("histogram").get("edges")).hasSize(8);
        assertThat(counted).isEqualTo(feature.get("count").asLong()).isPositive();
        JsonNode best = feature.get("top").get(0);
        assertThat(best.get("values").get(best.get("focus").asInt())).isEqualTo(feature.get("max"));
        assertThat(feature.get("random"))
                .isNotEmpty()
                .allSatisfy(example ->
                        assertThat(example.get("activation").asDouble()).isPositive());
        assertThat(feature.get("near_misses"))
                .allSatisfy(miss -> miss.get("values")
                        .forEach(value -> assertThat(value.asDouble()).isNotPositive()));
        assertThat(TEXT)
                .contains(best.get("tokens")
                        .get(best.get("focus").asInt())
                        .asText()
                        .replace("<|endoftext|>", ""));
    }

    @Test
    void anIndexSaysWhatIsActiveTogetherAndAtATokenAndAtAPlace() {
        Path index = folder.resolve("questions");
        json(
                "index",
                "build",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                path("other"),
                "--corpus",
                path("corpus.txt"),
                "--out",
                index,
                "--context",
                "16",
                "--documents",
                "packed",
                "--max-tokens",
                "160");
        JsonNode feature = json("feature", "--index", index, "--feature", "2", "--sae", "sae", "--bins", "7");
        JsonNode together =
                json("index", "query", index, "--sae", "sae", "--feature", "2", "--by", "both", "--top", "3");
        assertThat(together.get("count")).isEqualTo(feature.get("count"));
        assertThat(together.get("tokens").asInt()).isEqualTo(160);
        assertThat(together.get("features")).isNotEmpty().allSatisfy(row -> {
            assertThat(row.get("feature").asInt()).isNotEqualTo(2);
            assertThat(row.get("share_of_feature").asDouble())
                    .isEqualTo(row.get("both").asDouble() / feature.get("count").asDouble());
        });
        JsonNode first = together.get("features").get(0);
        JsonNode back = json(
                "index",
                "query",
                index,
                "--sae",
                "sae",
                "--feature",
                first.get("feature").asText(),
                "--by",
                "both",
                "--top",
                "100");
        back.get("features").forEach(row -> {
            if (row.get("feature").asInt() == 2) {
                assertThat(row.get("both")).isEqualTo(first.get("both"));
                assertThat(row.get("pearson").asDouble())
                        .isCloseTo(first.get("pearson").asDouble(), within(1e-12));
            }
        });
        assertThat(json("index", "query", index, "--sae", "sae", "--among", "other", "--feature", "2")
                        .get("features"))
                .isNotEmpty();

        JsonNode best = feature.get("top").get(0);
        int id = best.get("ids").get(best.get("focus").asInt()).asInt();
        JsonNode token = json(
                "index",
                "query",
                index,
                "--sae",
                "sae",
                "--token",
                id,
                "--top",
                TinySae.FEATURES,
                "--by",
                "max",
                "--model",
                path("tiny"));
        assertThat(TEXT + "<|endoftext|>").contains(token.get("token").asText());
        assertThat(token.get("features")).anySatisfy(row -> {
            assertThat(row.get("feature").asInt()).isEqualTo(2);
            assertThat(row.get("max").floatValue()).isEqualTo(feature.get("max").floatValue());
        });
        CommandRun loud = CommandRun.of("index", "query", index, "--sae", "sae", "--feature", "2", "--by", "loud");
        assertThat(loud.code).isEqualTo(2);
        assertThat(loud.err).contains("--by is loud, expected one of both, share-of-feature");
        assertThat(CommandRun.of("index", "query", index, "--sae", "sae", "--at", "160").err)
                .contains("tokens 0 to 159");
        JsonNode place = json("index", "query", index, "--sae", "sae", "--at", 17);
        assertThat(place.get("position").asInt()).isEqualTo(1);
        assertThat(place.get("features")).isNotEmpty();
        double before = Double.POSITIVE_INFINITY;
        for (JsonNode row : place.get("features")) {
            assertThat(row.get("activation").asDouble()).isPositive().isLessThanOrEqualTo(before);
            before = row.get("activation").asDouble();
        }
    }

    @Test
    void masksAndTheBeginningOfDocumentsAreAsAskedFor() {
        Path masked = folder.resolve("masked");
        JsonNode built = json(
                "index",
                "build",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--corpus",
                path("corpus.txt"),
                "--out",
                masked,
                "--context",
                "16",
                "--documents",
                "packed",
                "--max-tokens",
                "160",
                "--mask-bos",
                "--mask-first",
                "1",
                "--mask-norm",
                "1.5",
                "--memory");
        assertThat(built.get("memory"))
                .as("fewer tokens than a line needs, and the end")
                .hasSize(1);
        assertThat(built.get("memory").get(0).get("tokens").asInt()).isEqualTo(160);
        assertThat(built.get("memory").get(0).get("heap_used_bytes").asLong()).isPositive();
        JsonNode masks = built.get("masks");
        assertThat(masks.get("first").get("left_out").asInt()).isEqualTo(10);
        assertThat(masks.get("bos").get("left_out").asInt()).isPositive();
        assertThat(masks.get("norm").get("left_out").asInt()).isBetween(0, 159);
        assertThat(built.get("counted").asInt())
                .isEqualTo(160 - masks.get("left_out").asInt());
        assertThat(json("index", "info", masked).get("masks")).isEqualTo(masks);
        JsonNode feature = json("feature", "--index", masked, "--feature", "2");
        assertThat(feature.get("density").asDouble())
                .isEqualTo(
                        feature.get("count").asDouble() / built.get("counted").asDouble());

        Path plain = folder.resolve("plain");
        json(
                "index",
                "build",
                "--bos",
                "no",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--corpus",
                path("corpus.txt"),
                "--out",
                plain,
                "--context",
                "16",
                "--max-tokens",
                "160");
        assertThat(json("index", "info", plain).get("separator").isNull()).isTrue();
        assertThat(json(
                                "index",
                                "query",
                                plain,
                                "--token",
                                masks.get("bos").get("token").asInt())
                        .get("occurrences")
                        .asInt())
                .isZero();
        assertThat(json("index", "info", masked).get("separator"))
                .isEqualTo(masks.get("bos").get("token"));
        CommandRun other = CommandRun.of(
                "index",
                "build",
                "--documents",
                "packed",
                "--resume",
                "--model",
                path("tiny"),
                "--sae",
                path("sae"),
                "--corpus",
                path("corpus.txt"),
                "--out",
                masked,
                "--context",
                "16",
                "--max-tokens",
                "160",
                "--mask-first",
                "1");
        assertThat(other.code).isEqualTo(3);
        assertThat(other.err).contains("was made without token", "same masks");
        int auto = json("evaluate", "--model", path("tiny"), "--sae", path("sae"), "--corpus", path("corpus.txt"))
                .get("tokens")
                .asInt();
        assertThat(json(
                                "evaluate",
                                "--bos",
                                "no",
                                "--model",
                                path("tiny"),
                                "--sae",
                                path("sae"),
                                "--corpus",
                                path("corpus.txt"))
                        .get("tokens")
                        .asInt())
                .isLessThan(auto);
    }

    @Test
    void inspectRecognisesACheckpointAndAModel() {
        JsonNode sae = json("inspect", path("sae"));
        assertThat(sae.get("container").asText()).isEqualTo("safetensors");
        assertThat(sae.get("sae").get("dSae").asInt()).isEqualTo(TinySae.FEATURES);
        assertThat(sae.get("sae").get("hook").asText()).isEqualTo("blocks.1.hook_resid_pre");
        assertThat(json("inspect", path("tiny")).get("sae").isNull()).isTrue();
    }

    @Test
    void doctorNamesTheEngine() {
        JsonNode said = json("doctor", "--device", "cpu");
        assertThat(said.get("engine").get("name").asText()).isEqualTo("PyTorch");
        assertThat(said.get("engine").get("device").asText()).isEqualTo("CPU");
    }

    @Test
    void optionsMayStandBeforeTheCommand() {
        CommandRun before =
                CommandRun.of("--json", "--device", "cpu", "forward", "--model", path("tiny"), "--ids", "1,2");
        CommandRun after =
                CommandRun.of("forward", "--model", path("tiny"), "--ids", "1,2", "--json", "--device", "cpu");
        assertThat(before.out).isEqualTo(after.out).startsWith("{");
    }

    @Test
    void aCommandsOwnOptionsMayStandBeforeItToo() {
        Path index = folder.resolve("before");
        assertThat(json("--model", path("tiny"), "--ids", "1,2", "forward"))
                .isEqualTo(json("forward", "--model", path("tiny"), "--ids", "1,2"));
        JsonNode built = json(
                "--model",
                path("tiny"),
                "index",
                "--max-tokens",
                "32",
                "--sae",
                path("sae"),
                path("other"),
                "build",
                "--corpus",
                path("corpus.txt"),
                "--out",
                index);
        assertThat(built.get("features").asInt()).isEqualTo(2 * TinySae.FEATURES);
        assertThat(CommandRun.of("--text", "forward", "forward", "--model", path("tiny")).out)
                .contains("ids");
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "its devices are not files")
    void aDeviceIsNeverReplacedByAFile() {
        CommandRun refused = CommandRun.of("forward", "--model", path("tiny"), "--ids", "1", "--out", "/dev/null");
        assertThat(refused.code).isEqualTo(2);
        assertThat(refused.err).contains("/dev/null is a device");
    }

    @Test
    void aSwitchMayBeSaidTwice() {
        assertThat(CommandRun.of("--json", "forward", "--json", "--model", path("tiny"), "--ids", "1,2").out)
                .startsWith("{");
    }

    @Test
    void warningsStandBesideAResultButNotBesideARefusal() throws IOException {
        Path silent = folder.resolve("silent");
        TinyModel.writeTo(silent);
        Files.delete(silent.resolve("tokenizer.json"));
        assertThat(CommandRun.of("forward", "--model", silent, "--ids", "1").err)
                .startsWith("warning: ");
        CommandRun refused = CommandRun.of("forward", "--model", silent, "--ids", "300");
        assertThat(refused.err.lines()).hasSize(1);
        assertThat(refused.err).startsWith("--ids");
    }

    @Test
    void anNpyVectorHasTheNeighboursOfTheSameOneInSafetensors() throws IOException {
        float[] values = {1, -2, 3, -4, 5, -6, 7, -8};
        Path own = folder.resolve("own");
        TinyModel.writeSafetensors(Path.of(own + ".safetensors"), Map.of("v", new HostTensor(values, 8)));
        Npy.floats(Path.of(own + ".npy"), "(8,)", values);
        JsonNode npy = json("neighbours", "--model", path("tiny"), "--query", own + ".npy");
        assertThat(npy.get("neighbours"))
                .isNotEmpty()
                .isEqualTo(json("neighbours", "--model", path("tiny"), "--query", own + ".safetensors:v")
                        .get("neighbours"));
    }

    @Test
    void activationsOfNoTokensHaveFeaturesOfNoTokens() {
        Path out = folder.resolve("none.safetensors");
        assertThat(json("encode", "--sae", path("sae"), "--input", path("odd.safetensors") + ":none", "--out", out)
                        .get("l0")
                        .isNull())
                .isTrue();
        assertThat(read(out, "features").shape()).containsExactly(3, 0, TinySae.FEATURES);
        assertThat(read(out, "x_hat").shape()).containsExactly(3, 0, 8);
    }

    @Test
    void arraysBesideAConfigurationAreListedThoughTheyAreNoCheckpoint() throws IOException {
        Path beside = Files.createDirectories(folder.resolve("beside"));
        Files.writeString(beside.resolve("config.json"), "{\"trainer\": {\"dict_class\": \"AutoEncoder\"}}");
        TinyModel.writeSafetensors(
                beside.resolve("activations.safetensors"), Map.of("x", new HostTensor(new float[8], 8)));
        JsonNode said = json("inspect", beside.resolve("activations.safetensors"));
        assertThat(said.get("sae").isNull()).isTrue();
        assertThat(said.get("tensors")).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("corpora")
    void aRefusedCorpusLeavesNoIndex(String message, byte[] corpus) throws IOException {
        Path file = Files.write(folder.resolve("odd.txt"), corpus);
        Path index = folder.resolve("refused");
        CommandRun refused = CommandRun.of(
                "index", "build", "--model", path("tiny"), "--sae", path("sae"), "--corpus", file, "--out", index);
        assertThat(refused.code).isEqualTo(3);
        assertThat(refused.err).contains("odd.txt", message);
        assertThat(index).doesNotExist();
    }

    static Stream<Arguments> corpora() {
        return Stream.of(
                Arguments.of("no text", new byte[0]), Arguments.of("UTF-8", new byte[] {'a', (byte) 0xE9, 'b'}));
    }

    @Test
    void withoutJsonThereIsATable() {
        assertThat(CommandRun.of("neighbours", "--model", path("tiny"), "--query", "token:42", "--top", "2").out)
                .contains("cosine")
                .doesNotContain("{");
    }

    @Test
    void helpIsThereForEveryCommand() {
        for (String command : List.of(
                "inspect",
                "forward",
                "encode",
                "ghost",
                "tree",
                "tokens",
                "scale",
                "batch",
                "neighbours",
                "index",
                "feature",
                "evaluate",
                "compare",
                "doctor")) {
            CommandRun help = CommandRun.of(command, "--help");
            assertThat(help.code).isZero();
            assertThat(help.out).as(command).contains("Usage: sae-loupe " + command);
        }
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of(2, "--ids", args("forward", "--model", "tiny")),
                Arguments.of(2, "Unknown option", args("forward", "--model", "tiny", "--idz", "1")),
                Arguments.of(2, "does not exist", args("forward", "--model", "missing", "--ids", "1")),
                Arguments.of(3, "token id 300", args("forward", "--model", "tiny", "--ids", "300")),
                Arguments.of(
                        3,
                        "at most 32, the model's context",
                        args("forward", "--model", "tiny", "--ids", "1" + ",1".repeat(32))),
                Arguments.of(
                        2,
                        "no hook point",
                        args("forward", "--model", "tiny", "--ids", "1", "--hooks", "blocks.0.nothing")),
                Arguments.of(
                        3,
                        "no hook point blocks.9.hook_resid_pre",
                        args("forward", "--model", "tiny", "--ids", "1", "--hooks", "blocks.9.hook_resid_pre")),
                Arguments.of(
                        3, "Git-LFS", args("encode", "--sae", "pointer.safetensors", "--input", "x.safetensors:x")),
                Arguments.of(3, "no tensor y", args("encode", "--sae", "sae", "--input", "x.safetensors:y")),
                Arguments.of(2, "is not FILE:NAME", args("encode", "--sae", "sae", "--input", "x.safetensors")),
                Arguments.of(3, "12", args("encode", "--sae", "sae", "--input", "sae/sae_weights.safetensors:W_enc")),
                Arguments.of(2, "--feature is 12", args("ghost", "--model", "tiny", "--sae", "sae", "--feature", "12")),
                Arguments.of(
                        2,
                        "{ghost}",
                        args("tree", "--model", "tiny", "--sae", "sae", "--feature", "1", "--prompt", "no place")),
                Arguments.of(2, "--query", args("neighbours", "--model", "tiny", "--query", "nonsense")),
                Arguments.of(2, "two checkpoints", args("compare", "--sae", "sae")),
                Arguments.of(2, "--device", args("doctor", "--device", "tpu")),
                Arguments.of(2, "--feature", args("index", "query", "tiny")),
                Arguments.of(2, "--tokens is 5", args("bench", "index", "--tokens", "5")),
                Arguments.of(3, "no index", args("index", "query", "tiny", "--feature", "1")),
                Arguments.of(
                        2,
                        "--mask-norm is -1.0",
                        args(
                                "index",
                                "build",
                                "--model",
                                "tiny",
                                "--sae",
                                "sae",
                                "--corpus",
                                "corpus.txt",
                                "--out",
                                "never",
                                "--mask-norm",
                                "-1")),
                Arguments.of(3, "no index", args("feature", "--index", "tiny", "--feature", "1")),
                Arguments.of(3, "config.json", args("forward", "--model", "sae", "--ids", "1")),
                Arguments.of(2, "Unknown command or path: weigh", args("weigh")),
                Arguments.of(
                        2,
                        "--tokens is 0, expected 1 to 1E15",
                        args("train-sample", "--definitions", "corpus.txt", "--out", "missing", "--tokens", "0")),
                Arguments.of(
                        2, "is a file, a folder is wanted", args("tour", "--model", "tiny", "--out", "corpus.txt")),
                Arguments.of(
                        2,
                        "is a file, a folder is wanted",
                        args(
                                "index",
                                "build",
                                "--model",
                                "tiny",
                                "--sae",
                                "sae",
                                "--corpus",
                                "corpus.txt",
                                "--out",
                                "corpus.txt")),
                Arguments.of(
                        2,
                        "--top-k is 0",
                        args("tree", "--model", "tiny", "--sae", "sae", "--feature", "1", "--top-k", "0")),
                Arguments.of(
                        2,
                        "--baseline is none",
                        args("scale", "--model", "tiny", "--sae", "sae", "--feature", "1", "--baseline", "none")),
                Arguments.of(
                        2,
                        "--scales has -1.0, expected a number above 0",
                        args("scale", "--model", "tiny", "--sae", "sae", "--feature", "1", "--scales", "2,-1")),
                Arguments.of(
                        2,
                        "--features has 3-999",
                        args("batch", "--model", "tiny", "--sae", "sae", "--features", "3-999", "--out", "b.jsonl")),
                Arguments.of(
                        2,
                        "--parts has trees",
                        args(
                                "batch",
                                "--model",
                                "tiny",
                                "--sae",
                                "sae",
                                "--features",
                                "1",
                                "--parts",
                                "trees",
                                "--out",
                                "b.jsonl")),
                Arguments.of(
                        2,
                        "--mixes is 2.0, expected 0 to 1",
                        args("scale", "--model", "tiny", "--sae", "sae", "--feature", "1", "--mixes", "2")),
                Arguments.of(
                        2,
                        "ends in .json, .txt or .md",
                        args("tree", "--model", "tiny", "--sae", "sae", "--feature", "1", "--out", "tree.png")),
                Arguments.of(
                        2,
                        "--cutoff is -1.0",
                        args("tree", "--model", "tiny", "--sae", "sae", "--feature", "1", "--cutoff", "-1")),
                Arguments.of(
                        2,
                        "--max-nodes is 0",
                        args("tree", "--model", "tiny", "--sae", "sae", "--feature", "1", "--max-nodes", "0")),
                Arguments.of(
                        2,
                        "--top is 0",
                        args("tokens", "--model", "tiny", "--sae", "sae", "--feature", "1", "--top", "0")),
                Arguments.of(
                        2,
                        "--sae-format is nonsense, expected one of",
                        args("inspect", "sae", "--sae-format", "nonsense")),
                Arguments.of(
                        2,
                        "--activation is nonsense, expected one of",
                        args("encode", "--sae", "sae", "--input", "x.safetensors:x", "--activation", "nonsense")),
                Arguments.of(2, "--k is 0", args("encode", "--sae", "sae", "--input", "x.safetensors:x", "--k", "0")),
                Arguments.of(
                        3,
                        "there are 3 token ids, but",
                        args("encode", "--sae", "sae", "--input", "x.safetensors:x", "--token-ids", "1,2,3")),
                Arguments.of(
                        3,
                        "sae_weights.safetensors:W_enc is [8, 12], but",
                        args("encode", "--sae", "sae", "--input", "sae/sae_weights.safetensors:W_enc")),
                Arguments.of(
                        3,
                        "reads at blocks.9.hook_resid_pre, but",
                        args("evaluate", "--model", "tiny", "--sae", "sae", "--corpus", "corpus.txt", "--layer", "9")),
                Arguments.of(
                        3,
                        "vectors of 8 numbers, but at blocks.0.mlp.hook_post",
                        args(
                                "evaluate",
                                "--model",
                                "tiny",
                                "--sae",
                                "sae",
                                "--corpus",
                                "corpus.txt",
                                "--hook",
                                "blocks.0.mlp.hook_post")),
                Arguments.of(
                        3,
                        "x.safetensors:x is [1, 2, 8], expected one vector of 8",
                        args(
                                "forward",
                                "--model",
                                "tiny",
                                "--ids",
                                "1,2",
                                "--ghost",
                                "x.safetensors:x",
                                "--ghost-position",
                                "0")),
                Arguments.of(
                        3,
                        "not finite",
                        args(
                                "forward",
                                "--model",
                                "tiny",
                                "--ids",
                                "1,2",
                                "--ghost",
                                "odd.safetensors:nan",
                                "--ghost-position",
                                "0")),
                Arguments.of(3, "all zeros", args("neighbours", "--model", "tiny", "--query", "odd.safetensors:zero")));
    }

    private static List<String> args(String... arguments) {
        return List.of(arguments);
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void aRefusalIsOneMessageAndLeavesNoFile(int code, String message, List<String> arguments) {
        Path out = folder.resolve("refused.safetensors");
        List<String> line =
                new ArrayList<>(arguments.stream().map(CommandsTest::inFolder).toList());
        if (List.of("forward", "encode", "ghost").contains(arguments.get(0))) {
            line.addAll(List.of("--out", out.toString()));
        }
        CommandRun refused = CommandRun.of(line.toArray());
        assertThat(refused.err).contains(message).doesNotContain("Exception").doesNotContain("\tat ");
        assertThat(refused.code).isEqualTo(code);
        assertThat(refused.out).isEmpty();
        assertThat(out).doesNotExist();
    }

    @Test
    void aStoppedCommandEndsWithItsOwnCodeAndLeavesNoFile() {
        Path out = folder.resolve("stopped.safetensors");
        CommandRun stopped =
                new CommandRun(true, "forward", "--model", path("tiny"), "--ids", "1,2", "--out", out.toString());
        assertThat(stopped.code).isEqualTo(ExitCode.STOPPED);
        assertThat(stopped.err).contains("Stopped");
        assertThat(stopped.out).isEmpty();
        assertThat(out).doesNotExist();
    }

    @Test
    void whatWasSaidInVainIsWarnedOf() {
        assertThat(CommandRun.of(
                                "encode",
                                "--sae",
                                path("sae"),
                                "--input",
                                path("x.safetensors") + ":x",
                                "--k",
                                "3",
                                "--norm-factor",
                                "2")
                        .err)
                .contains("k is not used", "The norm factor is not used");
        assertThat(CommandRun.of(
                                "evaluate",
                                "--model",
                                path("tiny"),
                                "--sae",
                                path("sae"),
                                "--corpus",
                                path("corpus.txt"),
                                "--max-tokens",
                                "64")
                        .err)
                .contains("takes at most 32 tokens");
    }

    @Test
    void aStoppedBenchmarkMeasuresNothing() {
        CommandRun stopped = new CommandRun(true, "bench", "tokens");
        assertThat(stopped.code).isEqualTo(ExitCode.STOPPED);
        assertThat(stopped.err).isEqualToIgnoringNewLines("Stopped.");
    }

    /** Names of the fixtures as paths. */
    private static String inFolder(String argument) {
        String first = argument.split("[/:.]", 2)[0];
        boolean fixture = List.of("tiny", "sae", "missing", "pointer", "x", "odd", "corpus")
                        .contains(first)
                && !argument.startsWith("--");
        return fixture ? path(argument) : argument;
    }

    private static String path(String name) {
        return folder.resolve(name).toString();
    }
}
