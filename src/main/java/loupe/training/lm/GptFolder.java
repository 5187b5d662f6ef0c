package loupe.training.lm;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.lm.ModelConfig;
import loupe.lm.folder.ModelFolder;

/** A trained model as Hugging Face's GPT-2 folder: config.json, model.safetensors and the tokenizer's files. */
public final class GptFolder {
    private GptFolder() {}

    /**
     * Writes a model folder in the layout of GPT-2.
     *
     * @param tokenizer folder that holds tokenizer.json and tokenizer_config.json
     */
    public static void write(Path folder, ModelConfig config, GptParameters parameters, Path tokenizer)
            throws IOException {
        Files.createDirectories(folder);
        SafetensorsWriter weights = new SafetensorsWriter().metadata("format", "pt");
        parameters.export().forEach(weights::add);
        weights.write(folder.resolve("model.safetensors"));
        for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(tokenizer.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        JsonFiles.write(folder.resolve("config.json"), describe(config));
    }

    /** Reads the model of a folder that {@link #write} wrote, for further training. */
    public static Gpt read(NDManager manager, Path folder) {
        try (ModelFolder model = ModelFolder.open(folder);
                TensorArchive weights = TensorArchives.open(folder.resolve("model.safetensors"))) {
            Gpt gpt = new Gpt(manager, model.config());
            gpt.parameters().take(name -> weights.tensor(name).toHost());
            return gpt;
        }
    }

    private static Map<String, Object> describe(ModelConfig config) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("architectures", List.of("GPT2LMHeadModel"));
        json.put("model_type", "gpt2");
        json.put("vocab_size", config.vocabularySize());
        json.put("n_positions", config.context());
        json.put("n_embd", config.dModel());
        json.put("n_layer", config.nLayers());
        json.put("n_head", config.nHeads());
        json.put("n_inner", config.dMlp());
        json.put("activation_function", "gelu");
        json.put("layer_norm_epsilon", config.normEpsilon());
        json.put("scale_attn_weights", true);
        json.put("tie_word_embeddings", true);
        json.put("bos_token_id", 0);
        json.put("eos_token_id", 0);
        json.put("resid_pdrop", 0);
        json.put("embd_pdrop", 0);
        json.put("attn_pdrop", 0);
        json.put("torch_dtype", "float32");
        return json;
    }
}
