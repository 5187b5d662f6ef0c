package loupe.lm;

/** For which positions the unembedding is applied. It is the most expensive matrix of a small model. */
public enum Logits {
    /** Every position: (B, T, V). */
    ALL,
    /** The last position of each row: (B, 1, V). */
    LAST,
    /** None: the pass ends with the residual stream leaving the last block, (B, T, dModel). */
    NONE,
    /**
     * None: it ends with the residual stream leaving the last block at the last position of each row, (B, 1, dModel).
     */
    NONE_OF_LAST;

    /** Whether nothing behind the last block is asked for. */
    boolean endsWithResidual() {
        return this == NONE || this == NONE_OF_LAST;
    }

    /** Whether only the last position of each row is asked for. */
    boolean ofLastPosition() {
        return this == LAST || this == NONE_OF_LAST;
    }
}
