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
 * Gemma 1 to 3, text only. Over Llama: embeddings times sqrt(dModel), norms whose stored gain is one less, the tanh
 * form of gelu. Gemma 2 adds norms on what is added to the residual stream, limits on scores and logits, and a window
 * on every other layer; Gemma 3 has norms per head in place of the limits, and another base of rotation on layers with
 * a window.
 *
 * @see <a href="https://github.com/huggingface/transformers/tree/v4.50.0/src/transformers/models/gemma3">Gemma 3</a>
 */
final class Gemma implements ModelFamily {
    private final String modelType;
    /** 1, 2 or 3. */
    private final int generation;

    private Gemma(String modelType, int generation) {
        this.modelType = modelType;
        this.generation = generation;
    }

    /** All generations; {@code gemma3} also takes images, and only its text part is read. */
    static List<ModelFamily> all() {
        return List.of(
                new Gemma("gemma", 1), new Gemma("gemma2", 2), new Gemma("gemma3_text", 3), new Gemma("gemma3", 3));
    }

    @Override
    public String modelType() {
        return modelType;
    }

    @Override
    public ModelConfig config(ConfigFile whole) {
        ConfigFile file = text(whole);
        if (file.flag(false, "use_bidirectional_attention")) {
            throw file.refuse(
                    "use_bidirectional_attention is true", "a model in which tokens see only those before them");
        }
        boolean first = generation == 1;
        int dModel = file.size(first ? 3072 : 2304, "hidden_size");
        int nLayers = file.layers(first ? 28 : 26, "num_hidden_layers");
        int nHeads = file.size(first ? 16 : 8, "num_attention_heads");
        int dHead = file.size(256, "head_dim");
        Scaling scaling = new Scaling(
                Math.sqrt(dModel),
                first ? OptionalDouble.empty() : file.limitOrNull(usual(50), "attn_logit_softcapping"),
                first ? OptionalDouble.empty() : file.limitOrNull(usual(30), "final_logit_softcapping"));
        return new ModelConfig(
                modelType,
                file.size(generation == 3 ? 262208 : 256000, "vocab_size"),
                file.size(generation == 3 ? 131072 : 8192, "max_position_embeddings"),
                dModel,
                nLayers,
                nHeads,
                ModelFamily.keyHeads(file, nHeads, first ? 16 : 4),
                dHead,
                file.size(first ? 24576 : 9216, "intermediate_size"),
                file.positive(1e-6, "rms_norm_eps"),
                ModelFamily.activation(file, "hidden_activation", "gelu_pytorch_tanh"),
                layers(file, nLayers, dHead),
                new Wiring(
                        NormKind.RMS_NORM,
                        PositionEmbedding.NONE,
                        BlockOrder.ATTENTION_THEN_MLP,
                        MlpKind.GATED,
                        extraNorms()),
                scaling);
    }

    private static ConfigFile text(ConfigFile whole) {
        return whole.within("text_config").orElse(whole);
    }

    private Set<ExtraNorm> extraNorms() {
        return switch (generation) {
            case 1 -> Set.of();
            case 2 -> Set.of(ExtraNorm.OUTPUTS);
            default -> Set.of(ExtraNorm.OUTPUTS, ExtraNorm.QUERIES_AND_KEYS);
        };
    }

    private OptionalDouble usual(double limit) {
        return generation == 2 ? OptionalDouble.of(limit) : OptionalDouble.empty();
    }

    private List<LayerAttention> layers(ConfigFile file, int nLayers, int dHead) {
        double scale = 1 / Math.sqrt(generation == 1 ? dHead : file.positive(256, "query_pre_attn_scalar"));
        Rotary global = RotarySettings.read(file, "full_attention", dHead, generation == 3 ? 1e6 : 1e4, 1);
        Rotary local = generation < 3
                ? global
                : file.within("rope_parameters").isPresent()
                        ? RotarySettings.read(file, "sliding_attention", dHead, 1e4, 1)
                        : Rotary.of(file.positive(1e4, "rope_local_base_freq"), dHead, false);
        OptionalInt window =
                generation == 1 ? OptionalInt.empty() : file.sizeOrNull(OptionalInt.of(4096), "sliding_window");
        int pattern = generation == 3 ? file.size(6, "sliding_window_pattern", "_sliding_window_pattern") : 2;
        List<LayerAttention> layers = new ArrayList<>();
        for (int layer = 0; layer < nLayers; layer++) {
            boolean isLocal =
                    generation > 1 && ModelFamily.isLocal(file, layer, nLayers).orElse((layer + 1) % pattern != 0);
            layers.add(new LayerAttention(
                    scale, isLocal ? window : OptionalInt.empty(), Optional.of(isLocal ? local : global)));
        }
        return layers;
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        LlamaTensors names =
                new LlamaTensors(config, tensors, LlamaTensors.prefix(tensors), 1, LlamaTensors.Biases.of(text(file)));
        names.claimUnembedding(
                file.flag(text(file).flag(true, "tie_word_embeddings"), "tie_word_embeddings"),
                LlamaTensors.head(tensors));
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            String stored = "layers." + layer + ".";
            names.claimLayer(layer, generation == 1 ? "post_attention_layernorm" : "pre_feedforward_layernorm");
            if (config.wiring().outputNorms()) {
                names.claimNorm(at + "ln_1_out", stored + "post_attention_layernorm");
                names.claimNorm(at + "ln_2_out", stored + "post_feedforward_layernorm");
            }
        }
        names.claimNorm("transformer.ln_f", "norm");
        tensors.ignorePart("vision_tower.");
        tensors.ignorePart("multi_modal_projector.");
    }
}
