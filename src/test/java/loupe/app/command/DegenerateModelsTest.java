package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Commands on models and checkpoints that nobody would train: an answer, or a refusal in one sentence; weights that are
 * no numbers are told of wherever they are used, and no answer is empty without a word. With {@code -Dloupe.degenerate}
 * every command on every kind of model, else the pairs of which one broke once.
 */
class DegenerateModelsTest {
    private static final int LONGEST_MESSAGE = 300;
    private static final String EMBEDDING = "transformer.wte.weight";
    private static final ModelConfig USUAL = TinyModel.CONFIG;
    private static final boolean ALL = System.getProperty("loupe.degenerate") != null;
    private static final Set<String> LONG_FORM_ONLY = Set.of(
            "all-one",
            "zero-embedding",
            "equal-rows",
            "one-direction",
            "two-tokens",
            "one-layer",
            "huge",
            "zero-sae",
            "zero-row");

    private static final List<String> SHORT = List.of(
            "forward --model @/MODEL --ids 0,0",
            "tokens GHOST --top 3",
            "tokens GHOST --top 3 --metric mahalanobis",
            "tree GHOST PROMPT --max-nodes 5",
            "scale GHOST PROMPT --nodes 3",
            "batch --model @/MODEL SAE --features 0 PROMPT --max-nodes 3 --out ^/batch.jsonl",
            "neighbours --model @/MODEL SAE --query feature:0 --in decoder --top 2");

    private static final List<String> LONG = List.of(
            "forward --model @/MODEL --ids 0,0",
            "ghost GHOST --out ^/ghost.safetensors",
            "tokens GHOST --top 3",
            "tokens GHOST --top 3 --weights decoder",
            "tokens GHOST --top 3 --pca 0.1,0.1",
            "tokens GHOST --top 3 --metric cosine",
            "tokens GHOST --top 3 --metric centred",
            "tokens GHOST --top 3 --metric csls",
            "tokens GHOST --top 3 --metric dot",
            "tokens GHOST --top 3 --metric mahalanobis",
            "tokens GHOST --top 3 --sides --stability --null 1 --trained",
            "tree GHOST PROMPT --max-nodes 5",
            "tree GHOST PROMPT --max-nodes 5 --weights decoder --scale 1",
            "tree GHOST PROMPT --max-nodes 5 --baseline centroid --null-draws 2",
            "tree GHOST PROMPT --max-nodes 5 --baseline random:2",
            "tree GHOST PROMPT --max-nodes 5 --baseline empty --steer 0:3",
            "tree GHOST PROMPT --max-nodes 5 --clamp 0:3",
            "scale GHOST PROMPT --nodes 3",
            "scale GHOST PROMPT --nodes 3 --scales 1,2 --mixes 0,1",
            "batch --model @/MODEL SAE --features 0 PROMPT --max-nodes 3 --out ^/batch.jsonl",
            "neighbours --model @/MODEL --query token:0 --top 2",
            "neighbours --model @/MODEL --query token:0 --in unembedding --top 2",
            "neighbours --model @/MODEL SAE --query feature:0 --in encoder --top 2",
            "neighbours --model @/MODEL SAE --query feature:0 --in decoder --top 2",
            "neighbours --model @/MODEL SAE --query feature:0 --in tokens --top 2",
            "neighbours --model @/MODEL --query random:3 --top 2",
            "evaluate --model @/MODEL SAE --corpus @/corpus.txt",
            "compare SAE --sae @/sae",
            "inspect @/MODEL",
            "inspect @/CHECKPOINT",
            "index build --model @/MODEL SAE --corpus @/corpus.txt --out ^/index",
            "index info ^/index",
            "feature --index ^/index --feature 0 --examples 2",
            "index query ^/index --feature 0",
            "index query ^/index --token 1");

    @TempDir
    static Path folder;

    @TempDir
    Path written;

    @BeforeAll
    static void writeFiles() throws IOException {
        Files.writeString(folder.resolve("corpus.txt"), "the otter is a definition of the other ".repeat(9));
        write("usual", USUAL, weights -> weights);
        write("all-zero", USUAL, weights -> filled(weights, 0));
        write("all-one", USUAL, weights -> filled(weights, 1));
        write("zero-embedding", USUAL, weights -> with(weights, EMBEDDING, row -> 0f));
        write("constant-embedding", USUAL, weights -> with(weights, EMBEDDING, at -> 0.5f));
        write("equal-rows", USUAL, weights -> with(weights, EMBEDDING, at -> 0.1f * (at % USUAL.dModel())));
        write("one-direction", USUAL, weights -> with(weights, EMBEDDING, at -> 0.01f * (at / USUAL.dModel() + 1)));
        write("one-token", ModelConfig.gpt2(1, 32, 8, 2, 2), weights -> weights);
        write("two-tokens", ModelConfig.gpt2(2, 32, 8, 2, 2), weights -> weights);
        write("one-layer", ModelConfig.gpt2(300, 32, 8, 1, 2), weights -> weights);
        write("one-dimension", ModelConfig.gpt2(300, 32, 1, 2, 1), weights -> weights);
        write("nan-token", USUAL, weights -> changed(weights, EMBEDDING, 42 * USUAL.dModel(), Float.NaN));
        write("nan-layer", USUAL, weights -> changed(weights, "transformer.h.1.mlp.c_fc.weight", 5, Float.NaN));
        write(
                "inf-layer",
                USUAL,
                weights -> changed(weights, "transformer.h.0.attn.c_proj.bias", 3, Float.POSITIVE_INFINITY));
        write("huge", USUAL, weights -> with(weights, EMBEDDING, at -> 1e30f * (at % 7 - 3)));
        TinySae.writeTo(folder.resolve("sae"), 1);
        TinySae.writeTo(folder.resolve("one-feature"), 1, 1);
        int d = USUAL.dModel();
        sae("zero-sae", d, at -> 0f, at -> 0f);
        sae("zero-decoder", d, at -> 0.1f * (at % 11 - 5), at -> 0f);
        sae("zero-row", d, at -> 0.1f * (at % 11 - 5), at -> at < d ? 0f : 1f);
        sae("nan-sae", d, at -> 0.1f * (at % 11 - 5), at -> at == 3 ? Float.NaN : 1f);
        sae("narrow", 1, at -> 0.1f * (at % 11 - 5), at -> 0.1f * (at % 7 - 3));
    }

    static Stream<List<String>> cases() {
        List<List<String>> cases = new ArrayList<>();
        for (String model : List.of(
                "all-zero",
                "all-one",
                "zero-embedding",
                "constant-embedding",
                "equal-rows",
                "one-direction",
                "one-token",
                "two-tokens",
                "one-layer",
                "one-dimension",
                "nan-token",
                "nan-layer",
                "inf-layer",
                "huge")) {
            cases.add(List.of(model, model.equals("one-dimension") ? "narrow" : "sae"));
        }
        for (String sae : List.of("one-feature", "zero-sae", "zero-decoder", "zero-row", "nan-sae")) {
            cases.add(List.of("usual", sae));
        }
        return cases.stream().filter(names -> ALL || names.stream().noneMatch(LONG_FORM_ONLY::contains));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyCommandAnswersOrSaysWhyNot(List<String> names) {
        String model = names.get(0);
        String at = "--hook blocks.0.hook_resid_pre --sae @/" + names.get(1);
        String ghost = "--model @/" + model + " " + at + " --feature 0";
        String prompt = " --prompt-ids 0,0,0 --ghost-position 1";
        boolean damaged = model.startsWith("nan") || model.startsWith("inf");
        SoftAssertions all = new SoftAssertions();
        for (String command : ALL ? LONG : SHORT) {
            String text = command.replace("GHOST", ghost)
                    .replace("PROMPT", prompt)
                    .replace("MODEL", model)
                    .replace("CHECKPOINT", names.get(1))
                    .replace("SAE", at);
            if (command.contains("^/index")
                    && !command.contains("build")
                    && !Files.exists(written.resolve("index/index.json"))) {
                continue;
            }
            CommandRun run = CommandRun.of(Arrays.stream(
                            (text + " --quiet").strip().split(" +"))
                    .map(argument -> argument.replace("@", folder.toString()).replace("^", written.toString()))
                    .toArray());
            List<String> said = run.err
                    .replace(folder.toString(), "")
                    .lines()
                    .filter(line -> !line.startsWith("warning: "))
                    .toList();
            all.assertThat(run.code).as("%s%n%s", command, run.err).isIn(0, 3);
            all.assertThat(said).as(command).hasSizeLessThanOrEqualTo(run.code == 0 ? 0 : 1);
            all.assertThat(said).as(command).allMatch(line -> line.length() < LONGEST_MESSAGE);
            all.assertThat(run.err).as(command).doesNotContain("Exception", "null");
            if (run.code == 0 && !command.startsWith("inspect")) {
                all.assertThat(run.out)
                        .as("%s%n%s", command, run.err)
                        .doesNotContainPattern("(tokens|tree) +none|nodes +0\\b")
                        .doesNotContain("NaN")
                        .doesNotContain("Infinity");
                boolean needsIt = model.equals("nan-token") || !command.startsWith("neighbours");
                if (damaged && needsIt && command.contains("--model")) {
                    all.assertThat(run.err).as(command).contains("non-finite values (NaN or infinite): ");
                }
            }
        }
        all.assertAll();
    }

    @Test
    void activationsThatAreNoNumbersEndAPass() {
        CommandRun refused = CommandRun.of(
                "index",
                "build",
                "--model",
                folder.resolve("inf-layer"),
                "--sae",
                folder.resolve("sae"),
                "--corpus",
                folder.resolve("corpus.txt"),
                "--out",
                written.resolve("index"));

        assertThat(refused.code).isEqualTo(3);
        assertThat(refused.err)
                .contains("What the model computes at blocks.1.hook_resid_pre has values that are NaN or infinite")
                .contains("transformer.h.0.attn.c_proj.bias (1)");
        assertThat(written.resolve("index/index.json")).doesNotExist();
    }

    @Test
    void anEmptyListSaysWhy() {
        Path model = folder.resolve("usual");
        Path sae = folder.resolve("one-feature");

        CommandRun filtered = CommandRun.of(
                "tokens", "--model", model, "--sae", sae, "--feature", "0", "--contains", "no token has this");
        CommandRun cut = CommandRun.of("tree", "--model", model, "--sae", sae, "--feature", "0", "--cutoff", "1");
        CommandRun alone = CommandRun.of("neighbours", "--sae", sae, "--query", "feature:0", "--in", "decoder");

        assertThat(filtered.err).contains("warning: No token passes the filter");
        assertThat(cut.err).contains("warning: The tree has no nodes: no next token is as probable as --cutoff 1.0");
        assertThat(alone.err).contains("warning: There is nothing else to be near among decoder");
        assertThat(List.of(filtered.code, cut.code, alone.code)).containsOnly(0);
    }

    private static void write(String name, ModelConfig config, UnaryOperator<Map<String, HostTensor>> change)
            throws IOException {
        Map<String, HostTensor> weights = TinyModel.weights(config, 1);
        TinyModel.writeTo(folder.resolve(name), config, change.apply(new LinkedHashMap<>(weights)));
    }

    /** The value of a weight by its place. */
    private interface Values {
        float at(int place);
    }

    private static Map<String, HostTensor> filled(Map<String, HostTensor> weights, float value) {
        weights.replaceAll((name, tensor) -> tensor(value == 0 ? at -> 0 : at -> value, tensor.shape()));
        return weights;
    }

    private static Map<String, HostTensor> with(Map<String, HostTensor> weights, String name, Values values) {
        weights.computeIfPresent(name, (key, tensor) -> tensor(values, tensor.shape()));
        return weights;
    }

    private static Map<String, HostTensor> changed(
            Map<String, HostTensor> weights, String name, int place, float value) {
        return with(weights, name, at -> at == place ? value : weights.get(name).data()[at]);
    }

    private static HostTensor tensor(Values values, int... shape) {
        float[] data = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < data.length; i++) {
            data[i] = values.at(i);
        }
        return new HostTensor(data, shape);
    }

    private static void sae(String name, int d, Values encoder, Values decoder) throws IOException {
        int n = TinySae.FEATURES;
        TinySae.write(
                folder.resolve(name),
                tensor(encoder, d, n),
                tensor(decoder, n, d),
                tensor(at -> 0.1f, n),
                tensor(at -> 0, d));
    }
}
