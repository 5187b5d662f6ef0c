package loupe.app.geometry;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import loupe.analysis.Fit;
import loupe.analysis.lens.LogitWeights;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code logits}: the tokens that a feature promotes and suppresses, as the pane "Logit weights" shows them. */
@Command(
        name = "logits",
        description = "List the tokens whose logits a feature's decoder direction raises and lowers most.")
public final class LogitsCommand extends LoupeCommand<LogitsCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint that has the feature.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(names = "--feature", required = true, paramLabel = "I", description = "Index of the feature, from 0.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int feature;

    @Mixin
    private ProjectionOptions.OfOne projected;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "30",
            description = "Tokens listed at each end (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int top;

    @Override
    public Result run(CommandContext context) {
        OpenSae checkpoint = reading.open(context, sae, "--sae");
        if (feature >= checkpoint.config().dSae()) {
            throw new UsageException("--feature is " + feature + ", the features of " + sae + " are 0 to "
                    + (checkpoint.config().dSae() - 1));
        }
        OpenModel opened = model.openEmbeddings(context);
        SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfitOfGhost(), checkpoint, opened);
        LogitWeights.Answer answer =
                context.ask(new LogitWeights(opened.id(), checkpoint.id(), feature, projected.projection(), top));
        return new Result(
                rows(opened, answer.promoted(), answer.promotedWeights()),
                rows(opened, answer.suppressed(), answer.suppressedWeights()),
                new Moments(
                        answer.moments().mean(),
                        answer.moments().deviation(),
                        answer.moments().skewness(),
                        answer.moments().kurtosis(),
                        answer.moments().entropy(),
                        answer.moments().twoSidedMass()));
    }

    private static List<Row> rows(OpenModel model, int[] ids, float[] weights) {
        return IntStream.range(0, ids.length)
                .mapToObj(i -> new Row(ids[i], ModelOptions.text(model, ids[i]), weights[i]))
                .toList();
    }

    /**
     * The result that is printed.
     *
     * @param promoted tokens of the largest weights, largest first
     * @param suppressed tokens of the smallest weights, smallest first
     * @param moments of the weights of all tokens
     */
    record Result(List<Row> promoted, List<Row> suppressed, Moments moments) {}

    /** A token and its logit weight, or its cosine. */
    record Row(int id, String token, float weight) {}

    /**
     * Moments over the vocabulary.
     *
     * @param skewness null where all weights are equal
     * @param kurtosis 3 for a normal distribution
     * @param entropy of their softmax, in nats
     * @param twoSidedMass 1 where both sides of the mean make up the deviation, 0 where one does
     */
    record Moments(
            double mean, double deviation, double skewness, double kurtosis, double entropy, double twoSidedMass) {}
}
