package loupe.lm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.tensor.HostTensor;

/**
 * Tiny models of the families whose files have Llama's names: one reference transformer with a switch for each thing
 * that a family does otherwise, in doubles and loops over the files' own tensors. Nothing of it is shared with the
 * families' readers or with the model.
 *
 * <p>Each has two to four layers, four heads of 6 (two key heads) over a residual stream of 24, an MLP of 14, and 23
 * tokens.
 */
final class DenseFamilies {
    private static final int D = 24;
    private static final int HEADS = 4;
    private static final int KEY_HEADS = 2;
    private static final int D_HEAD = 6;
    private static final int D_MLP = 14;
    private static final double EPSILON = 1e-3;

    /** What a family does otherwise than Llama. */
    private enum Switch {
        LAYER_NORMS,
        NORMS_BEHIND,
        QK_NORM_OF_ALL,
        QK_NORM_BY_HEAD,
        FUSED,
        QKV_BIASES,
        PARALLEL,
        TIED
    }

    /**
     * How a layer turns, and how far it looks.
     *
     * @param frequencies one per pair; empty if it does not turn
     */
    private record Layer(double[] frequencies, double factor, int window) {}

    /** The numbers a family multiplies by. */
    private record Factors(double embedding, double score, double residual, double logits) {
        static final Factors NONE = new Factors(1, 1 / Math.sqrt(D_HEAD), 1, 1);
    }

    private DenseFamilies() {}

    static List<TinyFamily> all() {
        return List.of(olmo2(), olmo3(), phi3(), phi4(), smolLm3(), granite(), stableLm(), stableLm2(), ministral3());
    }

    /** Norms behind attention and MLP only; queries of all heads normalised together. */
    private static TinyFamily olmo2() {
        return family(
                "olmo2",
                Map.of("rope_theta", 300.0, "rms_norm_eps", EPSILON),
                Set.of(Switch.NORMS_BEHIND, Switch.QK_NORM_OF_ALL),
                repeated(2, new Layer(plain(300, 6), 1, 1000)),
                Factors.NONE);
    }

    /**
     * Three layers with a window of 3 and the plain rotation, then one without and with YaRN. Of 6 dimensions the pair
     * that turns b times in 40 positions is 6 ln(40 / 2 pi b) / (2 ln 300): for b = 32 below 0, for b = 1 at .97, up to
     * 1. So the first pair stays and the others are five times slower.
     */
    private static TinyFamily olmo3() {
        double[] plain = plain(300, 6);
        Layer local = new Layer(plain, 1, 3);
        double[] slow = {plain[0], plain[1] / 5, plain[2] / 5};
        return family(
                "olmo3",
                Map.of(
                        "rope_theta",
                        300.0,
                        "rms_norm_eps",
                        EPSILON,
                        "sliding_window",
                        3,
                        "rope_scaling",
                        Map.of(
                                "rope_type",
                                "yarn",
                                "factor",
                                5.0,
                                "original_max_position_embeddings",
                                40,
                                "attention_factor",
                                1.2)),
                Set.of(Switch.NORMS_BEHIND, Switch.QK_NORM_OF_ALL),
                List.of(local, local, local, new Layer(slow, 1.2, 1000)),
                Factors.NONE);
    }

    /** One matrix for queries, keys and values, one for gate and up; LongRoPE below its original context; a window. */
    private static TinyFamily phi3() {
        double[] plain = plain(300, 6);
        double[] slower = {plain[0], plain[1] / 1.5, plain[2] / 2};
        return family(
                "phi3",
                Map.of(
                        "rope_theta",
                        300.0,
                        "rms_norm_eps",
                        EPSILON,
                        "sliding_window",
                        4,
                        "original_max_position_embeddings",
                        16,
                        "rope_scaling",
                        Map.of(
                                "type",
                                "longrope",
                                "short_factor",
                                List.of(1, 1.5, 2),
                                "long_factor",
                                List.of(7, 8, 9))),
                Set.of(Switch.FUSED),
                // context 32 of 16: sqrt(1 + ln 2 / ln 16) = sqrt(1.25)
                repeated(2, new Layer(slower, Math.sqrt(1.25), 4)),
                Factors.NONE);
    }

    /** A part of each head turns, and the embedding is the unembedding; LongRoPE beyond its original context. */
    private static TinyFamily phi4() {
        double[] plain = plain(300, 4);
        double[] slower = {plain[0] / 1.25, plain[1] / 3};
        return family(
                "phi3",
                Map.of(
                        "rope_theta",
                        300.0,
                        "rms_norm_eps",
                        EPSILON,
                        "partial_rotary_factor",
                        0.7,
                        "tie_word_embeddings",
                        true,
                        "rope_scaling",
                        Map.of(
                                "type",
                                "longrope",
                                "original_max_position_embeddings",
                                3,
                                "attention_factor",
                                1.5,
                                "short_factor",
                                List.of(1, 1),
                                "long_factor",
                                List.of(1.25, 3))),
                Set.of(Switch.FUSED, Switch.TIED),
                repeated(2, new Layer(slower, 1.5, 1000)),
                Factors.NONE);
    }

    /** Every fourth layer turns nothing. */
    private static TinyFamily smolLm3() {
        Layer turning = new Layer(plain(300, 6), 1, 1000);
        return family(
                "smollm3",
                Map.of("rope_theta", 300.0, "rms_norm_eps", EPSILON, "no_rope_layers", List.of(1, 0, 1)),
                Set.of(Switch.TIED),
                List.of(turning, new Layer(new double[0], 1, 1000), turning),
                Factors.NONE);
    }

    private static TinyFamily granite() {
        return family(
                "granite",
                Map.of(
                        "rope_theta",
                        300.0,
                        "rms_norm_eps",
                        EPSILON,
                        "embedding_multiplier",
                        6.0,
                        "attention_multiplier",
                        0.25,
                        "residual_multiplier",
                        0.22,
                        "logits_scaling",
                        0.5,
                        "tie_word_embeddings",
                        true),
                Set.of(Switch.TIED),
                repeated(2, new Layer(plain(300, 6), 1, 1000)),
                new Factors(6, 0.25, 0.22, 2));
    }

    /** LayerNorms, and a part of each head turns; biases of queries, keys and values. */
    private static TinyFamily stableLm() {
        return family(
                "stablelm",
                Map.of(
                        "rope_theta",
                        300.0,
                        "layer_norm_eps",
                        EPSILON,
                        "partial_rotary_factor",
                        0.7,
                        "use_qkv_bias",
                        true),
                Set.of(Switch.LAYER_NORMS, Switch.QKV_BIASES),
                repeated(2, new Layer(plain(300, 4), 1, 1000)),
                Factors.NONE);
    }

    /** In parallel, with a norm for each head's queries and keys. */
    private static TinyFamily stableLm2() {
        return family(
                "stablelm",
                Map.of(
                        "rope_theta",
                        300.0,
                        "layer_norm_eps",
                        EPSILON,
                        "partial_rotary_factor",
                        0.7,
                        "use_parallel_residual",
                        true,
                        "qk_layernorm",
                        true),
                Set.of(Switch.LAYER_NORMS, Switch.PARALLEL, Switch.QK_NORM_BY_HEAD),
                repeated(2, new Layer(plain(300, 4), 1, 1000)),
                Factors.NONE);
    }

    /** YaRN with two factors on scores that cancel; the settings beyond the original context do not matter before. */
    private static TinyFamily ministral3() {
        double[] plain = plain(300, 6);
        double[] slow = {plain[0], plain[1] / 4, plain[2] / 4};
        return family(
                "ministral3",
                Map.of(
                        "rms_norm_eps",
                        EPSILON,
                        "head_dim",
                        D_HEAD,
                        "rope_parameters",
                        Map.of(
                                "rope_theta",
                                300.0,
                                "rope_type",
                                "yarn",
                                "factor",
                                4.0,
                                "original_max_position_embeddings",
                                20,
                                "mscale",
                                1.0,
                                "mscale_all_dim",
                                1.0,
                                "llama_4_scaling_beta",
                                0.1)),
                Set.of(),
                repeated(2, new Layer(slow, 1, 1000)),
                Factors.NONE);
    }

    private static List<Layer> repeated(int times, Layer layer) {
        return IntStream.range(0, times).mapToObj(i -> layer).toList();
    }

    private static double[] plain(double base, int dimensions) {
        return IntStream.range(0, dimensions / 2)
                .mapToDouble(i -> Math.pow(base, -2.0 * i / dimensions))
                .toArray();
    }

    private static TinyFamily family(
            String type, Map<String, Object> settings, Set<Switch> switches, List<Layer> layers, Factors factors) {
        Map<String, Object> config = new LinkedHashMap<>(Map.of(
                "model_type",
                type,
                "hidden_size",
                D,
                "num_hidden_layers",
                layers.size(),
                "num_attention_heads",
                HEADS,
                "num_key_value_heads",
                KEY_HEADS,
                "intermediate_size",
                D_MLP,
                "max_position_embeddings",
                32,
                "vocab_size",
                TinyFamily.VOCABULARY));
        config.putAll(settings);
        Reference reference = new Reference(switches, layers, factors);
        return new TinyFamily(
                type + (switches.contains(Switch.PARALLEL) || switches.contains(Switch.FUSED) ? " " + switches : ""),
                config,
                weights(switches, layers.size()),
                reference::logits);
    }

    private static Map<String, HostTensor> weights(Set<Switch> switches, int layers) {
        Random random = new Random(31);
        Map<String, HostTensor> w = new LinkedHashMap<>();
        int queries = HEADS * D_HEAD;
        int keys = KEY_HEADS * D_HEAD;
        put(w, random, 0, "model.embed_tokens.weight", TinyFamily.VOCABULARY, D);
        for (int layer = 0; layer < layers; layer++) {
            String at = "model.layers." + layer + ".";
            String attention = at + "self_attn.";
            if (!switches.contains(Switch.NORMS_BEHIND)) {
                putNorm(w, random, at + "input_layernorm", switches);
            }
            if (!switches.contains(Switch.PARALLEL)) {
                putNorm(w, random, at + "post_attention_layernorm", switches);
            }
            if (switches.contains(Switch.NORMS_BEHIND)) {
                putNorm(w, random, at + "post_feedforward_layernorm", switches);
            }
            if (switches.contains(Switch.FUSED)) {
                put(w, random, 0, attention + "qkv_proj.weight", queries + 2 * keys, D);
                put(w, random, 0, at + "mlp.gate_up_proj.weight", 2 * D_MLP, D);
            } else {
                put(w, random, 0, attention + "q_proj.weight", queries, D);
                put(w, random, 0, attention + "k_proj.weight", keys, D);
                put(w, random, 0, attention + "v_proj.weight", keys, D);
                put(w, random, 0, at + "mlp.gate_proj.weight", D_MLP, D);
                put(w, random, 0, at + "mlp.up_proj.weight", D_MLP, D);
            }
            if (switches.contains(Switch.QKV_BIASES)) {
                put(w, random, 0, attention + "q_proj.bias", queries);
                put(w, random, 0, attention + "k_proj.bias", keys);
                put(w, random, 0, attention + "v_proj.bias", keys);
            }
            if (switches.contains(Switch.QK_NORM_OF_ALL)) {
                put(w, random, 1, attention + "q_norm.weight", queries);
                put(w, random, 1, attention + "k_norm.weight", keys);
            }
            if (switches.contains(Switch.QK_NORM_BY_HEAD)) {
                for (int head = 0; head < HEADS; head++) {
                    put(w, random, 1, attention + "q_layernorm.norms." + head + ".weight", D_HEAD);
                }
                for (int head = 0; head < KEY_HEADS; head++) {
                    put(w, random, 1, attention + "k_layernorm.norms." + head + ".weight", D_HEAD);
                }
            }
            put(w, random, 0, attention + "o_proj.weight", D, queries);
            put(w, random, 0, at + "mlp.down_proj.weight", D, D_MLP);
        }
        putNorm(w, random, "model.norm", switches);
        if (!switches.contains(Switch.TIED)) {
            put(w, random, 0, "lm_head.weight", TinyFamily.VOCABULARY, D);
        }
        return w;
    }

    private static void putNorm(Map<String, HostTensor> w, Random random, String name, Set<Switch> switches) {
        put(w, random, 1, name + ".weight", D);
        if (switches.contains(Switch.LAYER_NORMS)) {
            put(w, random, 0, name + ".bias", D);
        }
    }

    private static void put(Map<String, HostTensor> w, Random random, double mean, String name, int... shape) {
        float[] data = new float[IntStream.of(shape).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) (mean + 0.3 * random.nextGaussian());
        }
        w.put(name, new HostTensor(data, shape));
    }

    /** The transformer with its switches. */
    private record Reference(Set<Switch> switches, List<Layer> layers, Factors factors) {
        double[][] logits(Map<String, HostTensor> weights, int[] ids) {
            PlainMaths m = new PlainMaths(weights);
            double[][] x = m.rows("model.embed_tokens.weight", ids, factors.embedding);
            for (int i = 0; i < layers.size(); i++) {
                String at = "model.layers." + i + ".";
                boolean behind = switches.contains(Switch.NORMS_BEHIND);
                double[][] taken = behind ? x : norm(m, x, at + "input_layernorm");
                double[][] given = attention(m, taken, at + "self_attn.", layers.get(i));
                double[][] added =
                        times(behind ? norm(m, given, at + "post_attention_layernorm") : given, factors.residual);
                double[][] middle = PlainMaths.plus(x, added);
                double[][] read = switches.contains(Switch.PARALLEL)
                        ? taken
                        : behind ? middle : norm(m, middle, at + "post_attention_layernorm");
                double[][] computed = mlp(m, read, at + "mlp.");
                x = PlainMaths.plus(
                        middle,
                        times(
                                behind ? norm(m, computed, at + "post_feedforward_layernorm") : computed,
                                factors.residual));
            }
            String head = switches.contains(Switch.TIED) ? "model.embed_tokens" : "lm_head";
            return times(m.linear(norm(m, x, "model.norm"), head), factors.logits);
        }

        private double[][] norm(PlainMaths m, double[][] x, String name) {
            return switches.contains(Switch.LAYER_NORMS)
                    ? m.layerNorm(x, name, EPSILON)
                    : m.rmsNorm(x, name, x[0].length, 0, EPSILON);
        }

        private double[][] attention(PlainMaths m, double[][] x, String at, Layer layer) {
            int queries = HEADS * D_HEAD;
            int keys = KEY_HEADS * D_HEAD;
            double[][] q;
            double[][] k;
            double[][] v;
            if (switches.contains(Switch.FUSED)) {
                double[][] all = m.linear(x, at + "qkv_proj");
                q = PlainMaths.columns(all, 0, queries, queries + 2 * keys);
                k = PlainMaths.columns(all, queries, keys, queries + 2 * keys);
                v = PlainMaths.columns(all, queries + keys, keys, queries + 2 * keys);
            } else {
                q = m.linear(x, at + "q_proj");
                k = m.linear(x, at + "k_proj");
                v = m.linear(x, at + "v_proj");
            }
            if (switches.contains(Switch.QK_NORM_OF_ALL)) {
                q = m.rmsNorm(q, at + "q_norm", queries, 0, EPSILON);
                k = m.rmsNorm(k, at + "k_norm", keys, 0, EPSILON);
            }
            if (switches.contains(Switch.QK_NORM_BY_HEAD)) {
                q = normByHead(m, q, at + "q_layernorm");
                k = normByHead(m, k, at + "k_layernorm");
            }
            double[][] z = PlainMaths.attend(turn(q, layer), turn(k, layer), v, D_HEAD, factors.score, layer.window);
            return m.linear(z, at + "o_proj");
        }

        private static double[][] normByHead(PlainMaths m, double[][] x, String name) {
            int heads = x[0].length / D_HEAD;
            double[][] y = new double[x.length][x[0].length];
            for (int t = 0; t < x.length; t++) {
                for (int head = 0; head < heads; head++) {
                    double mean = 0;
                    for (int i = 0; i < D_HEAD; i++) {
                        mean += x[t][head * D_HEAD + i] / D_HEAD;
                    }
                    double variance = 0;
                    for (int i = 0; i < D_HEAD; i++) {
                        variance += Math.pow(x[t][head * D_HEAD + i] - mean, 2) / D_HEAD;
                    }
                    for (int i = 0; i < D_HEAD; i++) {
                        y[t][head * D_HEAD + i] = (x[t][head * D_HEAD + i] - mean)
                                / Math.sqrt(variance + EPSILON)
                                * m.at(name + ".norms." + head + ".weight", i);
                    }
                }
            }
            return y;
        }

        private static double[][] turn(double[][] x, Layer layer) {
            int half = layer.frequencies.length;
            double[][] y = new double[x.length][];
            for (int t = 0; t < x.length; t++) {
                y[t] = x[t].clone();
                for (int head = 0; head < x[t].length; head += D_HEAD) {
                    for (int i = 0; i < half; i++) {
                        double cos = layer.factor * Math.cos(t * layer.frequencies[i]);
                        double sin = layer.factor * Math.sin(t * layer.frequencies[i]);
                        y[t][head + i] = x[t][head + i] * cos - x[t][head + i + half] * sin;
                        y[t][head + i + half] = x[t][head + i + half] * cos + x[t][head + i] * sin;
                    }
                }
            }
            return y;
        }

        private double[][] mlp(PlainMaths m, double[][] x, String at) {
            double[][] gate;
            double[][] up;
            if (switches.contains(Switch.FUSED)) {
                double[][] both = m.linear(x, at + "gate_up_proj");
                gate = PlainMaths.columns(both, 0, D_MLP, 2 * D_MLP);
                up = PlainMaths.columns(both, D_MLP, D_MLP, 2 * D_MLP);
            } else {
                gate = m.linear(x, at + "gate_proj");
                up = m.linear(x, at + "up_proj");
            }
            return m.linear(PlainMaths.times(PlainMaths.silu(gate), up), at + "down_proj");
        }

        private static double[][] times(double[][] x, double factor) {
            List<double[]> rows = new ArrayList<>();
            for (double[] row : x) {
                double[] scaled = row.clone();
                for (int i = 0; i < scaled.length; i++) {
                    scaled[i] *= factor;
                }
                rows.add(scaled);
            }
            return rows.toArray(double[][]::new);
        }
    }
}
