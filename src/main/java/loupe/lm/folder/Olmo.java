package loupe.lm.folder;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.lm.LayerAttention;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.BlockOrder;
import loupe.lm.ModelConfig.BranchInput;
import loupe.lm.ModelConfig.ExtraNorm;
import loupe.lm.ModelConfig.MlpKind;
import loupe.lm.ModelConfig.NormKind;
import loupe.lm.ModelConfig.PositionEmbedding;
import loupe.lm.ModelConfig.Scaling;
import loupe.lm.ModelConfig.Wiring;
import loupe.lm.Rotary;

/**
 * OLMo 2 and 3: as Llama, but attention and MLP read the residual stream itself and what they give is normalised before
 * it is added; the queries of all heads are normalised together, and so are the keys. OLMo 3 has a window on three of
 * four layers, and the extension of its context, if there is one, on the others only: so it was trained, though
 * transformers 5.0 to 5.12 extend all.
 *
 * @see <a href="https://github.com/huggingface/transformers/tree/v4.57.0/src/transformers/models/olmo3">Olmo3Config</a>
 */
final class Olmo implements ModelFamily {
    /** 2 or 3. */
    private final int generation;

    private Olmo(int generation) {
        this.generation = generation;
    }

    static List<ModelFamily> all() {
        return List.of(new Olmo(2), new Olmo(3));
    }

    @Override
    public String modelType() {
        return "olmo" + generation;
    }

    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(4096, "hidden_size");
        int nLayers = file.layers(32, "num_hidden_layers");
        int nHeads = file.size(32, "num_attention_heads");
        int dHead = ModelFamily.ownHeadWidth(file, dModel, nHeads);
        return new ModelConfig(
                modelType(),
                file.size(50304, "vocab_size"),
                file.size(2048, "max_position_embeddings"),
                dModel,
                nLayers,
                nHeads,
                ModelFamily.keyHeads(file, nHeads, nHeads),
                dHead,
                file.size(11008, "intermediate_size"),
                file.positive(1e-5, "rms_norm_eps"),
                ModelFamily.activation(file, "hidden_act", "silu"),
                layers(file, nLayers, dHead),
                new Wiring(
                        NormKind.RMS_NORM,
                        PositionEmbedding.NONE,
                        BlockOrder.ATTENTION_THEN_MLP,
                        MlpKind.GATED,
                        BranchInput.RESIDUAL,
                        Set.of(ExtraNorm.OUTPUTS, ExtraNorm.ALL_QUERIES_AND_ALL_KEYS)),
                Scaling.NONE);
    }

    private List<LayerAttention> layers(ConfigFile file, int nLayers, int dHead) {
        Rotary global = RotarySettings.read(file, "full_attention", dHead, 10000, 1);
        Rotary local = generation == 2 ? global : RotarySettings.ofWindows(file, dHead, 10000);
        OptionalInt window =
                generation == 2 ? OptionalInt.empty() : file.sizeOrNull(OptionalInt.of(4096), "sliding_window");
        List<LayerAttention> layers = new ArrayList<>();
        for (int layer = 0; layer < nLayers; layer++) {
            boolean isLocal =
                    generation == 3 && ModelFamily.isLocal(file, layer, nLayers).orElse((layer + 1) % 4 != 0);
            layers.add(new LayerAttention(
                    1 / Math.sqrt(dHead),
                    isLocal ? window : OptionalInt.empty(),
                    Optional.of(isLocal ? local : global)));
        }
        return layers;
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        LlamaTensors names =
                new LlamaTensors(config, tensors, LlamaTensors.prefix(tensors), 0, LlamaTensors.Biases.of(file));
        names.claimUnembedding(file.flag(false, "tie_word_embeddings"), LlamaTensors.head(tensors));
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            names.claimAttention(layer);
            names.claimNorm(at + "ln_1_out", "layers." + layer + ".post_attention_layernorm");
            names.claimMlp(layer);
            names.claimNorm(at + "ln_2_out", "layers." + layer + ".post_feedforward_layernorm");
        }
        names.claimNorm("transformer.ln_f", "norm");
    }
}
