package loupe.state.features;

import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.features.LogitMoments;
import loupe.index.FeatureStatistics;
import loupe.state.corpus.CountedShare;
import loupe.state.window.VocabularyTexts;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of the known values of a checkpoint's features; shared with the compute thread, never written. A column of
 * which no value is known is null.
 *
 * @param ofA whether the features are those of checkpoint A
 * @param counted how much of the corpus the statistics refer to
 */
record FeatureValues(
        int features,
        boolean ofA,
        DirectionNorms.@Nullable Answer norms,
        LogitMoments.@Nullable Answer moments,
        FeatureMatching.@Nullable Answer matching,
        double @Nullable [] trained,
        @Nullable FeatureStatistics statistics,
        CountedShare counted,
        @Nullable VocabularyTexts texts) {
    static final FeatureValues NONE =
            new FeatureValues(0, true, null, null, null, null, null, CountedShare.WHOLE, null);

    /** A number; NaN while it is not known. */
    double number(FeatureColumn column, int feature) {
        FeatureStatistics counted = statistics != null && feature < statistics.features() ? statistics : null;
        LogitMoments.Answer reached = moments != null && feature < moments.done() ? moments : null;
        DirectionNorms.Answer measured = norms != null && feature < norms.decoder().length ? norms : null;
        float[] matches = matching == null ? new float[0] : ofA ? matching.cosinesToB() : matching.cosinesToA();
        return switch (column) {
            case NUMBER -> feature;
            case DENSITY -> counted != null ? counted.density(feature) : Double.NaN;
            case TRAINED_DENSITY -> trained != null && feature < trained.length ? trained[feature] : Double.NaN;
            case MAX -> counted != null ? counted.max()[feature] : Double.NaN;
            case MEAN -> counted != null ? counted.mean(feature) : Double.NaN;
            case SPREAD -> counted != null ? counted.deviation(feature) : Double.NaN;
            case MIN -> counted != null ? counted.min()[feature] : Double.NaN;
            case ENCODER_NORM -> measured != null ? measured.encoder()[feature] : Double.NaN;
            case DECODER_NORM -> measured != null ? measured.decoder()[feature] : Double.NaN;
            case COSINE -> measured != null ? measured.cosines()[feature] : Double.NaN;
            case SKEWNESS -> reached != null ? reached.skewness()[feature] : Double.NaN;
            case KURTOSIS -> reached != null ? reached.kurtosis()[feature] : Double.NaN;
            case MATCH -> feature < matches.length ? matches[feature] : Double.NaN;
            case PROMOTED, LABEL, TAGS, STAR, NOTE, FOUND -> Double.NaN;
        };
    }

    /** How much of the corpus a column's numbers refer to: all of it if they are not counted over one. */
    CountedShare counted(FeatureColumn column) {
        return column.isCounted() && statistics != null ? counted : CountedShare.WHOLE;
    }

    /** A whole column. */
    double[] numbers(FeatureColumn column) {
        double[] numbers = new double[features];
        java.util.Arrays.setAll(numbers, feature -> number(column, feature));
        return numbers;
    }

    /** The tokens a feature promotes most, as text; empty while they are not known. */
    String promoted(int feature) {
        if (moments == null || texts == null || feature >= moments.done()) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        int[] tokens = moments.tokens(feature);
        for (int i = 0; i < Math.min(tokens.length, FeatureTableModel.PROMOTED_TOKENS); i++) {
            int token = tokens[i];
            text.append(text.isEmpty() ? "" : "  ").append(texts.of(token).strip());
        }
        return text.toString();
    }
}
