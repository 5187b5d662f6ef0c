package loupe.app.command;

import static loupe.app.command.CommandRun.json;
import static loupe.app.command.CommandRun.read;
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
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import loupe.Golden;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole commands against the numbers recorded from the reference implementations, within the tolerances stated with
 * them.
 */
@Timeout(120)
class GoldenCommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"hf_gpt2_a", "hf_gpt2_hubnames"})
    void forwardGivesHuggingFacesLogitsAndLoss(String name) throws IOException {
        Path golden = Golden.folder(name);
        JsonNode recorded = JSON.readTree(golden.resolve("golden.json").toFile());
        Path out = folder.resolve("out.safetensors");
        for (String sequence : List.of("len1", "len7", "len24")) {
            JsonNode said = json(
                    "forward",
                    "--model",
                    golden.resolve("model"),
                    "--ids",
                    list(recorded.at("/sequences/" + sequence)),
                    "--out",
                    out);
            assertNear(
                    read(out, "logits"), read(golden.resolve("golden.safetensors"), sequence + ".logits.f64"), 1e-4, 0);
            assertThat(said.get("tokens").get(0).asText())
                    .isEqualTo("<" + said.get("ids").get(0).asInt() + ">");
            if (sequence.equals("len1")) {
                assertThat(said.get("loss").isNull()).isTrue();
            } else {
                assertThat(said.get("loss").asDouble())
                        .isCloseTo(recorded.at("/loss/" + sequence + "/f64").asDouble(), within(1e-4));
            }
        }
        json(
                "forward",
                "--model",
                golden.resolve("model"),
                "--ids",
                list(recorded.at("/sequences/len7")),
                "--ghost",
                golden.resolve("golden.safetensors") + ":ghost.vector.f32",
                "--ghost-position",
                "3",
                "--out",
                out);
        assertNear(read(out, "logits"), read(golden.resolve("golden.safetensors"), "ghost.logits.f64"), 1e-4, 0);
    }

    @ParameterizedTest
    @CsvSource({"raw, raw", "proc, processed"})
    void everyHookPointHasTransformerLensesValue(String recordedAs, String processing) throws IOException {
        Path golden = Golden.folder("tl_gpt2_a");
        Path model = Golden.folder("hf_gpt2_a").resolve("model");
        Path out = folder.resolve("out.safetensors");
        String ids = list(JSON.readTree(golden.resolve("golden.json").toFile()).at("/sequences/len7"));
        json("forward", "--model", model, "--ids", ids, "--processing", processing, "--hooks", "all", "--out", out);
        for (String hook : List.of(
                "hook_embed",
                "hook_pos_embed",
                "blocks.0.hook_resid_pre",
                "blocks.1.hook_resid_mid",
                "blocks.1.hook_resid_post",
                "blocks.0.hook_attn_out",
                "blocks.1.hook_mlp_out",
                "blocks.0.attn.hook_q",
                "blocks.1.attn.hook_k",
                "blocks.0.attn.hook_v",
                "blocks.1.attn.hook_z",
                "blocks.0.mlp.hook_pre",
                "blocks.1.mlp.hook_post",
                "blocks.0.ln1.hook_normalized",
                "ln_final.hook_normalized")) {
            assertNear(
                    read(out, hook),
                    read(golden.resolve("golden.safetensors"), recordedAs + ".len7." + hook),
                    1e-4,
                    1e-5);
        }
        assertNear(
                read(out, "blocks.1.attn.hook_pattern"),
                read(golden.resolve("golden.safetensors"), recordedAs + ".len7.blocks.1.attn.hook_pattern"),
                1e-5,
                0);
    }

    @ParameterizedTest
    @CsvSource({
        "sl_standard_hook_z, x, features, x_hat, ''",
        "sl_transcoder, x, features, x_hat, ''",
        "sl_standard_constant_norm_rescale_bdec, x, features, x_hat, ''",
        "sl_topk_rescale_bdec, x, folded.features, folded.x_hat, --fold",
        "sl_standard_expected_average_only_in_bdec, x, scaled.features, scaled.x_hat, --norm-factor=1.7",
        "dl_AutoEncoder, x, encode.features, forward.x_hat, ''",
        "tok_topk, x.f32, features, x_hat, --k=9",
        "tok_vanilla, x.f32, features, x_hat, --activation=relu",
    })
    void encodeGivesTheLibrarysFeatures(String name, String input, String features, String xHat, String option)
            throws IOException {
        Path golden = Golden.folder(name);
        Path recorded = golden.resolve("golden.safetensors");
        Path out = folder.resolve("out.safetensors");
        List<Object> line =
                new ArrayList<>(List.of("encode", "--sae", golden, "--input", recorded + ":" + input, "--out", out));
        if (!option.isEmpty()) {
            line.add(option);
        }
        if (name.startsWith("tok_")) {
            line.addAll(List.of(
                    "--token-ids",
                    Arrays.stream(boxed(read(recorded, "tokens"))).collect(Collectors.joining(","))));
        }
        JsonNode said = json(line.toArray());
        assertNear(read(out, "features"), read(recorded, features + ".f64"), 8e-5, 1e-5);
        assertNear(read(out, "x_hat"), read(recorded, xHat + ".f64"), 5e-5, 1e-5);
        assertThat(said.get("mse").isNull()).isEqualTo(name.equals("sl_transcoder"));
        assertThat(said.get("fve").isNull()).isEqualTo(name.equals("sl_transcoder"));
    }

    @Test
    void ghostTokenListAndTreeAreTheNotebooksNodeForNode() throws IOException {
        Path golden = Golden.folder("seed_gpt2");
        JsonNode recorded = JSON.readTree(golden.resolve("golden.json").toFile());
        Path model = Golden.folder("hf_gpt2_a").resolve("model");
        Path out = folder.resolve("ghost.safetensors");
        int substitute = recorded.get("sub_token_id").asInt();
        int position = IntStream.range(0, recorded.get("prompt_ids").size())
                .filter(i -> recorded.get("prompt_ids").get(i).asInt() == substitute)
                .findFirst()
                .orElseThrow();
        for (int i = 0; i < recorded.get("settings").size(); i++) {
            JsonNode setting = recorded.get("settings").get(i);
            List<Object> ghost = new ArrayList<>(List.of(
                    "--model",
                    model,
                    "--vectors",
                    golden.resolve("sae_weights.safetensors"),
                    "--feature",
                    setting.get("feature").asInt(),
                    "--weights",
                    setting.get("weights").asText(),
                    "--scale",
                    setting.get("scaling").asDouble(),
                    "--pca",
                    setting.get("pca").asDouble()));
            if (!setting.get("centroid").asBoolean()) {
                ghost.add("--no-centroid");
            }
            json(line("ghost", ghost, "--out", out));
            assertNear(
                    read(out, "ghost"),
                    read(golden.resolve("golden.safetensors"), "setting" + i + ".feature_vector.f64"),
                    5e-6,
                    1e-5);

            JsonNode tokens = json(line(
                            "tokens",
                            ghost,
                            "--exponent",
                            setting.get("num_exp").asDouble(),
                            "--top",
                            50))
                    .get("tokens");
            assertThat(StreamSupport.stream(tokens.spliterator(), false).map(token -> token.get("id")))
                    .containsExactlyElementsOf(setting.get("token_list_ids"));

            JsonNode tree = json(line(
                    "tree",
                    ghost,
                    "--top-k",
                    setting.get("topk").asInt(),
                    "--cutoff",
                    setting.get("cutoff").asDouble(),
                    "--max-depth",
                    setting.get("max_depth").asInt(),
                    "--mask-id",
                    substitute,
                    "--prompt-ids",
                    list(recorded.get("prompt_ids")),
                    "--ghost-position",
                    position));
            assertSameTree(tree.get("tree"), setting.get("tree"));
            assertThat(tree.get("nodes")).isEqualTo(setting.get("nodes"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sleval_standard_resid", "sleval_jumprelu_mlp", "sleval_standard_z"})
    void evaluateGivesSaeLensesLosses(String name) throws IOException {
        Path golden = Golden.folder(name);
        JsonNode recorded = JSON.readTree(golden.resolve("golden.json").toFile());
        Path corpus = folder.resolve("corpus.txt");
        StringBuilder text = new StringBuilder();
        recorded.get("tokens")
                .forEach(batch -> batch.forEach(prompt ->
                        prompt.forEach(id -> text.append("t").append(id.asInt()).append(' '))));
        Files.writeString(corpus, text.toString());
        List<Object> line = new ArrayList<>(List.of(
                "evaluate",
                "--model",
                withWordTokenizer(Golden.folder("hf_gpt2_a").resolve("model")),
                "--sae",
                golden.resolve("sae"),
                "--corpus",
                corpus,
                "--context",
                24));
        if (!recorded.get("ignore_tokens").isEmpty()) {
            line.addAll(List.of("--ignore-tokens", list(recorded.get("ignore_tokens"))));
        }
        JsonNode said = json(line.toArray());
        JsonNode expected = recorded.at("/reconstruction/f64");
        Map.of(
                        "ce_clean",
                        "ce_loss_without_sae",
                        "ce_sae",
                        "ce_loss_with_sae",
                        "ce_zero",
                        "ce_loss_with_ablation",
                        "ce_recovered",
                        "ce_loss_score")
                .forEach((key, theirs) -> assertThat(said.get(key).asDouble())
                        .as(key)
                        .isCloseTo(expected.get(theirs).asDouble(), within(1e-4)));
        assertThat(said.get("l0").asDouble())
                .isCloseTo(recorded.at("/sparsity_variance/f64/l0").asDouble(), within(1e-6));
    }

    /** The model with a tokenizer that calls token i "ti". */
    private Path withWordTokenizer(Path model) throws IOException {
        Path with = Files.createDirectories(folder.resolve("model"));
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(model.resolve(file), with.resolve(file));
        }
        int size = JSON.readTree(model.resolve("config.json").toFile())
                .get("vocab_size")
                .asInt();
        String vocabulary =
                IntStream.range(0, size).mapToObj(i -> "\"t" + i + "\": " + i).collect(Collectors.joining(", "));
        Files.writeString(
                with.resolve("tokenizer.json"),
                "{\"version\": \"1.0\", \"truncation\": null, \"padding\": null, \"added_tokens\": [], "
                        + "\"normalizer\": null,"
                        + " \"pre_tokenizer\": {\"type\": \"WhitespaceSplit\"}, \"post_processor\": null, "
                        + "\"decoder\": null,"
                        + " \"model\": {\"type\": \"WordLevel\", \"unk_token\": \"t1\", \"vocab\": {" + vocabulary
                        + "}}}");
        return with;
    }

    private static void assertSameTree(JsonNode tree, JsonNode expected) {
        assertThat(tree.get("cumulative_prob").asDouble())
                .isCloseTo(
                        expected.get("cumulative_prob_f64").asDouble(),
                        within(1e-4 * expected.get("cumulative_prob_f64").asDouble()));
        assertThat(tree.get("children")).hasSameSizeAs(expected.get("children"));
        for (int i = 0; i < expected.get("children").size(); i++) {
            assertThat(tree.get("children").get(i).get("token_id"))
                    .isEqualTo(expected.get("children").get(i).get("token_id"));
            assertSameTree(tree.get("children").get(i), expected.get("children").get(i));
        }
    }

    /** Each within {@code absolute + relative |expected|}, of the same shape, NaN where NaN is expected. */
    private static void assertNear(HostTensor values, HostTensor expected, double absolute, double relative) {
        assertThat(values.shape()).isEqualTo(expected.shape());
        for (int i = 0; i < expected.data().length; i++) {
            double want = expected.data()[i];
            double got = values.data()[i];
            if (!(Math.abs(got - want) <= absolute + relative * Math.abs(want))
                    && !(Double.isNaN(got) && Double.isNaN(want))) {
                assertThat(got).as("element " + i).isCloseTo(want, within(absolute + relative * Math.abs(want)));
            }
        }
    }

    private static Object[] line(String command, List<Object> ghost, Object... more) {
        List<Object> line = new ArrayList<>(List.of(command));
        line.addAll(ghost);
        line.addAll(Arrays.asList(more));
        return line.toArray();
    }

    private static String list(JsonNode ids) {
        return StreamSupport.stream(ids.spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.joining(","));
    }

    private static String[] boxed(HostTensor ids) {
        String[] texts = new String[ids.data().length];
        Arrays.setAll(texts, i -> Integer.toString((int) ids.data()[i]));
        return texts;
    }
}
