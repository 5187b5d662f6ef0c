package loupe.state.features;

import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.features.LogitMoments;
import loupe.index.FeatureStatistics;
import loupe.state.window.VocabularyTexts;

/**
 * What is known of a checkpoint's features at one moment; shared with the compute thread, never written. Null stands
 * for what is not known of any feature.
 *
 * @param ofA whether the features are those of checkpoint A
 */
record FeatureValues(
        int features,
        boolean ofA,
        DirectionNorms.Answer norms,
        LogitMoments.Answer moments,
        FeatureMatching.Answer matching,
        FeatureStatistics statistics,
        VocabularyTexts texts) {
    static final FeatureValues NONE = new FeatureValues(0, true, null, null, null, null, null);

    /** A number; NaN while it is not known. */
    double number(FeatureColumn column, int feature) {
        boolean counted = statistics != null && feature < statistics.features();
        boolean reached = moments != null && feature < moments.done();
        boolean measured = norms != null && feature < norms.decoder().length;
        float[] matches = matching == null ? new float[0] : ofA ? matching.cosinesToB() : matching.cosinesToA();
        return switch (column) {
            case NUMBER -> feature;
            case DENSITY -> counted ? statistics.density(feature) : Double.NaN;
            case MAX -> counted ? statistics.max()[feature] : Double.NaN;
            case MEAN -> counted ? statistics.mean(feature) : Double.NaN;
            case SPREAD -> counted ? statistics.deviation(feature) : Double.NaN;
            case MIN -> counted ? statistics.minPositive()[feature] : Double.NaN;
            case ENCODER_NORM -> measured ? norms.encoder()[feature] : Double.NaN;
            case DECODER_NORM -> measured ? norms.decoder()[feature] : Double.NaN;
            case COSINE -> measured ? norms.cosines()[feature] : Double.NaN;
            case SKEWNESS -> reached ? moments.skewness()[feature] : Double.NaN;
            case KURTOSIS -> reached ? moments.kurtosis()[feature] : Double.NaN;
            case MATCH -> feature < matches.length ? matches[feature] : Double.NaN;
            case PROMOTED -> Double.NaN;
        };
    }

    /** A whole column. */
    double[] numbers(FeatureColumn column) {
        double[] numbers = new double[features];
        java.util.Arrays.setAll(numbers, feature -> number(column, feature));
        return numbers;
    }

    /** The tokens a feature promotes most, as text; empty while they are not known. */
    String promoted(int feature) {
        if (moments == null || feature >= moments.done()) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        for (int token : moments.tokens(feature)) {
            text.append(text.isEmpty() ? "" : "  ").append(texts.of(token).strip());
        }
        return text.toString();
    }
}
