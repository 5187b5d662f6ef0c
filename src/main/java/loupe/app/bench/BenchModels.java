package loupe.app.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import loupe.format.FloatSource;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchWriter;
import loupe.tensor.DType;

/**
 * Writes models and checkpoints of given shapes with random weights, in the layouts of real ones. Their results are
 * meaningless; their speed is that of real ones.
 */
final class BenchModels {
    private BenchModels() {}

    /** A GPT-2 in a Hugging Face folder without tokenizer. */
    static Path gpt2(Path folder, int vocabulary, int context, int dModel, int layers, int heads) throws IOException {
        Files.createDirectories(folder);
        SafetensorsWriter writer = new SafetensorsWriter();
        float deviation = 0.02f;
        add(writer, "wte.weight", 1, deviation, vocabulary, dModel);
        add(writer, "wpe.weight", 2, deviation, context, dModel);
        for (int layer = 0; layer < layers; layer++) {
            String block = "h." + layer + ".";
            norm(writer, block + "ln_1", dModel);
            linear(writer, block + "attn.c_attn", 10 * layer + 3, deviation, dModel, 3 * dModel);
            linear(writer, block + "attn.c_proj", 10 * layer + 4, deviation, dModel, dModel);
            norm(writer, block + "ln_2", dModel);
            linear(writer, block + "mlp.c_fc", 10 * layer + 5, deviation, dModel, 4 * dModel);
            linear(writer, block + "mlp.c_proj", 10 * layer + 6, deviation, 4 * dModel, dModel);
        }
        norm(writer, "ln_f", dModel);
        writer.write(folder.resolve("model.safetensors"));
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("architectures", List.of("GPT2LMHeadModel"));
        config.put("model_type", "gpt2");
        config.put("vocab_size", vocabulary);
        config.put("n_positions", context);
        config.put("n_embd", dModel);
        config.put("n_layer", layers);
        config.put("n_head", heads);
        config.put("activation_function", "gelu_new");
        config.put("layer_norm_epsilon", 1e-5);
        config.put("bos_token_id", 0);
        config.put("eos_token_id", 0);
        JsonFiles.write(folder.resolve("config.json"), config);
        return folder;
    }

    /** A TopK autoencoder in a SAELens folder. */
    static Path topKSae(Path folder, int d, int features, int k, String hook) throws IOException {
        return topKSae(folder, DType.F32, d, features, k, hook);
    }

    /** @param dtype F32, F16 or BF16 */
    static Path topKSae(Path folder, DType dtype, int d, int features, int k, String hook) throws IOException {
        return topKSae(folder, 101, dtype, d, features, k, hook);
    }

    /** @param seed of the weights, and the three after it */
    static Path topKSae(Path folder, int seed, DType dtype, int d, int features, int k, String hook)
            throws IOException {
        Files.createDirectories(folder);
        SafetensorsWriter writer = new SafetensorsWriter();
        Tensors tensors =
                (name, own, deviation, shape) -> writer.add(name, dtype, sizes(shape), uniform(own, deviation));
        tensors.add("W_enc", seed, (float) (1 / Math.sqrt(d)), d, features);
        tensors.add("b_enc", seed + 1, 0.01f, features);
        tensors.add("W_dec", seed + 2, (float) (1 / Math.sqrt(d)), features, d);
        tensors.add("b_dec", seed + 3, 0.01f, d);
        writer.write(folder.resolve("sae_weights.safetensors"));
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("architecture", "topk");
        config.put("k", k);
        config.put("d_in", d);
        config.put("d_sae", features);
        config.put("dtype", "float32");
        config.put("apply_b_dec_to_input", true);
        config.put("normalize_activations", "none");
        config.put("rescale_acts_by_decoder_norm", false);
        config.put(
                "metadata",
                Map.of("sae_lens_version", "6.18.0", "model_name", "random", "hook_name", hook, "prepend_bos", false));
        JsonFiles.write(folder.resolve("cfg.json"), config);
        return folder;
    }

    /**
     * A TopK autoencoder of dictionary_learning, {@code ae.pt}: its decoder lies the other way round than its encoder's
     * features.
     */
    static Path dictionary(Path folder, DType dtype, int d, int features, int k) throws IOException {
        Files.createDirectories(folder);
        TorchWriter writer = new TorchWriter();
        Tensors tensors =
                (name, seed, deviation, shape) -> writer.add(name, dtype, sizes(shape), uniform(seed, deviation));
        tensors.add("encoder.weight", 101, (float) (1 / Math.sqrt(d)), features, d);
        tensors.add("encoder.bias", 102, 0.01f, features);
        tensors.add("decoder.weight", 103, (float) (1 / Math.sqrt(features)), d, features);
        tensors.add("b_dec", 104, 0.01f, d);
        writer.add("k", new long[] {k});
        writer.write(folder.resolve("ae.pt"));
        JsonFiles.write(
                folder.resolve("config.json"),
                Map.of(
                        "trainer",
                        Map.of(
                                "dict_class",
                                "AutoEncoderTopK",
                                "activation_dim",
                                d,
                                "dict_size",
                                features,
                                "k",
                                k,
                                "layer",
                                3,
                                "submodule_name",
                                "resid_post_layer_3",
                                "lm_name",
                                "random")));
        return folder;
    }

    /**
     * A GPT-NeoX, as Pythia's are, in a Hugging Face folder without tokenizer: its matrices lie as torch's Linear has
     * them and are turned while they are read.
     *
     * @param torch whether its weights are in a torch zip and not in safetensors
     */
    static Path neoX(Path folder, DType dtype, boolean torch, int vocabulary, int dModel, int layers, int heads)
            throws IOException {
        Files.createDirectories(folder);
        SafetensorsWriter safetensors = new SafetensorsWriter();
        TorchWriter zip = new TorchWriter();
        Tensors tensors = (name, seed, deviation, shape) -> {
            if (torch) {
                zip.add(name, dtype, sizes(shape), uniform(seed, deviation));
            } else {
                safetensors.add(name, dtype, sizes(shape), uniform(seed, deviation));
            }
        };
        float deviation = 0.02f;
        tensors.add("gpt_neox.embed_in.weight", 1, deviation, vocabulary, dModel);
        for (int layer = 0; layer < layers; layer++) {
            String block = "gpt_neox.layers." + layer + ".";
            for (String norm : List.of("input_layernorm", "post_attention_layernorm")) {
                tensors.add(block + norm + ".weight", 2, deviation, dModel);
                tensors.add(block + norm + ".bias", 2, deviation, dModel);
            }
            linear(tensors, block + "attention.query_key_value", 10 * layer + 3, deviation, 3L * dModel, dModel);
            linear(tensors, block + "attention.dense", 10 * layer + 4, deviation, dModel, dModel);
            linear(tensors, block + "mlp.dense_h_to_4h", 10 * layer + 5, deviation, 4L * dModel, dModel);
            linear(tensors, block + "mlp.dense_4h_to_h", 10 * layer + 6, deviation, dModel, 4L * dModel);
        }
        tensors.add("gpt_neox.final_layer_norm.weight", 2, deviation, dModel);
        tensors.add("gpt_neox.final_layer_norm.bias", 2, deviation, dModel);
        tensors.add("embed_out.weight", 7, deviation, vocabulary, dModel);
        if (torch) {
            zip.write(folder.resolve("pytorch_model.bin"));
        } else {
            safetensors.write(folder.resolve("model.safetensors"));
        }
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("architectures", List.of("GPTNeoXForCausalLM"));
        config.put("model_type", "gpt_neox");
        config.put("vocab_size", vocabulary);
        config.put("max_position_embeddings", 2048);
        config.put("hidden_size", dModel);
        config.put("intermediate_size", 4 * dModel);
        config.put("num_hidden_layers", layers);
        config.put("num_attention_heads", heads);
        config.put("hidden_act", "gelu");
        config.put("rotary_pct", 0.25);
        config.put("rotary_emb_base", 10_000);
        config.put("layer_norm_eps", 1e-5);
        config.put("use_parallel_residual", true);
        config.put("tie_word_embeddings", false);
        config.put("bos_token_id", 0);
        config.put("eos_token_id", 0);
        JsonFiles.write(folder.resolve("config.json"), config);
        return folder;
    }

    /** A file being put together. */
    @FunctionalInterface
    private interface Tensors {
        void add(String name, long seed, float deviation, long... shape);
    }

    private static void linear(Tensors tensors, String name, long seed, float deviation, long... shape) {
        tensors.add(name + ".weight", seed, deviation, shape);
        tensors.add(name + ".bias", seed, deviation, shape[0]);
    }

    private static void norm(SafetensorsWriter writer, String name, int width) {
        writer.add(name + ".weight", List.of((long) width), constant(1));
        writer.add(name + ".bias", List.of((long) width), constant(0));
    }

    private static void linear(SafetensorsWriter writer, String name, long seed, float deviation, int in, int out) {
        add(writer, name + ".weight", seed, deviation, in, out);
        writer.add(name + ".bias", List.of((long) out), constant(0));
    }

    private static void add(SafetensorsWriter writer, String name, long seed, float deviation, long... shape) {
        writer.add(name, sizes(shape), uniform(seed, deviation));
    }

    private static List<Long> sizes(long... shape) {
        return Arrays.stream(shape).boxed().toList();
    }

    private static FloatSource constant(float value) {
        return (first, destination) -> {
            while (destination.hasRemaining()) {
                destination.putFloat(value);
            }
        };
    }

    /**
     * Uniform values of mean 0 and a standard deviation; the same for the same seed, in whatever pieces they are read
     * in order.
     */
    private static FloatSource uniform(long seed, float deviation) {
        SplittableRandom random = new SplittableRandom(seed);
        float width = (float) (2 * Math.sqrt(3) * deviation);
        return (long first, ByteBuffer destination) -> {
            while (destination.remaining() >= 8) {
                long bits = random.nextLong();
                destination.putFloat(((bits >>> 40) * 0x1p-24f - 0.5f) * width);
                destination.putFloat(((bits << 24 >>> 40) * 0x1p-24f - 0.5f) * width);
            }
            if (destination.hasRemaining()) {
                destination.putFloat(((random.nextLong() >>> 40) * 0x1p-24f - 0.5f) * width);
            }
        };
    }
}
