package loupe.lm.folder;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import loupe.lm.LayerAttention;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.BlockOrder;
import loupe.lm.ModelConfig.ExtraNorm;
import loupe.lm.ModelConfig.MlpKind;
import loupe.lm.ModelConfig.NormKind;
import loupe.lm.ModelConfig.PositionEmbedding;
import loupe.lm.ModelConfig.Scaling;
import loupe.lm.ModelConfig.Wiring;
import loupe.lm.Rotary;

/**
 * Llama and those built like it: RMSNorm, rotary positions, grouped-query attention, a gated MLP. Mistral adds a
 * window, Qwen 2 biases of queries, keys and values, Qwen 3 norms of each head's queries and keys; SmolLM 3 leaves some
 * layers without rotation; Granite multiplies embeddings, scores, what is added to the residual stream, and logits by
 * numbers of its configuration. Ministral 3 makes queries longer beyond its original context, which is where its
 * context ends here.
 *
 * @see <a href="https://github.com/huggingface/transformers/tree/v4.45.1/src/transformers/models/llama">LlamaConfig</a>
 */
final class Llama implements ModelFamily {
    private final String modelType;
    private final Defaults defaults;

    /**
     * What the family's configuration class in transformers has where config.json is silent.
     *
     * @param nKeyValueHeads 0 for as many as heads
     * @param dHead 0 if the heads share dModel
     * @param ropeBase of rotary frequencies
     * @param tied whether the unembedding is the embedding
     */
    private record Defaults(
            int vocabularySize, int context, int dMlp, int nKeyValueHeads, int dHead, double ropeBase, boolean tied) {}

    private Llama(String modelType, Defaults defaults) {
        this.modelType = modelType;
        this.defaults = defaults;
    }

    /** Llama and its likes, with the defaults of their configuration classes in transformers. */
    static List<Llama> all() {
        return List.of(
                new Llama("llama", new Defaults(32000, 2048, 11008, 0, 0, 1e4, false)),
                new Llama("mistral", new Defaults(32000, 131072, 14336, 8, 0, 1e4, false)),
                new Llama("ministral", new Defaults(32000, 131072, 14336, 8, 0, 1e4, false)),
                new Llama("ministral3", new Defaults(131072, 262144, 14336, 8, 128, 1e6, false)),
                new Llama("qwen2", new Defaults(151936, 32768, 22016, 32, 0, 1e4, false)),
                new Llama("qwen3", new Defaults(151936, 32768, 22016, 32, 128, 1e4, false)),
                new Llama("smollm3", new Defaults(128256, 32768, 11008, 4, 0, 2e6, true)),
                new Llama("granite", new Defaults(32000, 2048, 11008, 0, 0, 1e4, false)));
    }

    @Override
    public String modelType() {
        return modelType;
    }

    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(modelType.equals("smollm3") ? 2048 : 4096, "hidden_size");
        int nLayers = file.layers(usualLayers(), "num_hidden_layers");
        int nHeads = file.size(modelType.equals("smollm3") ? 16 : 32, "num_attention_heads");
        int headWidth = defaults.dHead > 0
                ? file.size(defaults.dHead, "head_dim")
                : ModelFamily.ownHeadWidth(file, dModel, nHeads);
        int keyHeads =
                ModelFamily.keyHeads(file, nHeads, defaults.nKeyValueHeads > 0 ? defaults.nKeyValueHeads : nHeads);
        Rotary rotary = RotarySettings.read(file, "full_attention", headWidth, defaults.ropeBase, 1);
        boolean granite = modelType.equals("granite");
        double scale = granite ? file.positive(1, "attention_multiplier") : 1 / Math.sqrt(headWidth);
        List<LayerAttention> layers = new ArrayList<>();
        for (int layer = 0; layer < nLayers; layer++) {
            layers.add(new LayerAttention(
                    scale,
                    window(file, layer, nLayers),
                    turns(file, layer, nLayers) ? Optional.of(rotary) : Optional.empty()));
        }
        return new ModelConfig(
                modelType,
                file.size(defaults.vocabularySize, "vocab_size"),
                context(file),
                dModel,
                nLayers,
                nHeads,
                keyHeads,
                headWidth,
                file.size(defaults.dMlp, "intermediate_size"),
                file.positive(modelType.equals("ministral3") ? 1e-5 : 1e-6, "rms_norm_eps"),
                ModelFamily.activation(file, "hidden_act", "silu"),
                layers,
                new Wiring(
                        NormKind.RMS_NORM,
                        PositionEmbedding.NONE,
                        BlockOrder.ATTENTION_THEN_MLP,
                        MlpKind.GATED,
                        modelType.equals("qwen3") ? Set.of(ExtraNorm.QUERIES_AND_KEYS) : Set.of()),
                granite
                        ? new Scaling(
                                file.positive(1, "embedding_multiplier"),
                                file.positive(1, "residual_multiplier"),
                                OptionalDouble.empty(),
                                OptionalDouble.empty())
                        : Scaling.NONE);
    }

    private int usualLayers() {
        return switch (modelType) {
            case "ministral3" -> 34;
            case "smollm3" -> 36;
            default -> 32;
        };
    }

    /** Up to its original context Ministral 3's queries are as long as any; beyond they grow with the position. */
    private int context(ConfigFile file) {
        int whole = file.size(defaults.context, "max_position_embeddings");
        if (!modelType.equals("ministral3")) {
            return whole;
        }
        ConfigFile parameters = file.within("rope_parameters")
                .orElseThrow(() -> file.refuse("rope_parameters is missing", "the rotary settings of a Ministral 3"));
        return parameters.number(0, "llama_4_scaling_beta") == 0
                ? whole
                : Math.min(whole, parameters.size(whole, "original_max_position_embeddings"));
    }

    private OptionalInt window(ConfigFile file, int layer, int nLayers) {
        return switch (modelType) {
            case "mistral" -> file.sizeOrNull(OptionalInt.of(4096), "sliding_window");
            case "ministral" ->
                ModelFamily.isLocal(file, layer, nLayers).orElse(true)
                        ? file.sizeOrNull(OptionalInt.of(4096), "sliding_window")
                        : OptionalInt.empty();
            case "ministral3" -> file.sizeOrNull(OptionalInt.empty(), "sliding_window");
            case "qwen2", "qwen3" -> {
                OptionalInt window = file.flag(false, "use_sliding_window")
                        ? file.sizeOrNull(OptionalInt.of(4096), "sliding_window")
                        : OptionalInt.empty();
                boolean local =
                        ModelFamily.isLocal(file, layer, nLayers).orElse(layer >= file.number(28, "max_window_layers"));
                yield local ? window : OptionalInt.empty();
            }
            case "smollm3" -> {
                OptionalInt window = file.flag(false, "use_sliding_window")
                        ? file.sizeOrNull(OptionalInt.empty(), "sliding_window")
                        : OptionalInt.empty();
                boolean local = ModelFamily.isLocal(file, layer, nLayers).orElse(!turns(file, layer, nLayers));
                yield local ? window : OptionalInt.empty();
            }
            default -> OptionalInt.empty();
        };
    }

    /** Whether a layer turns its queries and keys: of SmolLM 3 every fourth does not, unless a list says which. */
    private boolean turns(ConfigFile file, int layer, int nLayers) {
        if (!modelType.equals("smollm3")) {
            return true;
        }
        // 1 where the layer turns, whatever the key's name says
        List<String> turning = file.texts("no_rope_layers");
        if (turning.isEmpty()) {
            return (layer + 1) % file.size(4, "no_rope_layer_interval") != 0;
        }
        if (turning.size() != nLayers) {
            throw file.refuse(
                    "no_rope_layers has " + turning.size() + " entries", "one for each of " + nLayers + " layers");
        }
        return !turning.get(layer).equals("0");
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        locate(config, file, tensors, file.flag(defaults.tied, "tie_word_embeddings"));
    }

    /** The same where another configuration decides whether the unembedding is the embedding. */
    void locate(ModelConfig config, ConfigFile file, StoredWeights tensors, boolean tied) {
        LlamaTensors.Biases biases =
                modelType.equals("qwen2") ? new LlamaTensors.Biases(true, false, false) : LlamaTensors.Biases.of(file);
        LlamaTensors names = new LlamaTensors(config, tensors, LlamaTensors.prefix(tensors), 0, biases);
        names.claimUnembedding(tied, LlamaTensors.head(tensors));
        for (int layer = 0; layer < config.nLayers(); layer++) {
            names.claimLayer(layer, "post_attention_layernorm");
        }
        if (modelType.equals("granite")) {
            // logits divided by a number are those of a final norm with smaller gains
            tensors.claimTimes(
                    (float) (1 / file.positive(1, "logits_scaling")),
                    "transformer.ln_f.weight",
                    names.from() + "norm.weight",
                    config.dModel());
        } else {
            names.claimNorm("transformer.ln_f", "norm");
        }
    }
}
