package loupe.app.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import loupe.format.FloatSource;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;

/**
 * Writes models and checkpoints of given shapes with random weights, in the layouts that real ones have. What they compute
 * means nothing; how long it takes does not depend on that.
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
        Files.createDirectories(folder);
        SafetensorsWriter writer = new SafetensorsWriter();
        add(writer, "W_enc", 101, (float) (1 / Math.sqrt(d)), d, features);
        add(writer, "b_enc", 102, 0.01f, features);
        add(writer, "W_dec", 103, (float) (1 / Math.sqrt(d)), features, d);
        add(writer, "b_dec", 104, 0.01f, d);
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
        config.put("metadata", Map.of("sae_lens_version", "6.18.0", "model_name", "random", "hook_name", hook, "prepend_bos", false));
        JsonFiles.write(folder.resolve("cfg.json"), config);
        return folder;
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
        List<Long> sizes = new ArrayList<>();
        for (long size : shape) {
            sizes.add(size);
        }
        writer.add(name, sizes, uniform(seed, deviation));
    }

    private static FloatSource constant(float value) {
        return (first, destination) -> {
            while (destination.hasRemaining()) {
                destination.putFloat(value);
            }
        };
    }

    /** Uniform values of mean 0 and a standard deviation; the same for the same seed, however they are asked for in order. */
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
