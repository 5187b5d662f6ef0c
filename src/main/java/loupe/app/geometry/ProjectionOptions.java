package loupe.app.geometry;

import loupe.analysis.lens.LogitProjection;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import picocli.CommandLine.Option;

/** The options that say how directions are turned into logit weights. */
public abstract class ProjectionOptions {
    @Option(
            names = "--cosines",
            description = "Give cosines instead of logit weights, so that tokens of large norm do not win.")
    private boolean cosines;

    @Option(
            names = "--drop-norm-percentile",
            paramLabel = "Q",
            defaultValue = "100",
            description = "Leave out tokens whose unembedding is longer than this percentile of all "
                    + "(default: ${DEFAULT-VALUE}).")
    @OptionRange(most = 100)
    private double percentile;

    /** How it is done. */
    public abstract LogitProjection projection();

    /** With the gain and the centring given. */
    LogitProjection projection(boolean gain, boolean centred) {
        return new LogitProjection(gain, centred, cosines, percentile);
    }

    /** Of commands for all features, where one word says what is folded into the unembedding. */
    public static final class Folded extends ProjectionOptions {
        @Option(
                names = "--fold",
                paramLabel = "WHAT",
                defaultValue = "gain",
                description = "What the unembedding is multiplied with first: none, gain (of the final norm) or "
                        + "gain-centred (then the mean over the vocabulary is subtracted; default: ${DEFAULT-VALUE}).")
        private String fold;

        @Override
        public LogitProjection projection() {
            return switch (fold) {
                case "none" -> projection(false, false);
                case "gain" -> projection(true, false);
                case "gain-centred" -> projection(true, true);
                default -> throw new UsageException("--fold is " + fold + ", expected none, gain or gain-centred");
            };
        }
    }

    /** Of commands for one feature. */
    public static final class OfOne extends ProjectionOptions {
        @Option(names = "--no-gain", description = "Leave out the gain of the final norm.")
        private boolean noGain;

        @Option(names = "--centred", description = "Subtract the mean over the vocabulary.")
        private boolean centred;

        @Override
        public LogitProjection projection() {
            return projection(!noGain, centred);
        }
    }
}
