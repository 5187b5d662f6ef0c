package loupe.lm.folder;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.IntStream;
import loupe.lm.LayerAttention;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.Scaling;
import loupe.lm.ModelConfig.Wiring;
import loupe.lm.folder.StoredWeights.Linear;

/**
 * GPT-Neo, and so TinyStories: GPT-2 with attention scores that are not scaled and, on every other layer, a window.
 *
 * @see <a
 *     href="https://github.com/huggingface/transformers/tree/v4.45.1/src/transformers/models/gpt_neo">GPTNeoConfig</a>
 */
final class GptNeo implements ModelFamily {
    @Override
    public String modelType() {
        return "gpt_neo";
    }

    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(2048, "hidden_size");
        int nLayers = file.layers(24, "num_layers", "num_hidden_layers");
        int nHeads = file.size(16, "num_heads", "num_attention_heads");
        int dHead = ModelFamily.headWidth(file, dModel, nHeads);
        OptionalInt window = OptionalInt.of(file.size(256, "window_size"));
        List<LayerAttention> layers = new ArrayList<>();
        for (String kind : kinds(file, nLayers)) {
            layers.add(new LayerAttention(1, kind.equals("local") ? window : OptionalInt.empty(), Optional.empty()));
        }
        return new ModelConfig(
                modelType(),
                file.size(50257, "vocab_size"),
                file.size(2048, "max_position_embeddings"),
                dModel,
                nLayers,
                nHeads,
                nHeads,
                dHead,
                file.size(4 * dModel, "intermediate_size"),
                file.positive(1e-5, "layer_norm_epsilon"),
                ModelFamily.activation(file, "activation_function", "gelu_new"),
                layers,
                Wiring.GPT2,
                Scaling.NONE);
    }

    /**
     * One entry per layer: {@code attention_types} is a list of pairs, a list of kinds and how often it is repeated.
     */
    private static List<String> kinds(ConfigFile file, int nLayers) {
        List<String> kinds = new ArrayList<>(file.texts("attention_layers"));
        if (file.json().hasNonNull("attention_types")) {
            kinds.clear();
            for (JsonNode pair : file.json().get("attention_types")) {
                for (int times = 0;
                        times < pair.path(1).asInt() && times < nLayers && kinds.size() <= nLayers;
                        times++) {
                    pair.path(0).forEach(kind -> kinds.add(kind.asText()));
                }
            }
        } else if (kinds.isEmpty()) {
            IntStream.range(0, nLayers).forEach(layer -> kinds.add(layer % 2 == 0 ? "global" : "local"));
        }
        if (kinds.size() != nLayers || !List.of("global", "local").containsAll(kinds)) {
            throw file.refuse(
                    "attention_types stands for " + kinds.size() + " layers of the kinds " + new TreeSet<>(kinds),
                    nLayers + " layers, each global or local");
        }
        return kinds;
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        int d = config.dModel();
        String from = tensors.prefixOf("ln_f.weight", "transformer.", "");
        tensors.claimEmbeddings(
                from + "wte.weight",
                "lm_head.weight",
                file.flag(true, "tie_word_embeddings"),
                config.vocabularySize(),
                d);
        tensors.claim("transformer.wpe.weight", from + "wpe.weight", config.context(), d);
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            String stored = from + "h." + layer + ".";
            String attention = stored + "attn.attention.";
            tensors.claimAffineNorm(at + "ln_1", stored + "ln_1", d);
            tensors.claimLinear(
                    at + "attn.c_attn",
                    d,
                    false,
                    new Linear(attention + "q_proj", d),
                    new Linear(attention + "k_proj", d),
                    new Linear(attention + "v_proj", d));
            tensors.claimLinear(at + "attn.c_proj", d, true, new Linear(attention + "out_proj", d));
            tensors.claimAffineNorm(at + "ln_2", stored + "ln_2", d);
            tensors.claimLinear(at + "mlp.c_fc", d, true, new Linear(stored + "mlp.c_fc", config.dMlp()));
            tensors.claimLinear(at + "mlp.c_proj", config.dMlp(), true, new Linear(stored + "mlp.c_proj", d));
        }
        tensors.claimAffineNorm("transformer.ln_f", from + "ln_f", d);
        tensors.ignore(".attn.attention.bias");
        tensors.ignore(".attn.attention.masked_bias");
    }
}
