package loupe.lm.folder;

import java.util.Collections;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.lm.LayerAttention;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.BlockOrder;
import loupe.lm.ModelConfig.MlpActivation;
import loupe.lm.ModelConfig.MlpKind;
import loupe.lm.ModelConfig.NormKind;
import loupe.lm.ModelConfig.PositionEmbedding;
import loupe.lm.ModelConfig.Scaling;
import loupe.lm.ModelConfig.Wiring;
import loupe.lm.Rotary;
import loupe.lm.folder.StoredWeights.Linear;

/**
 * A model file of llama2.c: a Llama with Meta's names of tensors, whose heads turn in neighbouring pairs.
 *
 * @see <a href="https://github.com/karpathy/llama2.c/blob/master/run.c">llama2.c, run.c</a>
 */
final class Llama2c implements ModelFamily {
    @Override
    public String modelType() {
        return "llama2.c";
    }

    /** @param file the numbers of the header */
    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(0, "dim");
        int nLayers = file.layers(0, "n_layers");
        int nHeads = file.size(0, "n_heads");
        int dHead = ModelFamily.headWidth(file, dModel, nHeads);
        LayerAttention layer = new LayerAttention(
                1 / Math.sqrt(dHead), OptionalInt.empty(), Optional.of(Rotary.of(10000, dHead, true)));
        return new ModelConfig(
                modelType(),
                file.size(0, "vocab_size"),
                file.size(0, "seq_len"),
                dModel,
                nLayers,
                nHeads,
                file.size(0, "n_kv_heads"),
                dHead,
                file.size(0, "hidden_dim"),
                1e-5,
                MlpActivation.SILU,
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
        long keys = (long) config.nKeyValueHeads() * config.dHead();
        long dMlp = config.dMlp();
        tensors.claimEmbeddings(
                "tok_embeddings.weight", "output.weight", !tensors.has("output.weight"), config.vocabularySize(), d);
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            String stored = "layers." + layer + ".";
            tensors.claim(at + "ln_1.weight", stored + "attention_norm.weight", d);
            tensors.claimLinear(
                    at + "attn.c_attn",
                    d,
                    false,
                    new Linear(stored + "attention.wq", d),
                    new Linear(stored + "attention.wk", keys),
                    new Linear(stored + "attention.wv", keys));
            tensors.claimLinear(at + "attn.c_proj", d, false, new Linear(stored + "attention.wo", d));
            tensors.claim(at + "ln_2.weight", stored + "ffn_norm.weight", d);
            tensors.claimLinear(at + "mlp.c_gate", d, false, new Linear(stored + "feed_forward.w1", dMlp));
            tensors.claimLinear(at + "mlp.c_fc", d, false, new Linear(stored + "feed_forward.w3", dMlp));
            tensors.claimLinear(at + "mlp.c_proj", dMlp, false, new Linear(stored + "feed_forward.w2", d));
        }
        tensors.claim("transformer.ln_f.weight", "norm.weight", d);
        tensors.ignorePart("freqs_");
    }
}
