package loupe.ui;

/** Which of the two checkpoints something belongs to; each has one colour everywhere. */
public enum Side {
    A,
    B
}
