package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import loupe.format.FloatSource;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.format.TorchWriter;
import loupe.lm.Embeddings;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.DType;
import loupe.tensor.DirectMemory;
import loupe.tensor.HeldMemory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nothing is held twice while it is loaded: memory outside the heap by our own account, garbage by the machine's. What
 * the system counts is measured by {@code bench memory}.
 */
class LoadingMemoryTest {
    /** Of the weights as float32: what loading may take at most. */
    private static final double MOST = 1.2;

    private static final int D = 128;
    private static final int FEATURES = 16_384;
    private static final int VOCABULARY = 4_096;
    private static final int D_MODEL = 256;

    private static final Loader.Room ROOM = (what, kind, bytes) -> () -> {};

    @TempDir
    Path folder;

    private static List<Arguments> files() {
        return Stream.of(DType.F32, DType.F16, DType.BF16)
                .flatMap(dtype -> Stream.of(Arguments.of(dtype, false), Arguments.of(dtype, true)))
                .toList();
    }

    /** Loads the engine, which holds memory of its own. */
    @BeforeAll
    static void startTheEngine() {
        NDManager.newBaseManager().close();
    }

    @ParameterizedTest
    @MethodSource("files")
    void anAutoencoderIsHeldOnceWhileItIsRead(DType dtype, boolean torch) {
        if (torch) {
            // the decoder is made a unit vector feature by feature, in place
            new TorchWriter()
                    .add("encoder.weight", dtype, sizes(FEATURES, D), waves(1))
                    .add("encoder.bias", dtype, sizes(FEATURES), waves(2))
                    .add("decoder.weight", dtype, sizes(D, FEATURES), waves(3))
                    .add("bias", dtype, sizes(D), waves(4))
                    .write(folder.resolve("ae.pt"));
        } else {
            new SafetensorsWriter()
                    .add("W_enc", dtype, sizes(D, FEATURES), waves(1))
                    .add("b_enc", dtype, sizes(FEATURES), waves(2))
                    .add("W_dec", dtype, sizes(FEATURES, D), waves(3))
                    .add("b_dec", dtype, sizes(D), waves(4))
                    .write(folder.resolve("sae_weights.safetensors"));
            JsonFiles.write(
                    folder.resolve("cfg.json"),
                    Map.of(
                            "architecture",
                            "standard",
                            "d_in",
                            D,
                            "d_sae",
                            FEATURES,
                            "apply_b_dec_to_input",
                            true,
                            "metadata",
                            Map.of(
                                    "sae_lens_version",
                                    "6.18.0",
                                    "model_name",
                                    "tiny",
                                    "hook_name",
                                    "blocks.0.hook_resid_pre")));
        }
        long floats = 4L * (2L * D * FEATURES + FEATURES + D);
        check(floats, () -> new FileLoader().sae(folder, SaeOptions.AS_STORED, ROOM));
    }

    @ParameterizedTest
    @MethodSource("files")
    void aModelWhoseMatricesAreTurnedIsHeldOnceWhileItIsRead(DType dtype, boolean torch) throws IOException {
        long floats = writeNeoX(folder, dtype, torch);
        check(floats, () -> {
            Loader.LoadedModel model = new FileLoader().model(folder, Processing.RAW, ROOM);
            Loader.Loaded<OpenModel, Embeddings> first = model.embeddings();
            return new Loader.Loaded<>(
                    first.host(),
                    first.bytes() + model.layers().bytes(),
                    first.upload(),
                    first.weights(),
                    first.evicted(),
                    () -> {
                        first.files().run();
                        model.layers().close();
                    });
        });
    }

    private static void check(long floats, Supplier<Loader.Loaded<?, ?>> load) {
        HeldMemory.freeGarbage(); // what other tests left, given back meanwhile, would hide what is loaded
        MemoryWatch memory = new MemoryWatch();
        Loader.Loaded<?, ?> loaded;
        try (memory) {
            loaded = load.get();
        }
        long left = memory.held();
        loaded.files().run();
        assertThat(loaded.bytes()).isEqualTo(floats);
        assertThat(memory.most()).as("held at most").isBetween(floats, (long) (MOST * floats));
        assertThat(left).as("held in the end").isLessThanOrEqualTo(floats + (1 << 20));
        assertThat(memory.held()).as("held when it is closed").isLessThanOrEqualTo(1 << 20);
    }

    /** What a heap must make room for until it is collected: the collector of a large heap is in no hurry. */
    @Test
    void wideningLeavesHardlyAnyGarbage() {
        Path file = folder.resolve("halves.safetensors");
        int elements = 4 << 20;
        new SafetensorsWriter()
                .add("halves", DType.BF16, sizes(elements), waves(5))
                .write(file);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        ByteBuffer floats = DirectMemory.allocate(4 * elements);
        try (TensorArchive archive = TensorArchives.open(file)) {
            long before = threads.getCurrentThreadAllocatedBytes();
            archive.tensor("halves").readFloats(0, floats);
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4L * elements / 20);
        } finally {
            DirectMemory.free(floats);
        }
    }

    private static long writeNeoX(Path folder, DType dtype, boolean torch) throws IOException {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("gpt_neox.embed_in.weight", new long[] {VOCABULARY, D_MODEL});
        for (int layer = 0; layer < 2; layer++) {
            String block = "gpt_neox.layers." + layer + ".";
            for (String norm : List.of("input_layernorm", "post_attention_layernorm")) {
                shapes.put(block + norm + ".weight", new long[] {D_MODEL});
                shapes.put(block + norm + ".bias", new long[] {D_MODEL});
            }
            putLinear(shapes, block + "attention.query_key_value", 3 * D_MODEL, D_MODEL);
            putLinear(shapes, block + "attention.dense", D_MODEL, D_MODEL);
            putLinear(shapes, block + "mlp.dense_h_to_4h", 4 * D_MODEL, D_MODEL);
            putLinear(shapes, block + "mlp.dense_4h_to_h", D_MODEL, 4 * D_MODEL);
        }
        shapes.put("gpt_neox.final_layer_norm.weight", new long[] {D_MODEL});
        shapes.put("gpt_neox.final_layer_norm.bias", new long[] {D_MODEL});
        shapes.put("embed_out.weight", new long[] {VOCABULARY, D_MODEL});
        SafetensorsWriter safetensors = new SafetensorsWriter();
        TorchWriter zip = new TorchWriter();
        shapes.forEach((name, shape) -> {
            safetensors.add(name, dtype, sizes(shape), waves(6));
            zip.add(name, dtype, sizes(shape), waves(6));
        });
        if (torch) {
            zip.write(folder.resolve("pytorch_model.bin"));
        } else {
            safetensors.write(folder.resolve("model.safetensors"));
        }
        Files.writeString(
                folder.resolve("config.json"),
                "{\"model_type\":\"gpt_neox\",\"vocab_size\":" + VOCABULARY
                        + ",\"max_position_embeddings\":64,\"hidden_size\":"
                        + D_MODEL + ",\"intermediate_size\":" + 4 * D_MODEL
                        + ",\"num_hidden_layers\":2,\"num_attention_heads\":8,\"hidden_act\":\"gelu\","
                        + "\"rotary_pct\":0.25,"
                        + "\"tie_word_embeddings\":false}");
        return 4
                * shapes.values().stream()
                        .mapToLong(shape -> Arrays.stream(shape).reduce(1, Math::multiplyExact))
                        .sum();
    }

    private static void putLinear(Map<String, long[]> shapes, String name, int out, int in) {
        shapes.put(name + ".weight", new long[] {out, in});
        shapes.put(name + ".bias", new long[] {out});
    }

    private static List<Long> sizes(long... shape) {
        return Arrays.stream(shape).boxed().toList();
    }

    /** Some values from -1 to 1. */
    private static FloatSource waves(int seed) {
        return (first, out) -> {
            for (long i = first; out.hasRemaining(); i++) {
                out.putFloat((7919 * i + seed) % 1009 / 504.5f - 1);
            }
        };
    }
}
