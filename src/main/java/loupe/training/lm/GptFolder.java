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
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("architectures", List.of("GPT2LMHeadModel"));
        said.put("model_type", "gpt2");
        said.put("vocab_size", config.vocabularySize());
        said.put("n_positions", config.context());
        said.put("n_embd", config.dModel());
        said.put("n_layer", config.nLayers());
        said.put("n_head", config.nHeads());
        said.put("n_inner", config.dMlp());
        said.put("activation_function", "gelu");
        said.put("layer_norm_epsilon", config.normEpsilon());
        said.put("scale_attn_weights", true);
        said.put("tie_word_embeddings", true);
        said.put("bos_token_id", 0);
        said.put("eos_token_id", 0);
        said.put("resid_pdrop", 0);
        said.put("embd_pdrop", 0);
        said.put("attn_pdrop", 0);
        said.put("torch_dtype", "float32");
        return said;
    }
}
