package loupe.lm;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.TinyModel;
import loupe.tensor.HostTensor;

/**
 * Tiny models of the families, above all of those that no recorded numbers cover: a configuration and fixed random
 * weights as Hugging Face's files have them, and the family's formulas (formats H.3) once more in {@link PlainMaths}.
 * Weights have standard deviation 0.3, so that a wrong scale, norm or angle shows.
 */
public record TinyFamily(String name, Map<String, Object> config, Map<String, HostTensor> weights, Plain plain) {
    public static final int VOCABULARY = 23;

    /** (T, V) logits. */
    interface Plain {
        double[][] logits(Map<String, HostTensor> weights, int[] ids);
    }

    public double[][] logits(int... ids) {
        return plain.logits(weights, ids);
    }

    public static List<TinyFamily> all() {
        return Stream.concat(
                        Stream.of(gptNeo(), gptNeoX(), gptJ(), qwen3(), gemma2(), gemma3()),
                        DenseFamilies.all().stream())
                .toList();
    }

    @Override
    public String toString() {
        return name;
    }

    public Path writeTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        new ObjectMapper().writeValue(folder.resolve("config.json").toFile(), config);
        TinyModel.writeSafetensors(folder.resolve("model.safetensors"), weights);
        return folder;
    }

    /** Two layers, two heads of 6 whose scores are not scaled, the second layer with a window of 3. */
    public static TinyFamily gptNeo() {
        Random random = new Random(14);
        Map<String, HostTensor> w = new LinkedHashMap<>();
        put(w, random, 0, "transformer.wte.weight", VOCABULARY, 12);
        put(w, random, 0, "transformer.wpe.weight", 32, 12);
        for (int layer = 0; layer < 2; layer++) {
            String at = "transformer.h." + layer + ".";
            putNorm(w, random, at + "ln_1", 12);
            for (String part : List.of("q_proj", "k_proj", "v_proj")) {
                put(w, random, 0, at + "attn.attention." + part + ".weight", 12, 12);
            }
            putLinear(w, random, at + "attn.attention.out_proj", 12, 12);
            putNorm(w, random, at + "ln_2", 12);
            putLinear(w, random, at + "mlp.c_fc", 48, 12);
            putLinear(w, random, at + "mlp.c_proj", 12, 48);
        }
        putNorm(w, random, "transformer.ln_f", 12);
        Map<String, Object> config = config(
                "model_type",
                "gpt_neo",
                "hidden_size",
                12,
                "num_layers",
                2,
                "num_heads",
                2,
                "max_position_embeddings",
                32,
                "vocab_size",
                VOCABULARY,
                "layer_norm_epsilon",
                1e-3,
                "window_size",
                3,
                "attention_types",
                List.of(List.of(List.of("global", "local"), 1)));
        return new TinyFamily("gpt_neo", config, w, TinyFamily::gptNeo);
    }

    private static double[][] gptNeo(Map<String, HostTensor> weights, int[] ids) {
        PlainMaths m = new PlainMaths(weights);
        double[][] x = PlainMaths.plus(
                m.rows("transformer.wte.weight", ids, 1),
                m.rows("transformer.wpe.weight", IntStream.range(0, ids.length).toArray(), 1));
        for (int layer = 0; layer < 2; layer++) {
            String at = "transformer.h." + layer + ".";
            double[][] normal = m.layerNorm(x, at + "ln_1", 1e-3);
            double[][] z = PlainMaths.attend(
                    m.linear(normal, at + "attn.attention.q_proj"),
                    m.linear(normal, at + "attn.attention.k_proj"),
                    m.linear(normal, at + "attn.attention.v_proj"),
                    6,
                    1,
                    layer == 1 ? 3 : 1000);
            x = PlainMaths.plus(x, m.linear(z, at + "attn.attention.out_proj"));
            x = PlainMaths.plus(
                    x,
                    m.linear(
                            PlainMaths.tanhGelu(m.linear(m.layerNorm(x, at + "ln_2", 1e-3), at + "mlp.c_fc")),
                            at + "mlp.c_proj"));
        }
        return m.linear(m.layerNorm(x, "transformer.ln_f", 1e-3), "transformer.wte");
    }

    /** Two layers in parallel, two heads of 6 of which 4 dimensions turn; queries, keys and values head by head. */
    public static TinyFamily gptNeoX() {
        Random random = new Random(15);
        Map<String, HostTensor> w = new LinkedHashMap<>();
        put(w, random, 0, "gpt_neox.embed_in.weight", VOCABULARY, 12);
        for (int layer = 0; layer < 2; layer++) {
            String at = "gpt_neox.layers." + layer + ".";
            putNorm(w, random, at + "input_layernorm", 12);
            putNorm(w, random, at + "post_attention_layernorm", 12);
            putLinear(w, random, at + "attention.query_key_value", 36, 12);
            putLinear(w, random, at + "attention.dense", 12, 12);
            putLinear(w, random, at + "mlp.dense_h_to_4h", 20, 12);
            putLinear(w, random, at + "mlp.dense_4h_to_h", 12, 20);
        }
        putNorm(w, random, "gpt_neox.final_layer_norm", 12);
        put(w, random, 0, "embed_out.weight", VOCABULARY, 12);
        Map<String, Object> config = config(
                "model_type",
                "gpt_neox",
                "hidden_size",
                12,
                "num_hidden_layers",
                2,
                "num_attention_heads",
                2,
                "intermediate_size",
                20,
                "max_position_embeddings",
                32,
                "vocab_size",
                VOCABULARY,
                "layer_norm_eps",
                1e-3,
                "rotary_pct",
                0.7,
                "rotary_emb_base",
                200,
                "hidden_act",
                "gelu_new");
        return new TinyFamily("gpt_neox", config, w, TinyFamily::gptNeoX);
    }

    private static double[][] gptNeoX(Map<String, HostTensor> weights, int[] ids) {
        PlainMaths m = new PlainMaths(weights);
        double[][] x = m.rows("gpt_neox.embed_in.weight", ids, 1);
        for (int layer = 0; layer < 2; layer++) {
            String at = "gpt_neox.layers." + layer + ".";
            double[][] qkv = m.linear(m.layerNorm(x, at + "input_layernorm", 1e-3), at + "attention.query_key_value");
            double[][] q = PlainMaths.turn(PlainMaths.columns(qkv, 0, 6, 18), 6, 4, 200, 1, false);
            double[][] k = PlainMaths.turn(PlainMaths.columns(qkv, 6, 6, 18), 6, 4, 200, 1, false);
            double[][] z = PlainMaths.attend(q, k, PlainMaths.columns(qkv, 12, 6, 18), 6, 1 / Math.sqrt(6), 1000);
            double[][] wide = PlainMaths.tanhGelu(
                    m.linear(m.layerNorm(x, at + "post_attention_layernorm", 1e-3), at + "mlp.dense_h_to_4h"));
            x = PlainMaths.plus(
                    x, PlainMaths.plus(m.linear(z, at + "attention.dense"), m.linear(wide, at + "mlp.dense_4h_to_h")));
        }
        return m.linear(m.layerNorm(x, "gpt_neox.final_layer_norm", 1e-3), "embed_out");
    }

    /**
     * Two layers, four heads of 6 over 8 dimensions, the first layer with a window of 3; scores up to 0.5, logits up to
     * 2.
     */
    public static TinyFamily gemma2() {
        Random random = new Random(16);
        Map<String, HostTensor> w = new LinkedHashMap<>();
        put(w, random, 0, "model.embed_tokens.weight", VOCABULARY, 8);
        for (int layer = 0; layer < 2; layer++) {
            String at = "model.layers." + layer + ".";
            putLlamaLayer(w, random, at, 8, 4, 2, 6, 14, 0);
            w.keySet().removeAll(List.of(at + "self_attn.q_norm.weight", at + "self_attn.k_norm.weight"));
            put(w, random, 0, at + "pre_feedforward_layernorm.weight", 8);
            put(w, random, 0, at + "post_feedforward_layernorm.weight", 8);
        }
        put(w, random, 0, "model.norm.weight", 8);
        Map<String, Object> config = config(
                "model_type",
                "gemma2",
                "hidden_size",
                8,
                "num_hidden_layers",
                2,
                "num_attention_heads",
                4,
                "num_key_value_heads",
                2,
                "head_dim",
                6,
                "intermediate_size",
                14,
                "max_position_embeddings",
                32,
                "vocab_size",
                VOCABULARY,
                "rms_norm_eps",
                1e-3,
                "rope_theta",
                300.0,
                "sliding_window",
                3,
                "query_pre_attn_scalar",
                5,
                "attn_logit_softcapping",
                0.5,
                "final_logit_softcapping",
                2.0);
        return new TinyFamily("gemma2", config, w, TinyFamily::gemma2);
    }

    private static double[][] gemma2(Map<String, HostTensor> weights, int[] ids) {
        PlainMaths m = new PlainMaths(weights);
        double[][] x = m.rows("model.embed_tokens.weight", ids, Math.sqrt(8));
        for (int layer = 0; layer < 2; layer++) {
            String at = "model.layers." + layer + ".";
            double[][] normal = m.rmsNorm(x, at + "input_layernorm", 8, 1, 1e-3);
            double[][] q = PlainMaths.turn(m.linear(normal, at + "self_attn.q_proj"), 6, 6, 300, 1, false);
            double[][] k = PlainMaths.turn(m.linear(normal, at + "self_attn.k_proj"), 6, 6, 300, 1, false);
            double[][] z = PlainMaths.attend(
                    q, k, m.linear(normal, at + "self_attn.v_proj"), 6, 1 / Math.sqrt(5), layer == 0 ? 3 : 1000, 0.5);
            x = PlainMaths.plus(
                    x, m.rmsNorm(m.linear(z, at + "self_attn.o_proj"), at + "post_attention_layernorm", 8, 1, 1e-3));
            normal = m.rmsNorm(x, at + "pre_feedforward_layernorm", 8, 1, 1e-3);
            double[][] open = PlainMaths.tanhGelu(m.linear(normal, at + "mlp.gate_proj"));
            double[][] computed =
                    m.linear(PlainMaths.times(open, m.linear(normal, at + "mlp.up_proj")), at + "mlp.down_proj");
            x = PlainMaths.plus(x, m.rmsNorm(computed, at + "post_feedforward_layernorm", 8, 1, 1e-3));
        }
        return PlainMaths.limit(m.linear(m.rmsNorm(x, "model.norm", 8, 1, 1e-3), "model.embed_tokens"), 2);
    }

    /** Two layers, two heads of 6 of which 4 dimensions turn in neighbouring pairs. */
    public static TinyFamily gptJ() {
        Random random = new Random(11);
        Map<String, HostTensor> w = new LinkedHashMap<>();
        put(w, random, 0, "transformer.wte.weight", VOCABULARY, 12);
        for (int layer = 0; layer < 2; layer++) {
            String at = "transformer.h." + layer + ".";
            putNorm(w, random, at + "ln_1", 12);
            for (String part : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                put(w, random, 0, at + "attn." + part + ".weight", 12, 12);
            }
            putLinear(w, random, at + "mlp.fc_in", 20, 12);
            putLinear(w, random, at + "mlp.fc_out", 12, 20);
        }
        putNorm(w, random, "transformer.ln_f", 12);
        putLinear(w, random, "lm_head", VOCABULARY, 12);
        Map<String, Object> config = config(
                "model_type",
                "gptj",
                "n_embd",
                12,
                "n_layer",
                2,
                "n_head",
                2,
                "rotary_dim",
                4,
                "n_inner",
                20,
                "n_positions",
                32,
                "vocab_size",
                VOCABULARY,
                "layer_norm_epsilon",
                1e-3,
                "activation_function",
                "gelu_new",
                "tie_word_embeddings",
                false);
        return new TinyFamily("gptj", config, w, TinyFamily::gptJ);
    }

    private static double[][] gptJ(Map<String, HostTensor> weights, int[] ids) {
        PlainMaths m = new PlainMaths(weights);
        double[][] x = m.rows("transformer.wte.weight", ids, 1);
        for (int layer = 0; layer < 2; layer++) {
            String at = "transformer.h." + layer + ".";
            double[][] normal = m.layerNorm(x, at + "ln_1", 1e-3);
            double[][] q = PlainMaths.turn(m.linear(normal, at + "attn.q_proj"), 6, 4, 10000, 1, true);
            double[][] k = PlainMaths.turn(m.linear(normal, at + "attn.k_proj"), 6, 4, 10000, 1, true);
            double[][] z = PlainMaths.attend(q, k, m.linear(normal, at + "attn.v_proj"), 6, 1 / Math.sqrt(6), 1000);
            double[][] attended = m.linear(z, at + "attn.out_proj");
            double[][] computed = m.linear(PlainMaths.tanhGelu(m.linear(normal, at + "mlp.fc_in")), at + "mlp.fc_out");
            x = PlainMaths.plus(x, PlainMaths.plus(attended, computed));
        }
        return m.linear(m.layerNorm(x, "transformer.ln_f", 1e-3), "lm_head");
    }

    /** Two layers, four heads of 6 over a residual stream of 10, two key heads, the second layer with a window of 4. */
    public static TinyFamily qwen3() {
        Random random = new Random(12);
        Map<String, HostTensor> w = new LinkedHashMap<>();
        put(w, random, 0, "model.embed_tokens.weight", VOCABULARY, 10);
        for (int layer = 0; layer < 2; layer++) {
            putLlamaLayer(w, random, "model.layers." + layer + ".", 10, 4, 2, 6, 16, 1);
        }
        put(w, random, 1, "model.norm.weight", 10);
        put(w, random, 0, "lm_head.weight", VOCABULARY, 10);
        Map<String, Object> config = config(
                "model_type",
                "qwen3",
                "hidden_size",
                10,
                "num_hidden_layers",
                2,
                "num_attention_heads",
                4,
                "num_key_value_heads",
                2,
                "head_dim",
                6,
                "intermediate_size",
                16,
                "max_position_embeddings",
                32,
                "vocab_size",
                VOCABULARY,
                "rms_norm_eps",
                1e-3,
                "rope_theta",
                300.0,
                "hidden_act",
                "silu",
                "tie_word_embeddings",
                false,
                "use_sliding_window",
                true,
                "sliding_window",
                4,
                "max_window_layers",
                1);
        return new TinyFamily("qwen3", config, w, TinyFamily::qwen3);
    }

    private static double[][] qwen3(Map<String, HostTensor> weights, int[] ids) {
        PlainMaths m = new PlainMaths(weights);
        double[][] x = m.rows("model.embed_tokens.weight", ids, 1);
        for (int layer = 0; layer < 2; layer++) {
            String at = "model.layers." + layer + ".";
            double[][] normal = m.rmsNorm(x, at + "input_layernorm", 10, 0, 1e-3);
            double[][] q = PlainMaths.turn(
                    m.rmsNorm(m.linear(normal, at + "self_attn.q_proj"), at + "self_attn.q_norm", 6, 0, 1e-3),
                    6,
                    6,
                    300,
                    1,
                    false);
            double[][] k = PlainMaths.turn(
                    m.rmsNorm(m.linear(normal, at + "self_attn.k_proj"), at + "self_attn.k_norm", 6, 0, 1e-3),
                    6,
                    6,
                    300,
                    1,
                    false);
            double[][] z = PlainMaths.attend(
                    q, k, m.linear(normal, at + "self_attn.v_proj"), 6, 1 / Math.sqrt(6), layer == 1 ? 4 : 1000);
            x = PlainMaths.plus(x, m.linear(z, at + "self_attn.o_proj"));
            normal = m.rmsNorm(x, at + "post_attention_layernorm", 10, 0, 1e-3);
            double[][] open = PlainMaths.silu(m.linear(normal, at + "mlp.gate_proj"));
            x = PlainMaths.plus(
                    x, m.linear(PlainMaths.times(open, m.linear(normal, at + "mlp.up_proj")), at + "mlp.down_proj"));
        }
        return m.linear(m.rmsNorm(x, "model.norm", 10, 0, 1e-3), "lm_head");
    }

    /**
     * Seven layers of which the sixth sees everything, the others 3 tokens; rotation stretched 8 times on that one
     * only.
     */
    public static TinyFamily gemma3() {
        Random random = new Random(13);
        Map<String, HostTensor> w = new LinkedHashMap<>();
        put(w, random, 0, "model.embed_tokens.weight", VOCABULARY, 8);
        for (int layer = 0; layer < 7; layer++) {
            String at = "model.layers." + layer + ".";
            putLlamaLayer(w, random, at, 8, 4, 1, 6, 14, 0);
            put(w, random, 0, at + "pre_feedforward_layernorm.weight", 8);
            put(w, random, 0, at + "post_feedforward_layernorm.weight", 8);
        }
        put(w, random, 0, "model.norm.weight", 8);
        Map<String, Object> config = config(
                "model_type",
                "gemma3_text",
                "hidden_size",
                8,
                "num_hidden_layers",
                7,
                "num_attention_heads",
                4,
                "num_key_value_heads",
                1,
                "head_dim",
                6,
                "intermediate_size",
                14,
                "max_position_embeddings",
                64,
                "vocab_size",
                VOCABULARY,
                "rms_norm_eps",
                1e-3,
                "rope_theta",
                5000.0,
                "rope_local_base_freq",
                100.0,
                "rope_scaling",
                Map.of("rope_type", "linear", "factor", 8.0),
                "sliding_window",
                3,
                "sliding_window_pattern",
                6,
                "query_pre_attn_scalar",
                10,
                "hidden_activation",
                "gelu_pytorch_tanh");
        return new TinyFamily("gemma3", config, w, TinyFamily::gemma3);
    }

    private static double[][] gemma3(Map<String, HostTensor> weights, int[] ids) {
        PlainMaths m = new PlainMaths(weights);
        double[][] x = m.rows("model.embed_tokens.weight", ids, Math.sqrt(8));
        for (int layer = 0; layer < 7; layer++) {
            String at = "model.layers." + layer + ".";
            boolean global = layer == 5;
            double base = global ? 5000 : 100;
            double stretch = global ? 8 : 1;
            double[][] normal = m.rmsNorm(x, at + "input_layernorm", 8, 1, 1e-3);
            double[][] q = PlainMaths.turn(
                    m.rmsNorm(m.linear(normal, at + "self_attn.q_proj"), at + "self_attn.q_norm", 6, 1, 1e-3),
                    6,
                    6,
                    base,
                    stretch,
                    false);
            double[][] k = PlainMaths.turn(
                    m.rmsNorm(m.linear(normal, at + "self_attn.k_proj"), at + "self_attn.k_norm", 6, 1, 1e-3),
                    6,
                    6,
                    base,
                    stretch,
                    false);
            double[][] z = PlainMaths.attend(
                    q, k, m.linear(normal, at + "self_attn.v_proj"), 6, 1 / Math.sqrt(10), global ? 1000 : 3);
            x = PlainMaths.plus(
                    x, m.rmsNorm(m.linear(z, at + "self_attn.o_proj"), at + "post_attention_layernorm", 8, 1, 1e-3));
            normal = m.rmsNorm(x, at + "pre_feedforward_layernorm", 8, 1, 1e-3);
            double[][] open = PlainMaths.tanhGelu(m.linear(normal, at + "mlp.gate_proj"));
            double[][] computed =
                    m.linear(PlainMaths.times(open, m.linear(normal, at + "mlp.up_proj")), at + "mlp.down_proj");
            x = PlainMaths.plus(x, m.rmsNorm(computed, at + "post_feedforward_layernorm", 8, 1, 1e-3));
        }
        return m.linear(m.rmsNorm(x, "model.norm", 8, 1, 1e-3), "model.embed_tokens");
    }

    private static void putLlamaLayer(
            Map<String, HostTensor> w,
            Random random,
            String at,
            int d,
            int heads,
            int keyHeads,
            int dHead,
            int dMlp,
            double gain) {
        put(w, random, gain, at + "input_layernorm.weight", d);
        put(w, random, gain, at + "post_attention_layernorm.weight", d);
        put(w, random, 0, at + "self_attn.q_proj.weight", heads * dHead, d);
        put(w, random, 0, at + "self_attn.k_proj.weight", keyHeads * dHead, d);
        put(w, random, 0, at + "self_attn.v_proj.weight", keyHeads * dHead, d);
        put(w, random, 0, at + "self_attn.o_proj.weight", d, heads * dHead);
        put(w, random, gain, at + "self_attn.q_norm.weight", dHead);
        put(w, random, gain, at + "self_attn.k_norm.weight", dHead);
        put(w, random, 0, at + "mlp.gate_proj.weight", dMlp, d);
        put(w, random, 0, at + "mlp.up_proj.weight", dMlp, d);
        put(w, random, 0, at + "mlp.down_proj.weight", d, dMlp);
    }

    private static void putNorm(Map<String, HostTensor> w, Random random, String name, int width) {
        put(w, random, 1, name + ".weight", width);
        put(w, random, 0, name + ".bias", width);
    }

    private static void putLinear(Map<String, HostTensor> w, Random random, String name, int out, int in) {
        put(w, random, 0, name + ".weight", out, in);
        put(w, random, 0, name + ".bias", out);
    }

    private static void put(Map<String, HostTensor> w, Random random, double mean, String name, int... shape) {
        float[] data = new float[IntStream.of(shape).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) (mean + 0.3 * random.nextGaussian());
        }
        w.put(name, new HostTensor(data, shape));
    }

    private static Map<String, Object> config(Object... pairs) {
        Map<String, Object> config = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            config.put((String) pairs[i], pairs[i + 1]);
        }
        return config;
    }
}
