package loupe.lm.folder;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
 * window, Qwen 2 biases of queries, keys and values, Qwen 3 norms of each head's queries and keys.
 *
 * @see <a href="https://github.com/huggingface/transformers/tree/v4.45.1/src/transformers/models/llama">LlamaConfig</a>
 */
final class Llama implements ModelFamily {
    private final String modelType;
    private final int vocabularySize;
    private final int context;
    private final int dMlp;
    /** Default number of key-value heads in the family's configuration class; 0 for as many as heads. */
    private final int nKeyValueHeads;
    /** Default width of a head; 0 if the heads share dModel. */
    private final int dHead;

    private Llama(String modelType, int vocabularySize, int context, int dMlp, int nKeyValueHeads, int dHead) {
        this.modelType = modelType;
        this.vocabularySize = vocabularySize;
        this.context = context;
        this.dMlp = dMlp;
        this.nKeyValueHeads = nKeyValueHeads;
        this.dHead = dHead;
    }

    /** Llama and its likes, with the defaults of their configuration classes in transformers. */
    static List<ModelFamily> all() {
        return List.of(
                new Llama("llama", 32000, 2048, 11008, 0, 0),
                new Llama("mistral", 32000, 131072, 14336, 8, 0),
                new Llama("qwen2", 151936, 32768, 22016, 32, 0),
                new Llama("qwen3", 151936, 32768, 22016, 32, 128));
    }

    @Override
    public String modelType() {
        return modelType;
    }

    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(4096, "hidden_size");
        int nLayers = file.layers(32, "num_hidden_layers");
        int nHeads = file.size(32, "num_attention_heads");
        int headWidth = dHead > 0
                ? file.size(dHead, "head_dim")
                : file.json().hasNonNull("head_dim")
                        ? file.size(0, "head_dim")
                        : ModelFamily.headWidth(file, dModel, nHeads);
        int keyHeads = ModelFamily.keyHeads(file, nHeads, nKeyValueHeads > 0 ? nKeyValueHeads : nHeads);
        Rotary rotary = RotarySettings.read(file, "full_attention", headWidth, 10000, 1);
        List<LayerAttention> layers = new ArrayList<>();
        for (int layer = 0; layer < nLayers; layer++) {
            layers.add(new LayerAttention(1 / Math.sqrt(headWidth), window(file, layer, nLayers), Optional.of(rotary)));
        }
        return new ModelConfig(
                modelType,
                file.size(vocabularySize, "vocab_size"),
                file.size(context, "max_position_embeddings"),
                dModel,
                nLayers,
                nHeads,
                keyHeads,
                headWidth,
                file.size(dMlp, "intermediate_size"),
                file.positive(1e-6, "rms_norm_eps"),
                ModelFamily.activation(file, "hidden_act", "silu"),
                layers,
                new Wiring(
                        NormKind.RMS_NORM,
                        PositionEmbedding.NONE,
                        BlockOrder.ATTENTION_THEN_MLP,
                        MlpKind.GATED,
                        modelType.equals("qwen3") ? Set.of(ExtraNorm.QUERIES_AND_KEYS) : Set.of()),
                Scaling.NONE);
    }

    private OptionalInt window(ConfigFile file, int layer, int nLayers) {
        return switch (modelType) {
            case "mistral" -> file.sizeOrNull(OptionalInt.of(4096), "sliding_window");
            case "qwen2", "qwen3" -> {
                OptionalInt window = file.flag(false, "use_sliding_window")
                        ? file.sizeOrNull(OptionalInt.of(4096), "sliding_window")
                        : OptionalInt.empty();
                boolean local =
                        ModelFamily.isLocal(file, layer, nLayers).orElse(layer >= file.number(28, "max_window_layers"));
                yield local ? window : OptionalInt.empty();
            }
            default -> OptionalInt.empty();
        };
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        LlamaTensors.Biases biases =
                modelType.equals("qwen2") ? new LlamaTensors.Biases(true, false, false) : LlamaTensors.Biases.of(file);
        LlamaTensors names =
                new LlamaTensors(config, tensors, tensors.prefixOf("norm.weight", "", "model."), 0, biases);
        names.claimUnembedding(file.flag(false, "tie_word_embeddings"), "lm_head.weight");
        for (int layer = 0; layer < config.nLayers(); layer++) {
            names.claimLayer(layer, "post_attention_layernorm");
        }
        names.claimNorm("transformer.ln_f", "norm");
    }
}
