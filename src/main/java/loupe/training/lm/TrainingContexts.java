package loupe.training.lm;

/** An endless, repeatable stream of training contexts. */
public interface TrainingContexts {
    Batch next(int rows);

    Position position();

    /** Continues from a position. */
    void goTo(Position position);

    /**
     * The contexts of one step, with what is to be predicted.
     *
     * @param inputs token ids, (rows, context)
     * @param places where in {@code inputs}, taken as one row, the next token counts in the loss
     * @param targets the next token at each of them, or equally many for each, one place's after the other's
     */
    record Batch(long[] inputs, long[] places, long[] targets) {}

    /**
     * The state needed to resume later.
     *
     * @param cursor what has been shown of this epoch
     * @param contexts how many contexts have been shown in all
     */
    record Position(int epoch, int cursor, long contexts) {
        public static final Position START = new Position(0, 0, 0);
    }
}
