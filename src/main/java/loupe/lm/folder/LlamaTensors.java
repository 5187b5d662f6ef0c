package loupe.lm.folder;

import loupe.lm.ModelConfig;
import loupe.lm.folder.StoredWeights.Linear;

/**
 * The tensor names of Llama, which Mistral, Qwen and Gemma share.
 *
 * @param from prefix of all names but the unembedding's
 * @param gainPlus added to the gains of norms: 1 for Gemma, which stores them around 0
 */
record LlamaTensors(ModelConfig config, StoredWeights tensors, String from, float gainPlus, Biases biases) {
    /** Which matrices have biases. */
    record Biases(boolean queries, boolean out, boolean mlp) {
        /** The biases that a configuration file states: for all of attention, for all of the MLP, usually none. */
        static Biases of(ConfigFile file) {
            boolean attention = file.flag(false, "attention_bias");
            return new Biases(attention, attention, file.flag(false, "mlp_bias"));
        }
    }

    /** @param normBeforeMlp what the file calls the norm before the MLP */
    void claimLayer(int layer, String normBeforeMlp) {
        int d = config.dModel();
        long queries = (long) config.nHeads() * config.dHead();
        long keys = (long) config.nKeyValueHeads() * config.dHead();
        String at = "transformer.h." + layer + ".";
        String stored = "layers." + layer + ".";
        String attention = from + stored + "self_attn.";
        String mlp = from + stored + "mlp.";
        claimNorm(at + "ln_1", stored + "input_layernorm");
        tensors.claimLinear(
                at + "attn.c_attn",
                d,
                biases.queries,
                new Linear(attention + "q_proj", queries),
                new Linear(attention + "k_proj", keys),
                new Linear(attention + "v_proj", keys));
        tensors.claimLinear(at + "attn.c_proj", queries, biases.out, new Linear(attention + "o_proj", d));
        if (config.wiring().headNorms()) {
            tensors.claimPlus(gainPlus, at + "attn.q_norm.weight", attention + "q_norm.weight", config.dHead());
            tensors.claimPlus(gainPlus, at + "attn.k_norm.weight", attention + "k_norm.weight", config.dHead());
        }
        claimNorm(at + "ln_2", stored + normBeforeMlp);
        tensors.claimLinear(at + "mlp.c_gate", d, biases.mlp, new Linear(mlp + "gate_proj", config.dMlp()));
        tensors.claimLinear(at + "mlp.c_fc", d, biases.mlp, new Linear(mlp + "up_proj", config.dMlp()));
        tensors.claimLinear(at + "mlp.c_proj", config.dMlp(), biases.mlp, new Linear(mlp + "down_proj", d));
        tensors.ignore("self_attn.rotary_emb.inv_freq");
    }

    void claimNorm(String parameter, String stored) {
        tensors.claimPlus(gainPlus, parameter + ".weight", from + stored + ".weight", config.dModel());
    }

    /** @param head what the file calls the unembedding */
    void claimUnembedding(boolean tied, String head) {
        tensors.claimEmbeddings(from + "embed_tokens.weight", head, tied, config.vocabularySize(), config.dModel());
    }
}
