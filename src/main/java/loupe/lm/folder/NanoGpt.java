package loupe.lm.folder;

import java.util.Collections;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.MlpActivation;
import loupe.lm.ModelConfig.Wiring;
import loupe.lm.folder.StoredWeights.Linear;

/**
 * A checkpoint of nanoGPT, {@code {model, model_args, config, ...}} in one file: a GPT-2 with the exact form of gelu,
 * whose matrices lie as torch's Linear has them, and which may have no biases at all.
 *
 * @see <a href="https://github.com/karpathy/nanoGPT/blob/master/model.py">nanoGPT, model.py</a>
 */
final class NanoGpt implements ModelFamily {
    @Override
    public String modelType() {
        return "nanogpt";
    }

    /** @param file the {@code model_args} */
    @Override
    public ModelConfig config(ConfigFile file) {
        int dModel = file.size(768, "n_embd");
        int nLayers = file.layers(12, "n_layer");
        int nHeads = file.size(12, "n_head");
        if (dModel % nHeads != 0) {
            throw file.refuse("n_embd is " + dModel + " and n_head " + nHeads, "n_embd to be a multiple of n_head");
        }
        int dHead = dModel / nHeads;
        return new ModelConfig(
                modelType(),
                file.size(50304, "vocab_size"),
                file.size(1024, "block_size"),
                dModel,
                nLayers,
                nHeads,
                nHeads,
                dHead,
                4 * dModel,
                1e-5,
                MlpActivation.GELU,
                Collections.nCopies(nLayers, 1 / Math.sqrt(dHead)),
                Wiring.GPT2);
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        int d = config.dModel();
        boolean biased = file.flag(true, "bias");
        String from = tensors.prefixOf("ln_f.weight", "transformer.");
        tensors.claimEmbeddings(from + "wte.weight", "lm_head.weight", true, config.vocabularySize(), d);
        tensors.claim("transformer.wpe.weight", from + "wpe.weight", config.context(), d);
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            String stored = from + "h." + layer + ".";
            claimNorm(tensors, at + "ln_1", stored + "ln_1", d, biased);
            tensors.claimLinear(at + "attn.c_attn", d, biased, new Linear(stored + "attn.c_attn", 3L * d));
            tensors.claimLinear(at + "attn.c_proj", d, biased, new Linear(stored + "attn.c_proj", d));
            claimNorm(tensors, at + "ln_2", stored + "ln_2", d, biased);
            tensors.claimLinear(at + "mlp.c_fc", d, biased, new Linear(stored + "mlp.c_fc", config.dMlp()));
            tensors.claimLinear(at + "mlp.c_proj", config.dMlp(), biased, new Linear(stored + "mlp.c_proj", d));
        }
        claimNorm(tensors, "transformer.ln_f", from + "ln_f", d, biased);
        tensors.ignore(".attn.bias");
        tensors.ignorePart("optimizer.");
    }

    private static void claimNorm(StoredWeights tensors, String parameter, String stored, int width, boolean biased) {
        if (biased) {
            tensors.claimAffineNorm(parameter, stored, width);
        } else {
            tensors.claim(parameter + ".weight", stored + ".weight", width);
            tensors.claimZeros(parameter + ".bias", width);
        }
    }
}
