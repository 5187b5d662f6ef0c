package loupe.app.geometry;

import loupe.analysis.lens.KindThresholds;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.base.NumberRange;
import picocli.CommandLine.Option;

/** The options that say from where on a feature is of a kind. */
@OptionSection("Kinds of features")
public final class KindOptions {
    @Option(
            names = "--prediction-skew",
            paramLabel = "S",
            defaultValue = "" + KindThresholds.PREDICTION_SKEW,
            description = "Prediction: skew above S (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = -NumberRange.LARGEST, most = NumberRange.LARGEST)
    private double prediction;

    @Option(
            names = "--suppression-skew",
            paramLabel = "S",
            defaultValue = "" + KindThresholds.SUPPRESSION_SKEW,
            description = "Suppression: skew below S (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = -NumberRange.LARGEST, most = NumberRange.LARGEST)
    private double suppression;

    @Option(
            names = "--partition-skew",
            paramLabel = "S",
            defaultValue = "" + KindThresholds.PARTITION_SKEW,
            description = "Partition: skew between -S and S, and the next (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = NumberRange.LARGEST)
    private double partition;

    @Option(
            names = "--partition-enrichment",
            paramLabel = "E",
            defaultValue = "" + KindThresholds.PARTITION_ENRICHMENT,
            description = "Partition: enrichment of the tokens with a leading space or a capital, of either sign, at "
                    + "least E (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = 1)
    private double enrichment;

    /** The thresholds. */
    public KindThresholds thresholds() {
        return new KindThresholds(prediction, suppression, partition, enrichment);
    }
}
