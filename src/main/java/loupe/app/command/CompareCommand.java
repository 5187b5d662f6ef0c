package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import loupe.analysis.compare.FeatureMatching;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.UsageException;
import loupe.inference.OpenSae;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code compare}: which feature of one checkpoint is which of another. */
@Command(
        name = "compare",
        description = "Match the features of two checkpoints by the cosine of their decoder directions.")
public final class CompareCommand extends LoupeCommand<CompareCommand.Result> {
    @Option(
            names = "--sae",
            required = true,
            paramLabel = "PATH",
            description = "Checkpoint; given twice, first A, then B.")
    private List<Path> saes;

    @Mixin
    private SaeArguments reading;

    @Override
    public Result run(CommandContext context) {
        if (saes.size() != 2) {
            throw new UsageException("--sae was given " + saes.size() + " times, two checkpoints are compared");
        }
        OpenSae a = reading.open(context, saes.get(0), "--sae");
        OpenSae b = reading.open(context, saes.get(1), "--sae");
        FeatureMatching.Answer found = context.ask(new FeatureMatching(a.id(), b.id()));
        List<Match> matches = new ArrayList<>();
        for (int feature = 0; feature < found.bestInB().length; feature++) {
            matches.add(
                    new Match(feature, found.bestInB()[feature], found.cosinesToB()[feature], found.isMutual(feature)));
        }
        FeatureMatching.Thresholds thresholds = FeatureMatching.Thresholds.DEFAULT;
        FeatureMatching.Counts counts = found.counts(thresholds);
        return new Result(
                found.mmcsAToB(),
                found.mmcsBToA(),
                matches,
                new Classes(
                        counts.kept(), counts.drifted(), counts.unclear(), counts.died(), counts.born(), thresholds));
    }

    /**
     * The result that is printed.
     *
     * @param mmcsAb mean over the features of A of the largest cosine with one of B
     * @param mmcsBa the same the other way round
     * @param matches one for each feature of A
     */
    record Result(double mmcsAb, double mmcsBa, List<Match> matches, Classes classes) {}

    /**
     * The feature of B nearest to one of A.
     *
     * @param mutual whether the feature of A is also the nearest to that of B
     */
    record Match(int a, int b, float cosine, boolean mutual) {}

    /**
     * How many features met which fate.
     *
     * @param thresholds the cosines between the classes
     */
    record Classes(int kept, int drifted, int unclear, int died, int born, FeatureMatching.Thresholds thresholds) {}
}
