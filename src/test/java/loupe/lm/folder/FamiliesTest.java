package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.lm.Ghost;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.KeyValues;
import loupe.lm.LanguageModel;
import loupe.lm.LanguageModelTest;
import loupe.lm.Logits;
import loupe.lm.ModelConfig;
import loupe.lm.Processing;
import loupe.lm.Rotary;
import loupe.lm.TinyFamily;
import loupe.tensor.HeldMemory;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Families against their formulas in plain loops, and what every family must be able to do. Logits are about 3. */
class FamiliesTest {
    private static final int[] IDS = {5, 20, 17, 2, 0, 11, 17, 9, 14, 22};
    private static final double TOLERANCE = 2e-5;

    @TempDir
    Path folder;

    private NDManager base;

    @BeforeEach
    void open() {
        base = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        base.close();
    }

    static List<TinyFamily> families() {
        return TinyFamily.all();
    }

    private LanguageModel read(TinyFamily family, Processing processing) throws IOException {
        try (ModelFolder files = ModelFolder.open(family.writeTo(folder))) {
            assertThat(files.warnings()).containsExactly("There is no tokenizer, so tokens are shown by their ids");
            return files.read(processing).on(base.newSubManager());
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void logitsEqualTheFormulasComputedInPlainJava(TinyFamily family) throws IOException {
        LanguageModel model = read(family, Processing.RAW).seal();
        LanguageModelTest.assertClose(
                model.forward(base, Input.of(IDS)).toFloatArray(),
                LanguageModelTest.flat(family.logits(IDS)),
                TOLERANCE);
    }

    /** The plain loops with one formula changed must disagree, or they would test nothing. */
    @Test
    void theFormulasNoticeWhatTheyAreToNotice() {
        assertThat(differs(TinyFamily.gptJ(), config -> put(config, "rotary_dim", 6)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.gptNeo(), config -> put(config, "window_size", 4)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.gptNeoX(), config -> put(config, "rotary_pct", 1.0)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.gptNeoX(), config -> put(config, "use_parallel_residual", false)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.gemma2(), config -> put(config, "attn_logit_softcapping", null)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.gemma2(), config -> put(config, "final_logit_softcapping", 30)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.qwen3(), config -> put(config, "max_window_layers", 2)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.qwen3(), config -> put(config, "rope_theta", 10000.0)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.gemma3(), config -> put(config, "sliding_window_pattern", 7)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.gemma3(), config -> put(config, "rope_local_base_freq", 5000.0)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.gemma3(), config -> put(config, "rope_scaling", null)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.gemma3(), config -> put(config, "query_pre_attn_scalar", 256)))
                .isGreaterThan(1e-3);
        assertThat(differs(TinyFamily.gemma3(), config -> put(config, "sliding_window", 4)))
                .isGreaterThan(1e-3);
    }

    private double differs(TinyFamily family, UnaryOperator<Map<String, Object>> change) {
        TinyFamily changed = new TinyFamily(
                family.name(), change.apply(new LinkedHashMap<>(family.config())), family.weights(), family.plain());
        try {
            float[] logits =
                    read(changed, Processing.RAW).forward(base, Input.of(IDS)).toFloatArray();
            float[] expected = LanguageModelTest.flat(family.logits(IDS));
            double largest = 0;
            for (int i = 0; i < logits.length; i++) {
                largest = Math.max(largest, Math.abs(logits[i] - expected[i]));
            }
            return largest;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Map<String, Object> put(Map<String, Object> config, String key, Object value) {
        config.put(key, value);
        return config;
    }

    /** The keys of transformers 5 say the same in other words. */
    @Test
    void eitherSpellingOfTheConfigurationIsUnderstood() throws IOException {
        ModelConfig old = read(TinyFamily.gemma3(), Processing.RAW).config();
        Map<String, Object> renamed = new LinkedHashMap<>(TinyFamily.gemma3().config());
        renamed.keySet()
                .removeAll(List.of("rope_theta", "rope_scaling", "rope_local_base_freq", "sliding_window_pattern"));
        renamed.put(
                "rope_parameters",
                Map.of(
                        "full_attention",
                        Map.of("rope_type", "linear", "factor", 8.0, "rope_theta", 5000.0),
                        "sliding_attention",
                        Map.of("rope_type", "default", "rope_theta", 100.0)));
        String local = "sliding_attention";
        renamed.put("layer_types", List.of(local, local, local, local, local, "full_attention", local));
        assertThat(read(new TinyFamily("v5", renamed, TinyFamily.gemma3().weights(), null), Processing.RAW)
                        .config())
                .isEqualTo(old);

        ModelConfig qwen = read(TinyFamily.qwen3(), Processing.RAW).config();
        renamed = new LinkedHashMap<>(TinyFamily.qwen3().config());
        renamed.keySet().removeAll(List.of("rope_theta", "max_window_layers"));
        renamed.put("rope_parameters", Map.of("rope_type", "default", "rope_theta", 300.0));
        renamed.put("layer_types", List.of("full_attention", local));
        assertThat(read(new TinyFamily("v5", renamed, TinyFamily.qwen3().weights(), null), Processing.RAW)
                        .config())
                .isEqualTo(qwen);
    }

    /** A Gemma 3 that also sees has its settings under text_config and its tensors behind one of two prefixes. */
    @Test
    void theTextHalfOfAGemmaThatSeesIsRead() throws IOException {
        TinyFamily text = TinyFamily.gemma3();
        for (String prefix : List.of("language_model.model.", "model.language_model.", "")) {
            Map<String, HostTensor> weights = new LinkedHashMap<>();
            text.weights().forEach((name, tensor) -> weights.put(prefix + name.substring("model.".length()), tensor));
            weights.put("vision_tower.vision_model.post_layernorm.weight", new HostTensor(new float[4], 4));
            weights.put("multi_modal_projector.mm_soft_emb_norm.weight", new HostTensor(new float[4], 4));
            Map<String, Object> config = Map.of(
                    "model_type", "gemma3", "text_config", text.config(), "vision_config", Map.of("hidden_size", 4));
            LanguageModel model = read(new TinyFamily("gemma3", config, weights, null), Processing.RAW);
            LanguageModelTest.assertClose(
                    model.forward(base, Input.of(IDS)).toFloatArray(),
                    LanguageModelTest.flat(text.logits(IDS)),
                    TOLERANCE);
        }
    }

    @Test
    void namesWithoutTheirUsualPrefixAndOldBuffersAreUnderstood() throws IOException {
        TinyFamily usual = TinyFamily.gptJ();
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        usual.weights().forEach((name, tensor) -> weights.put(name.replace("transformer.", ""), tensor));
        weights.put("h.0.attn.bias", new HostTensor(new float[9], 1, 1, 3, 3));
        weights.put("h.0.attn.masked_bias", new HostTensor(new float[1], 1));
        LanguageModel model = read(new TinyFamily("gptj", usual.config(), weights, null), Processing.RAW);
        LanguageModelTest.assertClose(
                model.forward(base, Input.of(IDS)).toFloatArray(),
                LanguageModelTest.flat(usual.logits(IDS)),
                TOLERANCE);
    }

    /** Log-probabilities to 2e-5: processing moves every logit of a position by the same amount. */
    @ParameterizedTest
    @MethodSource("families")
    void aProcessedModelPredictsTheSame(TinyFamily family) throws IOException {
        float[] raw = read(family, Processing.RAW)
                .forward(base, Input.of(IDS))
                .logSoftmax(-1)
                .toFloatArray();
        float[] processed = read(family, Processing.PROCESSED)
                .forward(base, Input.of(IDS))
                .logSoftmax(-1)
                .toFloatArray();
        LanguageModelTest.assertClose(processed, raw, 2e-5);
    }

    /**
     * The prompt first, then the rest of two rows that begin at different positions, one token at a time; one token is
     * a ghost.
     */
    @ParameterizedTest
    @MethodSource("families")
    void tokensDecodedFromACacheGiveTheLogitsOfTheWhole(TinyFamily family) throws IOException {
        LanguageModel model = read(family, Processing.RAW).seal();
        float[] vector = new float[model.config().dModel()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) Math.sin(i + 1);
        }
        int prompt = 4;
        KeyValueCache first = KeyValueCache.empty();
        model.forward(
                base,
                Input.of(Arrays.copyOf(IDS, prompt)).with(new Ghost(0, 2, vector)),
                Hook.NONE,
                first,
                Logits.NONE,
                new Cancellation());
        int[][] tails = {Arrays.copyOfRange(IDS, prompt, IDS.length), {3, 1, 4, 1, 5, 9}};
        List<List<KeyValues>> known = new ArrayList<>();
        for (int at = 0; at < tails[0].length; at++) {
            KeyValueCache cache = KeyValueCache.empty().withShared(first.added());
            if (at > 0) {
                cache = cache.withOwn(joined(known), base.zeros(new Shape(2, at)));
            }
            NDArray logits = model.forward(
                    base,
                    Input.of(new int[][] {{tails[0][at]}, {tails[1][at]}}).startingAt(prompt + at),
                    Hook.NONE,
                    cache,
                    Logits.LAST,
                    new Cancellation());
            known.add(cache.added());
            for (int row = 0; row < 2; row++) {
                int[] whole = Arrays.copyOf(IDS, prompt + at + 1);
                System.arraycopy(tails[row], 0, whole, prompt, at + 1);
                NDArray expected = model.forward(
                        base,
                        Input.of(whole).with(new Ghost(0, 2, vector)),
                        Hook.NONE,
                        null,
                        Logits.LAST,
                        new Cancellation());
                LanguageModelTest.assertClose(logits.get(row).toFloatArray(), expected.toFloatArray(), TOLERANCE);
            }
        }
    }

    private static List<KeyValues> joined(List<List<KeyValues>> tokens) {
        List<KeyValues> layers = new ArrayList<>();
        for (int layer = 0; layer < tokens.get(0).size(); layer++) {
            NDList keys = new NDList();
            NDList values = new NDList();
            for (List<KeyValues> token : tokens) {
                keys.add(token.get(layer).keys());
                values.add(token.get(layer).values());
            }
            layers.add(new KeyValues(NDArrays.concat(keys, 2), NDArrays.concat(values, 2)));
        }
        return layers;
    }

    /**
     * Of the loss, in embeddings and in one matrix of every kind, to 1e-5 + 2e-3 of the gradient, which is about 0.1;
     * whatever the collector frees after the forward pass.
     */
    @ParameterizedTest
    @MethodSource("families")
    void gradientsEqualFiniteDifferencesOfThePlainFormulas(TinyFamily family) throws IOException {
        LanguageModel model = read(family, Processing.RAW);
        model.parameters().values().forEach(parameter -> parameter.setRequiresGradient(true));
        int n = IDS.length - 1;
        long[] next = Arrays.stream(IDS, 1, IDS.length).asLongStream().toArray();
        try (NDManager step = base.newSubManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray logProbabilities = model.forward(step, Input.of(IDS)).logSoftmax(-1);
            NDArray loss = logProbabilities
                    .get(":, :{}", n)
                    .reshape(n, TinyFamily.VOCABULARY)
                    .gather(step.create(next, new Shape(n, 1)), 1)
                    .mean()
                    .neg();
            HeldMemory.freeGarbage();
            collector.backward(loss);
        }
        List<String> stored =
                switch (family.name()) {
                    case "gpt_neo" ->
                        List.of(
                                "transformer.wte.weight",
                                "transformer.h.0.attn.attention.q_proj.weight",
                                "transformer.h.0.mlp.c_proj.weight");
                    case "gpt_neox" ->
                        List.of(
                                "gpt_neox.embed_in.weight",
                                "gpt_neox.layers.0.attention.query_key_value.weight",
                                "gpt_neox.layers.0.mlp.dense_4h_to_h.weight");
                    case "gptj" ->
                        List.of(
                                "transformer.wte.weight",
                                "transformer.h.0.attn.q_proj.weight",
                                "transformer.h.0.mlp.fc_out.weight");
                    default ->
                        List.of(
                                "model.embed_tokens.weight",
                                family.weights().containsKey("model.layers.0.self_attn.qkv_proj.weight")
                                        ? "model.layers.0.self_attn.qkv_proj.weight"
                                        : "model.layers.0.self_attn.q_proj.weight",
                                "model.layers.0.mlp.down_proj.weight");
                };
        Random random = new Random(5);
        for (int draw = 0; draw < 5; draw++) {
            check(family, model, stored.get(0), "transformer.wte.weight", IDS[draw], random.nextInt(8), false);
            // the queries of the first head are the first rows in every family's layout
            check(
                    family,
                    model,
                    stored.get(1),
                    "transformer.h.0.attn.c_attn.weight",
                    random.nextInt(6),
                    random.nextInt(8),
                    true);
            check(
                    family,
                    model,
                    stored.get(2),
                    "transformer.h.0.mlp.c_proj.weight",
                    random.nextInt(8),
                    random.nextInt(14),
                    true);
        }
    }

    private static void check(
            TinyFamily family,
            LanguageModel model,
            String stored,
            String parameter,
            int row,
            int column,
            boolean transposed) {
        NDArray gradient = model.parameters().get(parameter).getGradient();
        double found = transposed ? gradient.getFloat(column, row) : gradient.getFloat(row, column);
        HostTensor tensor = family.weights().get(stored);
        int i = row * tensor.size(1) + column;
        float kept = tensor.data()[i];
        tensor.data()[i] = kept + 1e-3f;
        double up = loss(family);
        double moved = tensor.data()[i];
        tensor.data()[i] = kept - 1e-3f;
        double difference = (up - loss(family)) / (moved - tensor.data()[i]);
        tensor.data()[i] = kept;
        assertThat(found)
                .as(parameter + " " + row + ", " + column)
                .isCloseTo(difference, within(1e-5 + 2e-3 * Math.abs(difference)));
    }

    private static double loss(TinyFamily family) {
        double[][] logits = family.logits(IDS);
        double sum = 0;
        for (int t = 0; t + 1 < IDS.length; t++) {
            double total = 0;
            for (double logit : logits[t]) {
                total += Math.exp(logit);
            }
            sum += Math.log(total) - logits[t][IDS[t + 1]];
        }
        return sum / (IDS.length - 1);
    }

    /** Queries and keys are shown as projected, before norm and rotation; parallel blocks have no middle. */
    @ParameterizedTest
    @MethodSource("families")
    void hooksSeeEveryPlaceOfTheFamily(TinyFamily family) throws IOException {
        LanguageModel model = read(family, Processing.RAW).seal();
        ModelConfig config = model.config();
        LanguageModelTest.Recorder seen = new LanguageModelTest.Recorder();
        model.forward(base, Input.of(IDS), seen, null, Logits.ALL, new Cancellation());
        for (int layer = 0; layer < config.nLayers(); layer++) {
            assertThat(seen.get(new HookPoint(Site.Q, layer)).getShape())
                    .isEqualTo(new Shape(1, IDS.length, config.nHeads(), config.dHead()));
            assertThat(seen.get(new HookPoint(Site.K, layer)).getShape())
                    .isEqualTo(new Shape(1, IDS.length, config.nKeyValueHeads(), config.dHead()));
            assertThat(seen.get(new HookPoint(Site.Z, layer)).getShape())
                    .isEqualTo(new Shape(1, IDS.length, config.nHeads(), config.dHead()));
            NDArray sum = seen.get(HookPoint.residPre(layer))
                    .add(seen.get(new HookPoint(Site.ATTN_OUT, layer)))
                    .add(seen.get(new HookPoint(Site.MLP_OUT, layer)));
            LanguageModelTest.assertClose(
                    seen.get(HookPoint.residPost(layer)).toFloatArray(), sum.toFloatArray(), TOLERANCE);
            assertThat(seen.seen.containsKey(new HookPoint(Site.RESID_MID, layer)))
                    .isEqualTo(!config.wiring().parallel());
            if (!config.wiring().parallel()) {
                NDArray middle = seen.get(HookPoint.residPre(layer)).add(seen.get(new HookPoint(Site.ATTN_OUT, layer)));
                LanguageModelTest.assertClose(
                        seen.get(new HookPoint(Site.RESID_MID, layer)).toFloatArray(),
                        middle.toFloatArray(),
                        TOLERANCE);
            }
            assertThat(seen.seen.containsKey(new HookPoint(Site.LN1_NORMALIZED, layer)))
                    .isEqualTo(
                            config.at(new HookPoint(Site.LN1_NORMALIZED, layer)).isPresent());
        }
        assertThat(seen.seen.containsKey(HookPoint.of(Site.POS_EMBED)))
                .isEqualTo(config.wiring().absolutePositions());
        // the first token turns by no angle, so its query times its own key is what the score is made of, unless there
        // is a norm or limit
        if (!config.wiring().headNorms() && config.scaling().scoreCap().isEmpty()) {
            float[] q = seen.get(new HookPoint(Site.Q, 0)).get("0, 0, 0").toFloatArray();
            float[] k = seen.get(new HookPoint(Site.K, 0)).get("0, 0, 0").toFloatArray();
            double score = 0;
            for (int i = 0; i < q.length; i++) {
                int dimension = i;
                double factor = config.attention()
                        .get(0)
                        .rotary()
                        .filter(rotary -> dimension < 2 * rotary.frequencies().size())
                        .map(Rotary::factor)
                        .orElse(1.0);
                score += q[i]
                        * k[i]
                        * factor
                        * factor
                        * config.attention().get(0).scale();
            }
            assertThat((double) seen.get(new HookPoint(Site.ATTN_SCORES, 0)).getFloat(0, 0, 0, 0))
                    .isCloseTo(score, within(1e-5));
        }
    }

    @Test
    void settingsThatAreNotSupportedAreRefusedInOneSentence() {
        refused(
                TinyFamily.qwen3(),
                "rope_scaling",
                Map.of("rope_type", "ntk", "factor", 4.0),
                "rope_type is ntk; expected default, linear, dynamic, llama3, yarn or longrope");
        refused(
                TinyFamily.qwen3(),
                "rope_scaling",
                Map.of("type", "linear"),
                "factor of the rotary scaling is missing");
        refused(TinyFamily.qwen3(), "num_key_value_heads", 3, "num_attention_heads is 4 and num_key_value_heads 3");
        refused(
                TinyFamily.qwen3(),
                "layer_types",
                List.of("full_attention"),
                "layer_types has 1 entries; expected one for each of 2 layers");
        refused(
                TinyFamily.qwen3(),
                "layer_types",
                List.of("full_attention", "linear_attention"),
                "a layer type is linear_attention");
        refused(
                TinyFamily.qwen3(),
                "head_dim",
                8,
                "self_attn.q_proj.weight is [24, 10]; expected [32, 10] by config.json");
        refused(TinyFamily.qwen3(), "rms_norm_eps", 0, "rms_norm_eps is 0.0; expected a positive number");
        refused(
                TinyFamily.qwen3(),
                "num_hidden_layers",
                2_000_000_000,
                "num_hidden_layers is 2000000000; expected at most 4096");
        refused(
                TinyFamily.qwen3(),
                "num_hidden_layers",
                60_000_000,
                "num_hidden_layers is 60000000; expected at most 4096");
        refused(TinyFamily.qwen3(), "head_dim", 1 << 20, "1048576 dimensions of a head turn; expected at most 16384");
        refused(TinyFamily.qwen3(), "attention_bias", true, "tensor model.layers.0.self_attn.q_proj.bias is missing");
        refused(
                TinyFamily.gptJ(),
                "rotary_dim",
                8,
                "rotary_dim is 8; expected an even number up to the 6 dimensions of a head");
        refused(TinyFamily.gptJ(), "n_head", 5, "hidden_size is 12 and num_attention_heads 5");
        refused(TinyFamily.gemma3(), "use_bidirectional_attention", true, "use_bidirectional_attention is true");
        refused(TinyFamily.gemma3(), "sliding_window", -3, "sliding_window is -3; expected a positive whole number");
        refused(TinyFamily.gemma3(), "rope_scaling", List.of(), "rope_scaling is []; expected an object");
    }

    /** Biases that the configuration does not speak of are no part of the model, as for transformers. */
    @Test
    void biasesAreUsedIfTheConfigurationSaysSo() throws IOException {
        TinyFamily plain = TinyFamily.qwen3();
        Map<String, HostTensor> weights = new LinkedHashMap<>(plain.weights());
        for (int layer = 0; layer < 2; layer++) {
            String at = "model.layers." + layer + ".self_attn.";
            Map.of("q_proj", 24, "k_proj", 12, "v_proj", 12, "o_proj", 10).forEach((part, width) -> {
                float[] bias = new float[width];
                for (int i = 0; i < width; i++) {
                    bias[i] = (float) Math.cos(i + width);
                }
                weights.put(at + part + ".bias", new HostTensor(bias, width));
            });
        }
        TinyFamily biased = new TinyFamily(
                "biased", put(new LinkedHashMap<>(plain.config()), "attention_bias", true), weights, plain.plain());
        LanguageModelTest.assertClose(
                read(biased, Processing.RAW).forward(base, Input.of(IDS)).toFloatArray(),
                LanguageModelTest.flat(biased.logits(IDS)),
                TOLERANCE);
        new TinyFamily("unspoken", plain.config(), weights, null).writeTo(folder);
        try (ModelFolder files = ModelFolder.open(folder)) {
            assertThat(files.warnings().get(0))
                    .startsWith("8 tensors are not part of this kind of model and are not used");
            assertThat(files.read(Processing.RAW)
                            .on(base.newSubManager())
                            .forward(base, Input.of(IDS))
                            .toFloatArray())
                    .isEqualTo(read(plain, Processing.RAW)
                            .forward(base, Input.of(IDS))
                            .toFloatArray());
        }
    }

    private void refused(TinyFamily family, String key, Object value, String message) {
        TinyFamily changed = new TinyFamily(
                family.name(), put(new LinkedHashMap<>(family.config()), key, value), family.weights(), family.plain());
        assertThatThrownBy(() -> read(changed, Processing.RAW))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(message);
    }
}
