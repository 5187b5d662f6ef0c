package loupe.state.window;

/** Which of the two checkpoints that can be open at once something belongs to; each has one colour everywhere. */
public enum Side {
    /** The checkpoint that the feature table lists. */
    A,
    /** The checkpoint that is compared with A and follows it. */
    B
}
