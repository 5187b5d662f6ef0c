package loupe.lm.folder;

import java.util.Collections;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.lm.LayerAttention;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.BlockOrder;
import loupe.lm.ModelConfig.MlpKind;
import loupe.lm.ModelConfig.NormKind;
import loupe.lm.ModelConfig.PositionEmbedding;
import loupe.lm.ModelConfig.Scaling;
import loupe.lm.ModelConfig.Wiring;
import loupe.lm.folder.StoredWeights.Linear;

/**
 * GPT-NeoX and Pythia: LayerNorm, rotary positions on part of each head, attention and MLP in parallel or one after the
 * other, an unembedding of its own. Queries, keys and values lie together, head by head.
 *
 * @see <a href="https://github.com/huggingface/transformers/tree/v4.45.1/src/transformers/models/gpt_neox">GPT-NeoX</a>
 */
final class GptNeoX implements ModelFamily {
    @Override
    public String modelType() {
        return "gpt_neox";
    }

    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(6144, "hidden_size");
        int nLayers = file.layers(44, "num_hidden_layers");
        int nHeads = file.size(64, "num_attention_heads");
        int dHead = ModelFamily.headWidth(file, dModel, nHeads);
        LayerAttention layer = new LayerAttention(
                1 / Math.sqrt(dHead),
                OptionalInt.empty(),
                Optional.of(RotarySettings.read(file, "full_attention", dHead, 10000, 0.25)));
        return new ModelConfig(
                modelType(),
                file.size(50432, "vocab_size"),
                file.size(2048, "max_position_embeddings"),
                dModel,
                nLayers,
                nHeads,
                nHeads,
                dHead,
                file.size(24576, "intermediate_size"),
                file.positive(1e-5, "layer_norm_eps"),
                ModelFamily.activation(file, "hidden_act", "gelu"),
                Collections.nCopies(nLayers, layer),
                new Wiring(
                        NormKind.LAYER_NORM,
                        PositionEmbedding.NONE,
                        file.flag(true, "use_parallel_residual") ? BlockOrder.PARALLEL : BlockOrder.ATTENTION_THEN_MLP,
                        MlpKind.ONE_BRANCH,
                        Set.of()),
                Scaling.NONE);
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        int d = config.dModel();
        boolean biased = file.flag(true, "attention_bias");
        String from = tensors.prefixOf("final_layer_norm.weight", "", "gpt_neox.");
        tensors.claimEmbeddings(
                from + "embed_in.weight",
                "embed_out.weight",
                file.flag(false, "tie_word_embeddings"),
                config.vocabularySize(),
                d);
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            String stored = from + "layers." + layer + ".";
            tensors.claimAffineNorm(at + "ln_1", stored + "input_layernorm", d);
            tensors.claimByHead(
                    at + "attn.c_attn",
                    stored + "attention.query_key_value",
                    d,
                    biased,
                    config.nHeads(),
                    config.dHead());
            tensors.claimLinear(at + "attn.c_proj", d, biased, new Linear(stored + "attention.dense", d));
            tensors.claimAffineNorm(at + "ln_2", stored + "post_attention_layernorm", d);
            tensors.claimLinear(at + "mlp.c_fc", d, true, new Linear(stored + "mlp.dense_h_to_4h", config.dMlp()));
            tensors.claimLinear(at + "mlp.c_proj", config.dMlp(), true, new Linear(stored + "mlp.dense_4h_to_h", d));
        }
        tensors.claimAffineNorm("transformer.ln_f", from + "final_layer_norm", d);
        tensors.ignore(".attention.bias");
        tensors.ignore(".attention.masked_bias");
        tensors.ignore("rotary_emb.inv_freq");
    }
}
