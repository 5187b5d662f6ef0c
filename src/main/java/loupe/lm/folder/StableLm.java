package loupe.lm.folder;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.lm.LayerAttention;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.BlockOrder;
import loupe.lm.ModelConfig.ExtraNorm;
import loupe.lm.ModelConfig.MlpKind;
import loupe.lm.ModelConfig.NormKind;
import loupe.lm.ModelConfig.PositionEmbedding;
import loupe.lm.ModelConfig.Scaling;
import loupe.lm.ModelConfig.Wiring;

/**
 * StableLM: a Llama with LayerNorms, of whose heads a part turns. Attention and MLP may run in parallel behind one
 * norm, which becomes two equal ones, and each head's queries and keys may be normalised with a gain of its own.
 *
 * @see <a href="https://github.com/huggingface/transformers/tree/v4.50.0/src/transformers/models/stablelm">StableLM</a>
 */
final class StableLm implements ModelFamily {
    @Override
    public String modelType() {
        return "stablelm";
    }

    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(2560, "hidden_size");
        int nLayers = file.layers(32, "num_hidden_layers");
        int nHeads = file.size(32, "num_attention_heads");
        int dHead = ModelFamily.headWidth(file, dModel, nHeads);
        LayerAttention layer = new LayerAttention(
                1 / Math.sqrt(dHead),
                OptionalInt.empty(),
                Optional.of(RotarySettings.read(file, "full_attention", dHead, 10000, 0.25)));
        return new ModelConfig(
                modelType(),
                file.size(50304, "vocab_size"),
                file.size(4096, "max_position_embeddings"),
                dModel,
                nLayers,
                nHeads,
                ModelFamily.keyHeads(file, nHeads, nHeads),
                dHead,
                file.size(6912, "intermediate_size"),
                file.positive(1e-5, "layer_norm_eps"),
                ModelFamily.activation(file, "hidden_act", "silu"),
                Collections.nCopies(nLayers, layer),
                new Wiring(
                        NormKind.LAYER_NORM,
                        PositionEmbedding.NONE,
                        isParallel(file) ? BlockOrder.PARALLEL : BlockOrder.ATTENTION_THEN_MLP,
                        MlpKind.GATED,
                        file.flag(false, "qk_layernorm") ? Set.of(ExtraNorm.QUERIES_AND_KEYS_BY_HEAD) : Set.of()),
                Scaling.NONE);
    }

    private static boolean isParallel(ConfigFile file) {
        return file.flag(false, "use_parallel_residual");
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        int d = config.dModel();
        LlamaTensors names = new LlamaTensors(
                config,
                tensors,
                LlamaTensors.prefix(tensors),
                0,
                new LlamaTensors.Biases(file.flag(false, "use_qkv_bias"), false, false));
        names.claimUnembedding(file.flag(false, "tie_word_embeddings"), LlamaTensors.head(tensors));
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            String stored = names.from() + "layers." + layer + ".";
            tensors.claimAffineNorm(at + "ln_1", stored + "input_layernorm", d);
            names.claimAttention(layer);
            if (config.wiring().headNorms()) {
                claimHeadNorm(tensors, at + "attn.q_norm", stored + "self_attn.q_layernorm", config.nHeads(), config);
                claimHeadNorm(
                        tensors, at + "attn.k_norm", stored + "self_attn.k_layernorm", config.nKeyValueHeads(), config);
            }
            tensors.claimAffineNorm(
                    at + "ln_2", stored + (isParallel(file) ? "input_layernorm" : "post_attention_layernorm"), d);
            names.claimMlp(layer);
        }
        tensors.claimAffineNorm("transformer.ln_f", names.from() + "norm", d);
    }

    private static void claimHeadNorm(
            StoredWeights tensors, String parameter, String stored, int heads, ModelConfig config) {
        List<String> gains = IntStream.range(0, heads)
                .mapToObj(head -> stored + ".norms." + head + ".weight")
                .toList();
        tensors.claimStacked(parameter + ".weight", gains, config.dHead());
        tensors.claimZeros(parameter + ".bias", heads, config.dHead());
    }
}
