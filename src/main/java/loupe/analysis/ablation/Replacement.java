package loupe.analysis.ablation;

/** What becomes of a token that is ablated. */
public sealed interface Replacement {
    /** It is taken away, so that what follows moves up by one position. */
    record Removed() implements Replacement {}

    /**
     * Another token stands in its place, the same for all.
     *
     * @param token its id
     */
    record By(int token) implements Replacement {}

    /**
     * The token that the model itself holds for the likeliest there, after what comes before it in the text as it is;
     * where that is the token that stands there, the next likeliest. The first token of a text has nothing before it
     * and always stays.
     */
    record NextBest() implements Replacement {}

    /** Takes tokens away. */
    Replacement REMOVED = new Removed();

    /** Puts the model's own next best tokens there. */
    Replacement NEXT_BEST = new NextBest();
}
