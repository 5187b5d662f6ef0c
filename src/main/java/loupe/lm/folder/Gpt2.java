package loupe.lm.folder;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.Wiring;
import loupe.lm.ParameterShapes;

/**
 * GPT-2: LayerNorm, learnt positions, attention then MLP, the unembedding tied to the embedding. Its names and layouts
 * are {@link LanguageModel}'s own. Files on the hub lack the prefix {@code transformer.} and carry causal masks as
 * {@code attn.bias}.
 *
 * @see <a href="https://github.com/huggingface/transformers/tree/v4.45.1/src/transformers/models/gpt2">GPT2Config</a>
 */
final class Gpt2 implements ModelFamily {
    private static final String PREFIX = "transformer.";
    private static final String EMBEDDING = PREFIX + "wte.weight";

    @Override
    public String modelType() {
        return "gpt2";
    }

    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(768, "n_embd", "hidden_size");
        int nLayers = file.layers(12, "n_layer", "num_hidden_layers");
        int nHeads = file.size(12, "n_head", "num_attention_heads");
        if (dModel % nHeads != 0) {
            throw file.refuse("n_embd is " + dModel + " and n_head " + nHeads, "n_embd to be a multiple of n_head");
        }
        if (file.flag(false, "add_cross_attention")) {
            throw file.refuse("add_cross_attention is true", "a model without an encoder");
        }
        int dHead = dModel / nHeads;
        boolean byLayer = file.flag(false, "scale_attn_by_inverse_layer_idx");
        double scale = file.flag(true, "scale_attn_weights") ? 1 / Math.sqrt(dHead) : 1;
        List<Double> scales = new ArrayList<>();
        for (int layer = 0; layer < nLayers; layer++) {
            scales.add(byLayer ? scale / (layer + 1) : scale);
        }
        return new ModelConfig(
                modelType(),
                file.size(50257, "vocab_size"),
                file.size(1024, "n_positions", "max_position_embeddings", "n_ctx"),
                dModel,
                nLayers,
                nHeads,
                nHeads,
                dHead,
                file.size(4 * dModel, "n_inner"),
                file.positive(1e-5, "layer_norm_epsilon"),
                ModelFamily.activation(file, "activation_function", "gelu_new"),
                scales,
                Wiring.GPT2);
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        String stored = tensors.prefixOf("ln_f.weight", PREFIX, "");
        tensors.claimEmbeddings(
                stored + "wte.weight",
                "lm_head.weight",
                file.flag(true, "tie_word_embeddings"),
                config.vocabularySize(),
                config.dModel());
        Map<String, Shape> required = ParameterShapes.required(config);
        required.remove(EMBEDDING);
        required.forEach((parameter, shape) ->
                tensors.claim(parameter, stored + parameter.substring(PREFIX.length()), shape.getShape()));
        for (Map.Entry<String, Shape> bias : ParameterShapes.optional(config).entrySet()) {
            if (bias.getKey().startsWith(PREFIX)) {
                tensors.claim(
                        bias.getKey(),
                        stored + bias.getKey().substring(PREFIX.length()),
                        bias.getValue().getShape());
            }
        }
        tensors.ignore(".attn.bias");
        tensors.ignore(".attn.masked_bias");
    }
}
