package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.analysis.compare.FeatureAssignment;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.compare.MatchSide;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.UsageException;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenSae;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code compare}: which feature of one checkpoint is which of another. */
@Command(
        name = "compare",
        description = "Match the features of two checkpoints by the cosines of their directions: the nearest of each, "
                + "and one to one.")
public final class CompareCommand extends LoupeCommand<CompareCommand.Result> {
    @Option(
            names = "--sae",
            required = true,
            paramLabel = "PATH",
            description = "Checkpoint; given twice, first A, then B.")
    private List<Path> saes;

    @Option(
            names = "--side",
            defaultValue = "decoder",
            paramLabel = "decoder|encoder|both",
            description = "Directions that are compared; both: the mean of the two cosines (default: decoder).")
    private MatchSide side;

    @Option(
            names = "--assign",
            description = "Also match one to one, with the largest sum of cosines, and once more of their sizes.")
    private boolean assign;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Write the nearest of every feature, both ways, to a safetensors file.")
    private Path out;

    @Mixin
    private SaeArguments reading;

    @Override
    public Result run(CommandContext context) {
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        if (saes.size() != 2) {
            throw new UsageException("--sae was given " + saes.size() + " times, two checkpoints are compared");
        }
        OpenSae a = reading.open(context, saes.get(0), "--sae");
        OpenSae b = reading.open(context, saes.get(1), "--sae");
        side.misfit(a.id(), a.config(), b.id(), b.config()).ifPresent(refusal -> {
            throw refusal;
        });
        FeatureMatching.Answer found = context.ask(new FeatureMatching(a.id(), b.id(), side));
        if (out != null) {
            write(found);
        }
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
                found.shareAToBAbove(thresholds.kept()),
                found.shareBToAAbove(thresholds.kept()),
                found.mutualCount(),
                assign ? assigned(context, new FeatureAssignment(a.id(), b.id(), side, false)) : null,
                assign ? assigned(context, new FeatureAssignment(a.id(), b.id(), side, true)) : null,
                matches,
                new Classes(
                        counts.kept(), counts.drifted(), counts.unclear(), counts.died(), counts.born(), thresholds));
    }

    private static Assigned assigned(CommandContext context, FeatureAssignment query) {
        FeatureAssignment.Answer answer = context.ask(query);
        List<List<Integer>> pairs = new ArrayList<>();
        for (int i = 0; i < answer.matchInB().length; i++) {
            if (answer.matchInB()[i] >= 0) {
                pairs.add(List.of(i, answer.matchInB()[i]));
            }
        }
        return new Assigned(
                pairs,
                answer.cost(),
                query.absolute() ? null : answer.meanCosine(),
                answer.pwMcc(),
                answer.lossBound());
    }

    private void write(FeatureMatching.Answer found) {
        new SafetensorsWriter()
                .add("mcs_ab", new HostTensor(found.cosinesToB(), found.cosinesToB().length))
                .add("mcs_ba", new HostTensor(found.cosinesToA(), found.cosinesToA().length))
                .add("best_ab", longs(found.bestInB()), found.bestInB().length)
                .add("best_ba", longs(found.bestInA()), found.bestInA().length)
                .write(out);
    }

    private static long[] longs(int[] features) {
        return Arrays.stream(features).asLongStream().toArray();
    }

    /**
     * The result that is printed.
     *
     * @param mmcsAb mean over the features of A of the largest cosine with one of B
     * @param mmcsBa the same the other way round
     * @param shareAboveAb share of the features of A whose largest cosine with one of B counts as kept
     * @param shareAboveBa the same the other way round
     * @param mutualBest how many pairs are each the other's nearest
     * @param assignment one to one with the largest sum of cosines; null unless asked for
     * @param assignmentAbs the same of the sizes of the cosines
     * @param matches one for each feature of A
     */
    record Result(
            double mmcsAb,
            double mmcsBa,
            double shareAboveAb,
            double shareAboveBa,
            int mutualBest,
            @Nullable Assigned assignment,
            @Nullable Assigned assignmentAbs,
            List<Match> matches,
            Classes classes) {}

    /**
     * A one-to-one matching.
     *
     * @param pairs a feature of A and one of B each
     * @param cost sum of 1 less the cosine, or less its size
     * @param meanCosine null where sizes count
     * @param pwMcc mean size of the pairs' cosines
     * @param lossBound by how much at most the cost could be smaller
     */
    record Assigned(
            List<List<Integer>> pairs,
            double cost,
            @Nullable Double meanCosine,
            double pwMcc,
            double lossBound) {}

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
