package loupe.index;

import java.util.stream.IntStream;

/**
 * Co-activation of one feature with every feature of a dictionary, its own or another one over the same corpus. With N
 * counted tokens, x the activation of the feature and y that of another, all measures follow from counts, sums, sums of
 * squares and the sum of products, and are exact over all N tokens, not only where something is active. A feature is
 * active where its activation is not 0; negative ones enter sums with their signs. Definitions:
 * {@code src/site/markdown/methods.md}, section 5.
 *
 * @param feature the feature asked about
 * @param ownDictionary whether the others are of the same dictionary, so that the feature itself is among them
 * @param count tokens at which x is not 0
 * @param sum of x
 * @param sumOfSquares of x
 * @param others statistics of the others
 * @param both for each other feature, tokens at which both are active; not to be written
 * @param products for each, the sum of x y; not to be written
 */
public record CoActivations(
        int feature,
        boolean ownDictionary,
        long count,
        double sum,
        double sumOfSquares,
        FeatureStatistics others,
        long[] both,
        double[] products) {
    /** Variances up to this fraction of the mean square are rounding errors and count as 0. */
    private static final double ROUNDING = 1e-12;

    /** What pairs of features can be ranked by. */
    public enum Measure {
        /** {@link CoActivations#both}. */
        BOTH,
        /** {@link CoActivations#shareOfFeature}. */
        SHARE_OF_FEATURE,
        /** {@link CoActivations#shareOfOther}. */
        SHARE_OF_OTHER,
        /** {@link CoActivations#jaccard}. */
        JACCARD,
        /** {@link CoActivations#phi}. */
        PHI,
        /** {@link CoActivations#pearson}. */
        PEARSON,
        /** {@link CoActivations#cosine}. */
        COSINE
    }

    /** The counted tokens N. */
    public long tokens() {
        return others.corpusTokens();
    }

    /**
     * The fraction of the feature's active tokens at which the other is active too; NaN if the feature is never active.
     */
    public double shareOfFeature(int other) {
        return (double) both[other] / count;
    }

    /**
     * The fraction of the other's active tokens at which the feature is active too; NaN if the other is never active.
     */
    public double shareOfOther(int other) {
        return (double) both[other] / others.count()[other];
    }

    /** Tokens at which both are active in relation to tokens at which at least one is; NaN if there are none. */
    public double jaccard(int other) {
        return (double) both[other] / (count + others.count()[other] - both[other]);
    }

    /** Correlation of being active, -1 to 1; NaN if one of the two is active never or always. */
    public double phi(int other) {
        return correlation(both[other], count, count, others.count()[other], others.count()[other]);
    }

    /** Pearson correlation of the activations, -1 to 1; NaN if one of the two has the same activation everywhere. */
    public double pearson(int other) {
        return correlation(products[other], sum, sumOfSquares, others.sum()[other], others.sumOfSquares()[other]);
    }

    /** Cosine of the activations as vectors over the tokens, -1 to 1; NaN if one of the two is never active. */
    public double cosine(int other) {
        return products[other] / Math.sqrt(sumOfSquares * others.sumOfSquares()[other]);
    }

    private double correlation(double xy, double x, double xx, double y, double yy) {
        double n = tokens();
        double varianceX = xx - x * x / n;
        double varianceY = yy - y * y / n;
        boolean varies = varianceX > ROUNDING * xx && varianceY > ROUNDING * yy;
        return varies ? Math.max(-1, Math.min(1, (xy - x * y / n) / Math.sqrt(varianceX * varianceY))) : Double.NaN;
    }

    public double value(Measure measure, int other) {
        return switch (measure) {
            case BOTH -> both[other];
            case SHARE_OF_FEATURE -> shareOfFeature(other);
            case SHARE_OF_OTHER -> shareOfOther(other);
            case JACCARD -> jaccard(other);
            case PHI -> phi(other);
            case PEARSON -> pearson(other);
            case COSINE -> cosine(other);
        };
    }

    /**
     * The features with the largest values of a measure, without this one; ties by number.
     *
     * @param atLeast tokens that a feature must have in common with this one, 1 or more; rare features have large
     *     shares by chance
     */
    public int[] top(Measure measure, int n, long atLeast) {
        return Ranking.largest(
                IntStream.range(0, both.length)
                        .filter(other -> both[other] >= Math.max(1, atLeast) && !(ownDictionary && other == feature)),
                other -> value(measure, other),
                n);
    }
}
