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
import loupe.lm.Rotary;
import loupe.lm.folder.StoredWeights.Linear;

/**
 * GPT-J: attention and MLP in parallel behind one LayerNorm, which becomes two equal ones; the first dimensions of each
 * head turn in neighbouring pairs; an unembedding of its own, with a bias.
 *
 * @see <a href="https://github.com/huggingface/transformers/tree/v4.45.1/src/transformers/models/gptj">GPTJConfig</a>
 */
final class GptJ implements ModelFamily {
    @Override
    public String modelType() {
        return "gptj";
    }

    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(4096, "n_embd", "hidden_size");
        int nLayers = file.layers(28, "n_layer", "num_hidden_layers");
        int nHeads = file.size(16, "n_head", "num_attention_heads");
        int dHead = ModelFamily.headWidth(file, dModel, nHeads);
        int turning = file.size(64, "rotary_dim");
        if (turning > dHead || turning % 2 != 0) {
            throw file.refuse(
                    "rotary_dim is " + turning, "an even number up to the " + dHead + " dimensions of a head");
        }
        LayerAttention layer = new LayerAttention(
                1 / Math.sqrt(dHead), OptionalInt.empty(), Optional.of(Rotary.of(10000, turning, true)));
        return new ModelConfig(
                modelType(),
                file.size(50400, "vocab_size"),
                file.size(2048, "n_positions", "max_position_embeddings"),
                dModel,
                nLayers,
                nHeads,
                nHeads,
                dHead,
                file.size(4 * dModel, "n_inner"),
                file.positive(1e-5, "layer_norm_epsilon"),
                ModelFamily.activation(file, "activation_function", "gelu_new"),
                Collections.nCopies(nLayers, layer),
                new Wiring(
                        NormKind.LAYER_NORM, PositionEmbedding.NONE, BlockOrder.PARALLEL, MlpKind.ONE_BRANCH, Set.of()),
                Scaling.NONE);
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        int d = config.dModel();
        String from = tensors.prefixOf("ln_f.weight", "transformer.", "");
        tensors.claimEmbeddings(
                from + "wte.weight",
                "lm_head.weight",
                file.flag(false, "tie_word_embeddings"),
                config.vocabularySize(),
                d);
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            String stored = from + "h." + layer + ".";
            tensors.claimAffineNorm(at + "ln_1", stored + "ln_1", d);
            tensors.claimAffineNorm(at + "ln_2", stored + "ln_1", d);
            tensors.claimLinear(
                    at + "attn.c_attn",
                    d,
                    false,
                    new Linear(stored + "attn.q_proj", d),
                    new Linear(stored + "attn.k_proj", d),
                    new Linear(stored + "attn.v_proj", d));
            tensors.claimLinear(at + "attn.c_proj", d, false, new Linear(stored + "attn.out_proj", d));
            tensors.claimLinear(at + "mlp.c_fc", d, true, new Linear(stored + "mlp.fc_in", config.dMlp()));
            tensors.claimLinear(at + "mlp.c_proj", config.dMlp(), true, new Linear(stored + "mlp.fc_out", d));
        }
        tensors.claimAffineNorm("transformer.ln_f", from + "ln_f", d);
        if (tensors.has("lm_head.bias")) {
            tensors.claim("lm_head.bias", "lm_head.bias", config.vocabularySize());
        }
        tensors.ignore(".attn.bias");
        tensors.ignore(".attn.masked_bias");
        tensors.ignore(".attn.scale_attn");
        tensors.ignore(".attn.embed_positions");
    }
}
