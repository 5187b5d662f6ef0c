package loupe.lm;

/** Which of two weight conventions, equal in what the model predicts, the activations follow. */
public enum Processing {
    /** The weights as published; activations equal Hugging Face's. */
    RAW,
    /**
     * TransformerLens 2.8 {@code from_pretrained} with its defaults, in this order: fold layer norms, centre writing
     * weights, centre the unembedding (unless logits are limited), fold value biases. The residual stream of a
     * LayerNorm model then has mean zero.
     */
    PROCESSED
}
