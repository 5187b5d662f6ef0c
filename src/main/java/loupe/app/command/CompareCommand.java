package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
public final class CompareCommand extends LoupeCommand {
    @Option(
            names = "--sae",
            required = true,
            paramLabel = "PATH",
            description = "A checkpoint; to be given twice, A then B.")
    private List<Path> saes;

    @Mixin
    private SaeArguments reading;

    @Override
    public Map<String, Object> run(CommandContext context) {
        if (saes.size() != 2) {
            throw new UsageException("--sae was given " + saes.size() + " times, two checkpoints are compared");
        }
        OpenSae a = reading.open(context, saes.get(0), "--sae");
        OpenSae b = reading.open(context, saes.get(1), "--sae");
        FeatureMatching.Answer found = context.ask(new FeatureMatching(a.id(), b.id()));
        List<Map<String, Object>> matches = new ArrayList<>();
        for (int feature = 0; feature < found.bestInB().length; feature++) {
            Map<String, Object> match = new LinkedHashMap<>();
            match.put("a", feature);
            match.put("b", found.bestInB()[feature]);
            match.put("cosine", found.cosinesToB()[feature]);
            match.put("mutual", found.isMutual(feature));
            matches.add(match);
        }
        FeatureMatching.Thresholds thresholds = FeatureMatching.Thresholds.DEFAULT;
        FeatureMatching.Counts counts = found.counts(thresholds);
        Map<String, Object> classes = new LinkedHashMap<>();
        classes.put("kept", counts.kept());
        classes.put("drifted", counts.drifted());
        classes.put("unclear", counts.unclear());
        classes.put("died", counts.died());
        classes.put("born", counts.born());
        classes.put(
                "thresholds",
                Map.of(
                        "kept",
                        thresholds.kept(),
                        "drifted",
                        thresholds.drifted(),
                        "unmatched",
                        thresholds.unmatched()));
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("mmcs_ab", found.mmcsAToB());
        result.put("mmcs_ba", found.mmcsBToA());
        result.put("matches", matches);
        result.put("classes", classes);
        return result;
    }
}
