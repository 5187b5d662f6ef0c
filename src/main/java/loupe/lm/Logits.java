package loupe.lm;

/** For which positions the unembedding is applied. It is the most expensive matrix of a small model. */
public enum Logits {
    /** Every position: (B, T, V). */
    ALL,
    /** The last position of each row: (B, 1, V). */
    LAST,
    /** None: the pass ends with the residual stream leaving the last block, (B, T, dModel). */
    NONE
}
