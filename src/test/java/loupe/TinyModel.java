package loupe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;

/**
 * The fixture of everybody's tests: a GPT-2 with 2 layers, dModel 8, 2 heads, context 32 and 300 tokens, of fixed
 * random weights large enough (standard deviation 0.3) that a wrong scale or transposition shows; and its tokenizer,
 * byte-level BPE with 43 merges.
 */
public final class TinyModel {
    public static final int VOCABULARY = 300;
    public static final ModelConfig CONFIG = ModelConfig.gpt2(VOCABULARY, 32, 8, 2, 2);
    private static final long SEED = 20261121;
    /** Each merges two texts that are tokens by then; a leading space is spelt {@code _}. */
    private static final String[] MERGES = {
        "_ t",
        "h e",
        "_ a",
        "i n",
        "r e",
        "o n",
        "_t he",
        "e r",
        "_ s",
        "_ w",
        "a t",
        "e n",
        "_ o",
        "o u",
        "_ c",
        "i t",
        "_ b",
        "e s",
        "i s",
        "o r",
        "_ p",
        "_ f",
        "a n",
        "_ d",
        "in g",
        "_o f",
        "e d",
        "_ m",
        "a l",
        "_ h",
        "a r",
        "_a n",
        "_an d",
        "_t o",
        "_ in",
        "o m",
        "i c",
        "_ \"",
        "_d e",
        "_de f",
        "in i",
        "_def ini",
        "t i"
    };

    private TinyModel() {}

    /** The weights by Hugging Face's names. */
    public static Map<String, HostTensor> weights() {
        return weights(CONFIG, SEED);
    }

    /** Weights of any GPT-2 of these sizes: gains around 1, everything else around 0. */
    public static Map<String, HostTensor> weights(ModelConfig config, long seed) {
        Random random = new Random(seed);
        int d = config.dModel();
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        weights.put("transformer.wte.weight", normal(random, 0, config.vocabularySize(), d));
        weights.put("transformer.wpe.weight", normal(random, 0, config.context(), d));
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            weights.put(at + "ln_1.weight", normal(random, 1, d));
            weights.put(at + "ln_1.bias", normal(random, 0, d));
            weights.put(at + "attn.c_attn.weight", normal(random, 0, d, 3 * d));
            weights.put(at + "attn.c_attn.bias", normal(random, 0, 3 * d));
            weights.put(at + "attn.c_proj.weight", normal(random, 0, d, d));
            weights.put(at + "attn.c_proj.bias", normal(random, 0, d));
            weights.put(at + "ln_2.weight", normal(random, 1, d));
            weights.put(at + "ln_2.bias", normal(random, 0, d));
            weights.put(at + "mlp.c_fc.weight", normal(random, 0, d, config.dMlp()));
            weights.put(at + "mlp.c_fc.bias", normal(random, 0, config.dMlp()));
            weights.put(at + "mlp.c_proj.weight", normal(random, 0, config.dMlp(), d));
            weights.put(at + "mlp.c_proj.bias", normal(random, 0, d));
        }
        weights.put("transformer.ln_f.weight", normal(random, 1, d));
        weights.put("transformer.ln_f.bias", normal(random, 0, d));
        return weights;
    }

    private static HostTensor normal(Random random, double mean, int... shape) {
        int elements = 1;
        for (int axis : shape) {
            elements *= axis;
        }
        float[] data = new float[elements];
        for (int i = 0; i < elements; i++) {
            data[i] = (float) (mean + 0.3 * random.nextGaussian());
        }
        return new HostTensor(data, shape);
    }

    /** The model in a manager of its own below {@code parent}. */
    public static LanguageModel on(NDManager parent) {
        return on(parent, CONFIG, weights());
    }

    /** A model of given weights in a manager of its own below {@code parent}; not sealed. */
    public static LanguageModel on(NDManager parent, ModelConfig config, Map<String, HostTensor> weights) {
        NDManager own = parent.newSubManager();
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> {
            int[] shape = tensor.shape();
            long[] axes = new long[shape.length];
            for (int i = 0; i < axes.length; i++) {
                axes[i] = shape[i];
            }
            arrays.put(name, own.create(tensor.data(), new Shape(axes)));
        });
        return new LanguageModel(config, own, arrays);
    }

    /**
     * Writes config.json, model.safetensors and tokenizer.json into a folder.
     *
     * @return the folder
     */
    public static Path writeTo(Path folder) throws IOException {
        return writeTo(folder, CONFIG, weights());
    }

    /** Likewise, a GPT-2 of other sizes or weights. */
    public static Path writeTo(Path folder, ModelConfig of, Map<String, HostTensor> weights) throws IOException {
        Files.createDirectories(folder);
        ObjectMapper json = new ObjectMapper();
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("model_type", "gpt2");
        config.put("architectures", List.of("GPT2LMHeadModel"));
        config.put("activation_function", "gelu_new");
        config.put("layer_norm_epsilon", of.normEpsilon());
        config.put("n_embd", of.dModel());
        config.put("n_head", of.nHeads());
        config.put("n_layer", of.nLayers());
        config.put("n_positions", of.context());
        config.put("vocab_size", of.vocabularySize());
        config.put("bos_token_id", 0);
        config.put("eos_token_id", 0);
        json.writeValue(folder.resolve("config.json").toFile(), config);
        json.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer());
        writeSafetensors(folder.resolve("model.safetensors"), weights);
        return folder;
    }

    /** A safetensors file of float32 tensors. */
    public static void writeSafetensors(Path file, Map<String, HostTensor> tensors) throws IOException {
        Map<String, Object> header = new LinkedHashMap<>();
        int bytes = 0;
        for (Map.Entry<String, HostTensor> entry : tensors.entrySet()) {
            int end = bytes + 4 * entry.getValue().data().length;
            header.put(
                    entry.getKey(),
                    Map.of("dtype", "F32", "shape", entry.getValue().shape(), "data_offsets", new int[] {bytes, end}));
            bytes = end;
        }
        byte[] text = new ObjectMapper().writeValueAsBytes(header);
        ByteBuffer out = ByteBuffer.allocate(8 + text.length + bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(text.length).put(text);
        tensors.values().forEach(tensor -> {
            for (float value : tensor.data()) {
                out.putFloat(value);
            }
        });
        Files.write(file, out.array());
    }

    /** The tokenizer.json: {@code <|endoftext|>} is 0, then the 256 bytes, then the merges. */
    private static Map<String, Object> tokenizer() {
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        vocabulary.put("<|endoftext|>", 0);
        for (int b = 0; b < 256; b++) {
            vocabulary.put(printable(b), vocabulary.size());
        }
        List<String> merges = new ArrayList<>();
        for (String merge : MERGES) {
            String spelt = spell(merge.substring(0, merge.indexOf(' '))) + " "
                    + spell(merge.substring(merge.indexOf(' ') + 1));
            merges.add(spelt);
            vocabulary.put(spelt.replace(" ", ""), vocabulary.size());
        }
        Map<String, Object> end = new LinkedHashMap<>();
        end.put("id", 0);
        end.put("content", "<|endoftext|>");
        for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
            end.put(flag, false);
        }
        end.put("special", true);
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("type", "BPE");
        for (String absent : List.of("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")) {
            model.put(absent, null);
        }
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        model.put("vocab", vocabulary);
        model.put("merges", merges);
        Map<String, Object> byteLevel =
                Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", false, "use_regex", true);
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("version", "1.0");
        file.put("truncation", null);
        file.put("padding", null);
        file.put("added_tokens", List.of(end));
        file.put("normalizer", null);
        file.put("pre_tokenizer", byteLevel);
        file.put("post_processor", byteLevel);
        file.put("decoder", byteLevel);
        file.put("model", model);
        return file;
    }

    private static String spell(String text) {
        StringBuilder spelt = new StringBuilder();
        for (byte b : text.replace('_', ' ').getBytes(StandardCharsets.UTF_8)) {
            spelt.append(printable(b & 255));
        }
        return spelt.toString();
    }

    /**
     * GPT-2's printable stand-in of a byte: itself where it is a visible Latin-1 character, else the next from U+0100
     * on.
     */
    private static String printable(int b) {
        int hidden = 0;
        for (int i = 0; i < 256; i++) {
            boolean visible = i >= '!' && i <= '~' || i >= 0xA1 && i <= 0xAC || i >= 0xAE;
            if (i == b) {
                return Character.toString(visible ? i : 256 + hidden);
            }
            hidden += visible ? 0 : 1;
        }
        throw new IllegalArgumentException("byte is " + b + ", expected 0 to 255");
    }
}
