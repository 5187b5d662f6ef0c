package loupe.index;

import java.util.stream.IntStream;

/**
 * Activations of every feature at the tokens of one id. Negative ones count as positive ones do, with their signs, and
 * rank by their absolute value.
 *
 * @param id token id
 * @param occurrences counted tokens that have it
 * @param statistics of the features over the whole corpus
 * @param count for each feature, tokens of this id at which it is active; not to be written
 * @param sum for each, of its activations at tokens of this id; not to be written
 * @param mass for each, of their absolute values; not to be written
 * @param max for each, the strongest of them, with its sign; 0 if it is never active there; not to be written
 */
public record TokenFeatures(
        int id,
        long occurrences,
        FeatureStatistics statistics,
        long[] count,
        double[] sum,
        double[] mass,
        float[] max) {
    /** What features can be ranked by. */
    public enum Measure {
        /** {@link TokenFeatures#mean}. */
        MEAN,
        /** {@link TokenFeatures#share}. */
        SHARE,
        /** {@link TokenFeatures#max}. */
        MAX,
        /** {@link TokenFeatures#shareOfFeature}. */
        SHARE_OF_FEATURE,
        /** {@link TokenFeatures#massOfFeature}. */
        MASS_OF_FEATURE
    }

    /** Mean activation at tokens of this id, those at which it is 0 included; NaN if the id does not occur. */
    public double mean(int feature) {
        return sum[feature] / occurrences;
    }

    /** Fraction of the tokens of this id at which the feature is active; NaN if the id does not occur. */
    public double share(int feature) {
        return (double) count[feature] / occurrences;
    }

    /** The fraction of the tokens at which the feature is active that have this id; NaN if it is never active. */
    public double shareOfFeature(int feature) {
        return (double) count[feature] / statistics.count()[feature];
    }

    /**
     * The fraction of the sum of the feature's absolute activations that is at tokens of this id; NaN if it is never
     * active.
     */
    public double massOfFeature(int feature) {
        return mass[feature] / statistics.mass()[feature];
    }

    public double value(Measure measure, int feature) {
        return switch (measure) {
            case MEAN -> mean(feature);
            case SHARE -> share(feature);
            case MAX -> max[feature];
            case SHARE_OF_FEATURE -> shareOfFeature(feature);
            case MASS_OF_FEATURE -> massOfFeature(feature);
        };
    }

    /** The features active at this id with the values that are furthest from 0, in that order; ties by number. */
    public int[] top(Measure measure, int n) {
        return Ranking.largest(
                IntStream.range(0, count.length).filter(feature -> count[feature] > 0),
                feature -> Math.abs(value(measure, feature)),
                n);
    }
}
