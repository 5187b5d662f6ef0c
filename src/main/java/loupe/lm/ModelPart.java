package loupe.lm;

import java.util.Set;

/**
 * The parts in which a model's parameters are read: what lists of tokens need, and what a forward pass needs besides.
 */
public enum ModelPart {
    /** {@link Embeddings}: embedding, unembedding and the norm before it. */
    EMBEDDINGS,
    /** The blocks, and the embedding of positions. */
    LAYERS;

    private static final Set<String> IN_EMBEDDINGS = Set.of(
            Embeddings.EMBEDDING,
            Embeddings.UNEMBEDDING,
            "lm_head.bias",
            Embeddings.FINAL_GAIN,
            "transformer.ln_f.bias");

    /** Whether a parameter, by {@link LanguageModel}'s name, is of this part. */
    public boolean has(String parameter) {
        return IN_EMBEDDINGS.contains(parameter) == (this == EMBEDDINGS);
    }
}
