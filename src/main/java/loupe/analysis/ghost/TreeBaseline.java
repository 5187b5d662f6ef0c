package loupe.analysis.ghost;

/**
 * The baseline of a tree: what the model predicts without the feature.
 *
 * @param count number of random directions; of meaning for {@link Kind#RANDOM} only
 */
public record TreeBaseline(Kind kind, int count) {
    /** Kinds of baselines. */
    public enum Kind {
        /** No comparison. */
        NONE,
        /** The centroid of the embeddings in the ghost's place. */
        CENTROID,
        /**
         * Ghosts with random directions at the same scale, moved to the centroid if the ghost is; their mean
         * probability.
         */
        RANDOM,
        /** The prompt without the ghost's places. */
        EMPTY
    }

    public static final TreeBaseline NONE = new TreeBaseline(Kind.NONE, 0);
    public static final TreeBaseline CENTROID = new TreeBaseline(Kind.CENTROID, 1);
    public static final TreeBaseline EMPTY = new TreeBaseline(Kind.EMPTY, 1);

    /** The most random directions. */
    public static final int MOST_RANDOM = 10_000;

    public TreeBaseline {
        if (kind == Kind.RANDOM && (count < 1 || count > MOST_RANDOM)) {
            throw new IllegalArgumentException("count is " + count + ", must be 1 to " + MOST_RANDOM);
        }
    }

    /** This many random directions, drawn with seeds 0, 1, ... */
    public static TreeBaseline random(int count) {
        return new TreeBaseline(Kind.RANDOM, count);
    }

    /** How many ghosts the baseline consists of. */
    int lanes() {
        return kind == Kind.NONE ? 0 : count;
    }
}
