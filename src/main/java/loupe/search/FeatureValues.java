package loupe.search;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.analysis.batch.BatchRow;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.lens.FeatureKind;
import loupe.analysis.lens.KindThresholds;
import loupe.analysis.lens.LogitMoments;
import loupe.index.FeatureStatistics;
import loupe.sae.checkpoint.SaeFile;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a checkpoint's features, one column a measure; not to be written, any thread. A column of which no
 * value is known is null.
 *
 * @param features of the checkpoint
 * @param matches the cosine of each with its nearest feature of another checkpoint
 * @param trained the density of each in training, by the checkpoint's files
 * @param costs what ablating each adds to the loss, NaN for those that were not measured
 * @param nearest which decoder direction is nearest to each
 * @param kinds from where on a feature is of a kind
 * @param token the text of a token
 */
public record FeatureValues(
        int features,
        DirectionNorms.@Nullable Answer norms,
        LogitMoments.@Nullable Answer moments,
        float @Nullable [] matches,
        double @Nullable [] trained,
        @Nullable FeatureStatistics statistics,
        double @Nullable [] costs,
        @Nullable NearestFeatures nearest,
        KindThresholds kinds,
        IntFunction<String> token) {
    /** No features. */
    public static final FeatureValues NONE = new FeatureValues(
            0, null, null, null, null, null, null, null, KindThresholds.DEFAULT, id -> "<" + id + ">");

    private static final int PROMOTED_SHOWN = 4;

    /** The densities that a checkpoint's files give its features in training: only SAELens writes them. */
    public static double[] trainedDensities(SaeFile file) {
        float[] logarithms = file.logSparsity().orElse(new float[0]);
        double[] densities = new double[logarithms.length];
        Arrays.setAll(densities, i -> Math.pow(10, logarithms[i]));
        return densities;
    }

    /** What a batch has measured of ablating each feature; NaN for those of which it says nothing. */
    public static double[] costs(List<BatchRow> rows, int features) {
        double[] costs = new double[features];
        Arrays.fill(costs, Double.NaN);
        rows.stream().filter(row -> row.feature() < features).forEach(row -> costs[row.feature()] = row.ceCost());
        return costs;
    }

    /** The cosines of one checkpoint's features with the nearest of the other. */
    public static float @Nullable [] matches(FeatureMatching.@Nullable Answer matching, boolean ofA) {
        return matching == null ? null : ofA ? matching.cosinesToB() : matching.cosinesToA();
    }

    /** A number; NaN while it is not known, and in columns of texts. That of a kind is its place among them. */
    @SuppressWarnings("EnumOrdinal") // what filters compare
    public double number(FeatureColumn column, int feature) {
        FeatureStatistics counted = statistics != null && feature < statistics.features() ? statistics : null;
        LogitMoments.Answer reached = moments != null && feature < moments.done() ? moments : null;
        DirectionNorms.Answer measured = norms != null && feature < norms.decoder().length ? norms : null;
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
            case LOGIT_MEAN -> reached != null ? reached.mean()[feature] : Double.NaN;
            case LOGIT_SPREAD -> reached != null ? reached.deviation()[feature] : Double.NaN;
            case ENTROPY -> reached != null ? reached.entropy()[feature] : Double.NaN;
            case TWO_SIDED -> reached != null ? reached.twoSidedMass()[feature] : Double.NaN;
            case KIND -> kind(feature).map(kind -> (double) kind.ordinal()).orElse(Double.NaN);
            case MATCH -> matches != null && feature < matches.length ? matches[feature] : Double.NaN;
            case CE_COST -> costs != null && feature < costs.length ? costs[feature] : Double.NaN;
            case NEAREST_COSINE -> nearest != null ? nearest.cosine(feature) : Double.NaN;
            case NEAREST -> nearest != null ? nearest.nearest(feature) : Double.NaN;
            case IN_DEGREE -> nearest != null ? nearest.inDegree(feature) : Double.NaN;
            case PROMOTED, LABEL, TAGS, STAR, NOTE, FOUND -> Double.NaN;
        };
    }

    /** The kind of a feature; empty while it is not known. */
    public Optional<FeatureKind> kind(int feature) {
        return moments == null || feature >= moments.done()
                ? Optional.empty()
                : Optional.of(kinds.kind(moments, feature));
    }

    /** A whole column. */
    public double[] numbers(FeatureColumn column) {
        double[] numbers = new double[features];
        Arrays.setAll(numbers, feature -> number(column, feature));
        return numbers;
    }

    /** The tokens a feature promotes most, as text; empty while they are not known. */
    public String promoted(int feature) {
        return promoted(moments, token, feature);
    }

    /** The same of moments alone. */
    public static String promoted(LogitMoments.@Nullable Answer moments, IntFunction<String> token, int feature) {
        return moments == null || feature >= moments.done()
                ? ""
                : IntStream.of(moments.tokens(feature))
                        .limit(PROMOTED_SHOWN)
                        .mapToObj(id -> token.apply(id).strip())
                        .collect(Collectors.joining("  "));
    }
}
