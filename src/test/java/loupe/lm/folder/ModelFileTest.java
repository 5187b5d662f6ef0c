package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.TinyModel;
import loupe.base.CheckpointException;
import loupe.index.PathKind;
import loupe.lm.Input;
import loupe.lm.LanguageModelTest;
import loupe.lm.PlainMaths;
import loupe.lm.Processing;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models in one file, against their formulas in plain loops over what was written into the file. */
class ModelFileTest {
    private static final int[] IDS = {5, 20, 17, 2, 0, 11, 17, 9};
    private static final int VOCABULARY = 23;
    private static final int D = 12;
    private static final double TOLERANCE = 2e-5;

    @TempDir
    Path folder;

    private final Random random = new Random(71);

    private HostTensor normal(double mean, int... shape) {
        float[] data = new float[IntStream.of(shape).reduce(1, Math::multiplyExact)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) (mean + 0.3 * random.nextGaussian());
        }
        return new HostTensor(data, shape);
    }

    private static void assertLogits(Path file, double[][] expected) {
        assertThat(PathKind.of(file)).isEqualTo(PathKind.MODEL);
        for (Processing processing : Processing.values()) {
            try (ModelFolder files = ModelFolder.open(file);
                    NDManager base = NDManager.newBaseManager()) {
                assertThat(files.warnings()).containsExactly("There is no tokenizer, so tokens are shown by their ids");
                float[] logits = files.read(processing)
                        .on(base.newSubManager())
                        .forward(base, Input.of(IDS))
                        .logSoftmax(-1)
                        .toFloatArray();
                LanguageModelTest.assertClose(logits, LanguageModelTest.flat(logSoftmax(expected)), TOLERANCE);
            }
        }
    }

    private static double[][] logSoftmax(double[][] logits) {
        double[][] result = new double[logits.length][];
        for (int t = 0; t < logits.length; t++) {
            double sum = 0;
            for (double logit : logits[t]) {
                sum += Math.exp(logit);
            }
            double total = Math.log(sum);
            result[t] = java.util.Arrays.stream(logits[t])
                    .map(logit -> logit - total)
                    .toArray();
        }
        return result;
    }

    /** Two layers of two heads; names as after {@code torch.compile}, or not. */
    @ParameterizedTest
    @CsvSource({"true, ''", "false, ''", "true, _orig_mod."})
    void aNanoGptCheckpointIsAModel(boolean biased, String prefix) throws IOException {
        Map<String, HostTensor> w = new LinkedHashMap<>();
        w.put("transformer.wte.weight", normal(0, VOCABULARY, D));
        w.put("transformer.wpe.weight", normal(0, 16, D));
        for (int layer = 0; layer < 2; layer++) {
            String at = "transformer.h." + layer + ".";
            putNorm(w, at + "ln_1", biased);
            putLinear(w, at + "attn.c_attn", 3 * D, D, biased);
            putLinear(w, at + "attn.c_proj", D, D, biased);
            putNorm(w, at + "ln_2", biased);
            putLinear(w, at + "mlp.c_fc", 4 * D, D, biased);
            putLinear(w, at + "mlp.c_proj", D, 4 * D, biased);
        }
        putNorm(w, "transformer.ln_f", biased);
        w.put("lm_head.weight", w.get("transformer.wte.weight"));
        Map<String, Object> saved = new LinkedHashMap<>();
        w.forEach((name, tensor) -> saved.put(prefix + name, tensor));
        Path file = folder.resolve("ckpt.pt");
        NanoGptCheckpoint.write(
                file,
                content(
                        saved,
                        Map.of(
                                "n_layer",
                                2,
                                "n_head",
                                2,
                                "n_embd",
                                D,
                                "block_size",
                                16,
                                "bias",
                                biased,
                                "vocab_size",
                                VOCABULARY,
                                "dropout",
                                0.0)));

        PlainMaths m = new PlainMaths(withZeroBiases(w));
        double[][] x = PlainMaths.plus(
                m.rows("transformer.wte.weight", IDS, 1),
                m.rows("transformer.wpe.weight", IntStream.range(0, IDS.length).toArray(), 1));
        for (int layer = 0; layer < 2; layer++) {
            String at = "transformer.h." + layer + ".";
            double[][] qkv = m.linear(m.layerNorm(x, at + "ln_1", 1e-5), at + "attn.c_attn");
            double[][] z = PlainMaths.attend(
                    PlainMaths.columns(qkv, 0, D, 3 * D),
                    PlainMaths.columns(qkv, D, D, 3 * D),
                    PlainMaths.columns(qkv, 2 * D, D, 3 * D),
                    6,
                    1 / Math.sqrt(6),
                    1000);
            x = PlainMaths.plus(x, m.linear(z, at + "attn.c_proj"));
            double[][] wide = m.linear(m.layerNorm(x, at + "ln_2", 1e-5), at + "mlp.c_fc");
            for (double[] row : wide) {
                for (int i = 0; i < row.length; i++) {
                    row[i] *= 0.5 * (1 + erf(row[i] / Math.sqrt(2)));
                }
            }
            x = PlainMaths.plus(x, m.linear(wide, at + "mlp.c_proj"));
        }
        assertLogits(file, m.linear(m.layerNorm(x, "transformer.ln_f", 1e-5), "transformer.wte"));
    }

    private static Map<String, Object> content(Map<String, Object> weights, Map<String, Object> settings) {
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("model", weights);
        content.put(
                "optimizer",
                Map.of(
                        "state",
                        Map.of("step", new HostTensor(new float[] {1, 2}, 2)),
                        "param_groups",
                        Map.of("lr", 0.1)));
        content.put("model_args", settings);
        content.put("iter_num", 2000);
        content.put("config", Map.of("out_dir", "out", "compile", true));
        return content;
    }

    private static Map<String, HostTensor> withZeroBiases(Map<String, HostTensor> weights) {
        Map<String, HostTensor> all = new LinkedHashMap<>(weights);
        weights.forEach((name, tensor) -> {
            if (name.contains(".ln_")) {
                all.putIfAbsent(name.replace(".weight", ".bias"), new HostTensor(new float[D], D));
            }
        });
        return all;
    }

    private void putNorm(Map<String, HostTensor> w, String name, boolean biased) {
        w.put(name + ".weight", normal(1, D));
        if (biased) {
            w.put(name + ".bias", normal(0, D));
        }
    }

    private void putLinear(Map<String, HostTensor> w, String name, int out, int in, boolean biased) {
        w.put(name + ".weight", normal(0, out, in));
        if (biased) {
            w.put(name + ".bias", normal(0, out));
        }
    }

    /** The error function by its series, 2 / sqrt(pi) sum (-1)^n x^(2n + 1) / (n! (2n + 1)). */
    private static double erf(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; n < 200; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    /** Two layers of four heads, two key heads, which turn in neighbouring pairs; tied or not, of either version. */
    @ParameterizedTest
    @CsvSource({"0, true", "0, false", "1, true", "1, false"})
    void aFileOfLlama2CIsAModel(int version, boolean shared) throws IOException {
        int dMlp = 14;
        Map<String, HostTensor> w = new LinkedHashMap<>();
        w.put("wte.weight", normal(0, VOCABULARY, 24));
        for (int layer = 0; layer < 2; layer++) {
            w.put(layer + ".norm1.weight", normal(1, 24));
            w.put(layer + ".q.weight", normal(0, 24, 24));
            w.put(layer + ".k.weight", normal(0, 12, 24));
            w.put(layer + ".v.weight", normal(0, 12, 24));
            w.put(layer + ".o.weight", normal(0, 24, 24));
            w.put(layer + ".norm2.weight", normal(1, 24));
            w.put(layer + ".gate.weight", normal(0, dMlp, 24));
            w.put(layer + ".down.weight", normal(0, 24, dMlp));
            w.put(layer + ".up.weight", normal(0, dMlp, 24));
        }
        w.put("norm.weight", normal(1, 24));
        w.put("turns.weight", normal(0, 2 * 16 * 3));
        if (!shared) {
            w.put("head.weight", normal(0, VOCABULARY, 24));
        }
        Path file = folder.resolve("stories.bin");
        Files.write(file, llama2c(version, shared, dMlp, w));

        PlainMaths m = new PlainMaths(w);
        double[][] x = m.rows("wte.weight", IDS, 1);
        for (int layer = 0; layer < 2; layer++) {
            double[][] normal = m.rmsNorm(x, layer + ".norm1", 24, 0, 1e-5);
            double[][] z = PlainMaths.attend(
                    PlainMaths.turn(m.linear(normal, layer + ".q"), 6, 6, 10000, 1, true),
                    PlainMaths.turn(m.linear(normal, layer + ".k"), 6, 6, 10000, 1, true),
                    m.linear(normal, layer + ".v"),
                    6,
                    1 / Math.sqrt(6),
                    1000);
            x = PlainMaths.plus(x, m.linear(z, layer + ".o"));
            normal = m.rmsNorm(x, layer + ".norm2", 24, 0, 1e-5);
            double[][] open = PlainMaths.silu(m.linear(normal, layer + ".gate"));
            x = PlainMaths.plus(x, m.linear(PlainMaths.times(open, m.linear(normal, layer + ".up")), layer + ".down"));
        }
        assertLogits(file, m.linear(m.rmsNorm(x, "norm", 24, 0, 1e-5), shared ? "wte" : "head"));
    }

    private static byte[] llama2c(int version, boolean shared, int dMlp, Map<String, HostTensor> w) {
        ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        if (version == 1) {
            bytes.putInt(0x616b3432).putInt(1);
        }
        int vocabulary = version == 0 && !shared ? -VOCABULARY : VOCABULARY;
        for (int number : new int[] {24, dMlp, 2, 4, 2, vocabulary, 16}) {
            bytes.putInt(number);
        }
        if (version == 1) {
            bytes.put((byte) (shared ? 1 : 0)).position(256);
        }
        List<String> order = version == 0
                ? List.of("wte", "norm1", "q", "k", "v", "o", "norm2", "gate", "down", "up", "norm", "turns", "head")
                : List.of("norm1", "norm2", "norm", "wte", "q", "k", "v", "o", "gate", "down", "up", "head");
        for (String part : order) {
            List<String> names = w.containsKey("0." + part + ".weight")
                    ? List.of("0." + part + ".weight", "1." + part + ".weight")
                    : List.of(part + ".weight");
            for (String name : names) {
                if (w.containsKey(name)) {
                    for (float value : w.get(name).data()) {
                        bytes.putFloat(value);
                    }
                }
            }
        }
        return java.util.Arrays.copyOf(bytes.array(), bytes.position());
    }

    @Test
    void aQuantisedFileOfLlama2CIsRefused() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0x616b3432).putInt(2);
        Path file = folder.resolve("q80.bin");
        Files.write(file, bytes.array());
        assertThatThrownBy(() -> ModelFolder.open(file).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("this is a llama2.c file of version 2, whose weights are quantised");
    }

    /** A file one float too long is none of llama2.c's. */
    @ParameterizedTest
    @ValueSource(ints = {-4, 4})
    void aFileOfAnotherSizeIsNotTakenForLlama2C(int more) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        for (int number : new int[] {4, 4, 1, 1, 1, 4, 4}) {
            bytes.putInt(number);
        }
        // embedding 16, norms 3 x 4, attention 4 x 16, MLP 3 x 16, turns 2 x 8
        int floats = 16 + 12 + 64 + 48 + 16;
        Path file = folder.resolve("model.bin");
        Files.write(file, java.util.Arrays.copyOf(bytes.array(), 28 + 4 * floats));
        assertThat(ModelFolder.recognise(file)).contains("llama2.c");
        Files.write(file, java.util.Arrays.copyOf(bytes.array(), 28 + 4 * floats + more));
        assertThat(ModelFolder.recognise(file)).isEmpty();
    }

    @Test
    void aWeightFileByItselfIsNoModel() throws IOException {
        TinyModel.writeTo(folder);
        assertThatThrownBy(() ->
                        ModelFolder.open(folder.resolve("model.safetensors")).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("this file is not a whole model")
                .hasMessageContaining("Choose the folder that holds config.json and the weights");
    }
}
