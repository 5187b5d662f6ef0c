package loupe.sae;

/** How pre-activations become feature activations. Parameters that are tensors (thresholds, gates) live with the weights. */
public sealed interface Activation {
    /** max(p, 0). */
    record Relu() implements Activation {}

    /** tanh(max(p, 0)), of SAELens before version 6. */
    record TanhRelu() implements Activation {}

    /**
     * The k largest per token; ties go to the lower index.
     *
     * @param relu whether negative values among the k become 0 (tokenized-sae keeps them, dictionary_learning does not)
     * @param byDecoderNorm whether the k are chosen by p times the decoder norm (SAELens rescale_acts_by_decoder_norm)
     */
    record TopK(int k, boolean relu, boolean byDecoderNorm) implements Activation {}

    /** max(p, 0) where it exceeds one threshold fixed after training, else 0. */
    record BatchTopK(int k, double threshold) implements Activation {}

    /** max(p, 0) where p exceeds the feature's own threshold, else 0. */
    record JumpRelu() implements Activation {}

    /** A gate path decides which features are on, a magnitude path how much. */
    record Gated() implements Activation {}
}
