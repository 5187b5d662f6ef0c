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
 * Phi-3 and Phi-4 (mini): a Llama whose queries, keys and values lie in one matrix, and the gate and up branches of its
 * MLP in another; Phi-4-mini turns a part of each head only.
 *
 * @see <a href="https://github.com/huggingface/transformers/tree/v4.50.0/src/transformers/models/phi3">Phi3Config</a>
 */
final class Phi3 implements ModelFamily {
    @Override
    public String modelType() {
        return "phi3";
    }

    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(3072, "hidden_size");
        int nLayers = file.layers(32, "num_hidden_layers");
        int nHeads = file.size(32, "num_attention_heads");
        int dHead = ModelFamily.ownHeadWidth(file, dModel, nHeads);
        LayerAttention layer = new LayerAttention(
                1 / Math.sqrt(dHead),
                file.sizeOrNull(OptionalInt.empty(), "sliding_window"),
                Optional.of(RotarySettings.read(file, "full_attention", dHead, 10000, 1)));
        return new ModelConfig(
                modelType(),
                file.size(32064, "vocab_size"),
                file.size(4096, "max_position_embeddings"),
                dModel,
                nLayers,
                nHeads,
                ModelFamily.keyHeads(file, nHeads, nHeads),
                dHead,
                file.size(8192, "intermediate_size"),
                file.positive(1e-5, "rms_norm_eps"),
                ModelFamily.activation(file, "hidden_act", "silu"),
                Collections.nCopies(nLayers, layer),
                new Wiring(
                        NormKind.RMS_NORM,
                        PositionEmbedding.NONE,
                        BlockOrder.ATTENTION_THEN_MLP,
                        MlpKind.GATED,
                        Set.of()),
                Scaling.NONE);
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        int d = config.dModel();
        long queries = (long) config.nHeads() * config.dHead();
        long all = queries + 2L * config.nKeyValueHeads() * config.dHead();
        long dMlp = config.dMlp();
        LlamaTensors names = new LlamaTensors(
                config, tensors, LlamaTensors.prefix(tensors), 0, new LlamaTensors.Biases(false, false, false));
        names.claimUnembedding(file.flag(false, "tie_word_embeddings"), LlamaTensors.head(tensors));
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            String stored = names.from() + "layers." + layer + ".";
            String gateAndUp = stored + "mlp.gate_up_proj.weight";
            names.claimNorm(at + "ln_1", "layers." + layer + ".input_layernorm");
            tensors.claimLinear(at + "attn.c_attn", d, false, new Linear(stored + "self_attn.qkv_proj", all));
            tensors.claimLinear(at + "attn.c_proj", queries, false, new Linear(stored + "self_attn.o_proj", d));
            names.claimNorm(at + "ln_2", "layers." + layer + ".post_attention_layernorm");
            tensors.claimRows(at + "mlp.c_gate.weight", gateAndUp, d, 2 * dMlp, 0, dMlp);
            tensors.claimRows(at + "mlp.c_fc.weight", gateAndUp, d, 2 * dMlp, dMlp, dMlp);
            tensors.claimLinear(at + "mlp.c_proj", dMlp, false, new Linear(stored + "mlp.down_proj", d));
        }
        names.claimNorm("transformer.ln_f", "norm");
        tensors.ignore("self_attn.rotary_emb.inv_freq");
    }
}
