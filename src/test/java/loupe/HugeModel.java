package loupe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import loupe.format.JsonFiles;
import loupe.format.SparseFiles;

/**
 * A Llama whose layers are 200 GB of holes behind a small embedding, tied to the unembedding, of random values:
 * whatever read the layers would take minutes, and more memory than there is. As wide as {@link TinyModel}.
 */
public final class HugeModel {
    public static final int D = TinyModel.CONFIG.dModel();
    private static final long BYTES = 200_000_000_000L;
    private static final int LAYERS = 40;
    private static final long WIDE = BYTES / (3L * LAYERS * D * Float.BYTES);

    private HugeModel() {}

    /**
     * Writes a folder, with the tokenizer of {@link TinyModel}.
     *
     * @return the folder
     */
    public static Path writeTo(Path folder) throws IOException {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("model.embed_tokens.weight", new long[] {TinyModel.VOCABULARY, D});
        shapes.put("model.norm.weight", new long[] {D});
        for (int layer = 0; layer < LAYERS; layer++) {
            String at = "model.layers." + layer + ".";
            shapes.put(at + "input_layernorm.weight", new long[] {D});
            shapes.put(at + "post_attention_layernorm.weight", new long[] {D});
            for (String name : new String[] {"q_proj", "k_proj", "v_proj", "o_proj"}) {
                shapes.put(at + "self_attn." + name + ".weight", new long[] {D, D});
            }
            shapes.put(at + "mlp.gate_proj.weight", new long[] {WIDE, D});
            shapes.put(at + "mlp.up_proj.weight", new long[] {WIDE, D});
            shapes.put(at + "mlp.down_proj.weight", new long[] {D, WIDE});
        }
        TinyModel.writeTo(folder);
        Path weights = folder.resolve("model.safetensors");
        Files.delete(weights);
        SparseFiles.safetensors(weights, shapes);
        fill(weights);
        JsonFiles.write(
                folder.resolve("config.json"),
                Map.ofEntries(
                        Map.entry("model_type", "llama"),
                        Map.entry("vocab_size", TinyModel.VOCABULARY),
                        Map.entry("hidden_size", D),
                        Map.entry("num_hidden_layers", LAYERS),
                        Map.entry("num_attention_heads", 2),
                        Map.entry("intermediate_size", WIDE),
                        Map.entry("max_position_embeddings", 64),
                        Map.entry("rms_norm_eps", 1e-5),
                        Map.entry("tie_word_embeddings", true),
                        Map.entry("hidden_act", "silu")));
        return folder;
    }

    /** Puts random values into the embedding, and ones into the final norm, which follow the header. */
    private static void fill(Path weights) throws IOException {
        Random random = new Random(7);
        int embedding = TinyModel.VOCABULARY * D;
        ByteBuffer values = ByteBuffer.allocate((embedding + D) * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < embedding + D; i++) {
            values.putFloat(i < embedding ? (float) random.nextGaussian() : 1);
        }
        try (FileChannel file = FileChannel.open(weights, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            file.read(length, 0);
            file.write(values.flip(), Long.BYTES + length.getLong(0));
        }
    }
}
