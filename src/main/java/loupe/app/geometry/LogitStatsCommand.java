package loupe.app.geometry;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import loupe.analysis.Fit;
import loupe.analysis.lens.FeatureKind;
import loupe.analysis.lens.LogitMoments;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.TokenSet;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.command.ModelOptions;
import loupe.app.command.ReadingArguments;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code logit-stats}: how the logit weights of every feature are distributed. */
@Command(
        name = "logit-stats",
        description = "Show for every feature how its logit weights are distributed over the vocabulary, of what kind "
                + "that makes it, and which tokens are at both ends.")
public final class LogitStatsCommand extends LoupeCommand<LogitStatsCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint whose features are meant.")
    private Path sae;

    @Mixin
    private ReadingArguments reading;

    @Mixin
    private ProjectionOptions.Folded projected;

    @Mixin
    private KindOptions kinds;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "10",
            description = "Tokens listed at each end (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = 1000)
    private int top;

    @Override
    public Result run(CommandContext context) {
        LogitProjection projection = projected.projection();
        OpenSae checkpoint = reading.open(context, sae, "--sae");
        OpenModel opened = model.openEmbeddings(context);
        ReadingArguments.require(new Fit(opened.config(), checkpoint.config()).misfitOfGhost(), checkpoint, opened);
        List<TokenSet> sets = SetOptions.builtIn(context, opened);
        LogitMoments.Answer answer = context.ask(new LogitMoments(opened.id(), checkpoint.id(), projection, top, sets));
        List<Feature> features = new ArrayList<>();
        Map<FeatureKind, Integer> counts = new EnumMap<>(FeatureKind.class);
        for (int i = 0; i < answer.features(); i++) {
            FeatureKind kind = kinds.thresholds().kind(answer, i);
            counts.merge(kind, 1, Integer::sum);
            features.add(new Feature(
                    i,
                    answer.mean()[i],
                    answer.deviation()[i],
                    answer.skewness()[i],
                    answer.kurtosis()[i],
                    answer.entropy()[i],
                    answer.twoSidedMass()[i],
                    kind.label(),
                    answer.tokens(i),
                    answer.suppressed(i)));
        }
        Map<String, Integer> named = new TreeMap<>();
        counts.forEach((kind, count) -> named.put(kind.label(), count));
        return new Result(projection.words(), answer.leftOut(), named, features);
    }

    /**
     * The result that is printed.
     *
     * @param logits how they were computed
     * @param dropped ids of the tokens that were left out for their norm
     * @param kinds how many features are of each kind
     */
    record Result(String logits, int[] dropped, Map<String, Integer> kinds, List<Feature> features) {}

    /**
     * The logit weights of one feature.
     *
     * @param sd standard deviation, of a population
     * @param skew null where all weights are equal
     * @param kurtosis 3 for a normal distribution; null where all weights are equal
     * @param entropy of their softmax, in nats
     * @param twoSidedMass 1 where both sides of the mean make up the deviation, 0 where one does
     * @param top ids of the tokens with the largest, largest first
     * @param bottom ids of those with the smallest, smallest first
     */
    record Feature(
            int feature,
            float mean,
            float sd,
            float skew,
            float kurtosis,
            float entropy,
            float twoSidedMass,
            String kind,
            int[] top,
            int[] bottom) {}
}
