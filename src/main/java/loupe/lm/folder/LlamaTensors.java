package loupe.lm.folder;

import java.util.Set;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.ExtraNorm;
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

    /** What is before all names of the text model, which may be a part of one that also sees. */
    static String prefix(StoredWeights tensors) {
        return tensors.prefixOf("norm.weight", "language_model.model.", "model.language_model.", "", "model.");
    }

    /** The unembedding's name, beside or in the text model. */
    static String head(StoredWeights tensors) {
        return tensors.has("language_model.lm_head.weight") ? "language_model.lm_head.weight" : "lm_head.weight";
    }

    /** @param normBeforeMlp what the file calls the norm before the MLP */
    void claimLayer(int layer, String normBeforeMlp) {
        claimNorm("transformer.h." + layer + ".ln_1", "layers." + layer + ".input_layernorm");
        claimAttention(layer);
        claimNorm("transformer.h." + layer + ".ln_2", "layers." + layer + "." + normBeforeMlp);
        claimMlp(layer);
    }

    /** The attention of a layer, with the norms of queries and keys that have one gain for all heads, or one vector. */
    void claimAttention(int layer) {
        long queries = (long) config.nHeads() * config.dHead();
        long keys = (long) config.nKeyValueHeads() * config.dHead();
        String at = "transformer.h." + layer + ".attn.";
        String attention = from + "layers." + layer + ".self_attn.";
        tensors.claimLinear(
                at + "c_attn",
                config.dModel(),
                biases.queries,
                new Linear(attention + "q_proj", queries),
                new Linear(attention + "k_proj", keys),
                new Linear(attention + "v_proj", keys));
        tensors.claimLinear(at + "c_proj", queries, biases.out, new Linear(attention + "o_proj", config.dModel()));
        Set<ExtraNorm> norms = config.wiring().extraNorms();
        boolean all = norms.contains(ExtraNorm.ALL_QUERIES_AND_ALL_KEYS);
        if (all || norms.contains(ExtraNorm.QUERIES_AND_KEYS)) {
            tensors.claimPlus(
                    gainPlus, at + "q_norm.weight", attention + "q_norm.weight", all ? queries : config.dHead());
            tensors.claimPlus(gainPlus, at + "k_norm.weight", attention + "k_norm.weight", all ? keys : config.dHead());
        }
        tensors.ignore("self_attn.rotary_emb.inv_freq");
    }

    void claimMlp(int layer) {
        int d = config.dModel();
        String at = "transformer.h." + layer + ".mlp.";
        String mlp = from + "layers." + layer + ".mlp.";
        tensors.claimLinear(at + "c_gate", d, biases.mlp, new Linear(mlp + "gate_proj", config.dMlp()));
        tensors.claimLinear(at + "c_fc", d, biases.mlp, new Linear(mlp + "up_proj", config.dMlp()));
        tensors.claimLinear(at + "c_proj", config.dMlp(), biases.mlp, new Linear(mlp + "down_proj", d));
    }

    void claimNorm(String parameter, String stored) {
        tensors.claimPlus(gainPlus, parameter + ".weight", from + stored + ".weight", config.dModel());
    }

    /** @param head what the file calls the unembedding */
    void claimUnembedding(boolean tied, String head) {
        tensors.claimEmbeddings(from + "embed_tokens.weight", head, tied, config.vocabularySize(), config.dModel());
    }
}
