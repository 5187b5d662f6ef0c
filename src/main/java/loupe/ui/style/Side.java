package loupe.ui.style;

/** Which of the two checkpoints something belongs to; each has one colour everywhere. */
public enum Side {
    A,
    B
}
