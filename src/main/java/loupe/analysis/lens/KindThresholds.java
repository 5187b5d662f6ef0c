package loupe.analysis.lens;

/**
 * From where on a feature is of a kind. The published number is that of prediction; the others are suggestions.
 *
 * @param prediction a skewness above this makes a feature one of prediction
 * @param suppression one below this one of suppression
 * @param partition one between minus this and this, with {@code enrichment}, one of partition
 * @param enrichment the least score, of either sign, of the tokens with a leading space or of those with a capital
 * @see <a href="https://www.lesswrong.com/posts/qykrYY6rXXM7EEs8Q">Bloom and Lin 2024</a>
 */
public record KindThresholds(double prediction, double suppression, double partition, double enrichment) {
    public static final double PREDICTION_SKEW = 3;
    public static final double SUPPRESSION_SKEW = -1;
    public static final double PARTITION_SKEW = 0.3;
    public static final double PARTITION_ENRICHMENT = 0.5;

    public static final KindThresholds DEFAULT =
            new KindThresholds(PREDICTION_SKEW, SUPPRESSION_SKEW, PARTITION_SKEW, PARTITION_ENRICHMENT);

    /**
     * The kind of a feature.
     *
     * @param skewness NaN if all weights are equal
     * @param split the larger score, by magnitude, of leading spaces and capitals; NaN if there are no such sets
     */
    public FeatureKind kind(double skewness, double split) {
        if (skewness > prediction) {
            return FeatureKind.PREDICTION;
        }
        if (skewness < suppression) {
            return FeatureKind.SUPPRESSION;
        }
        return Math.abs(skewness) < partition && Math.abs(split) >= enrichment
                ? FeatureKind.PARTITION
                : FeatureKind.UNKNOWN;
    }

    /**
     * The kind of a feature that has been reached.
     *
     * @param of moments with the scores of leading spaces and capitals; without, no feature is one of partition
     */
    public FeatureKind kind(LogitMoments.Answer of, int feature) {
        double split = Double.NaN;
        for (int s = 0; s < of.sets().size(); s++) {
            String name = of.sets().get(s);
            if (name.equals(TokenSets.LEADING_SPACE) || name.equals(TokenSets.CAPITAL)) {
                double score = Math.abs(of.score(feature, s));
                split = Double.isNaN(split) ? score : Math.max(split, score);
            }
        }
        return kind(of.skewness()[feature], split);
    }
}
