package loupe.app.effects;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import loupe.analysis.Fit;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.InterventionEffects;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.Positions;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.command.ReadingArguments;
import loupe.app.command.SaeArguments;
import loupe.base.NumberRange;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ablate}: what a model's predictions lose without features, or with more or less of them. */
@Command(
        name = "ablate",
        description = "Measure what ablating or scaling features of a checkpoint changes of a model's predictions on a "
                + "text: loss, divergence and logits.")
public final class AblateCommand extends LoupeCommand<AblateCommand.Result> {
    private static final String EVERYWHERE = "all";

    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint of the features.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(names = "--text", paramLabel = "T", description = "Text to predict; or give --ids.")
    private String text;

    @Option(names = "--ids", split = ",", paramLabel = "ID", description = "Token ids to predict, taken as they are.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] ids;

    @Option(
            names = "--features",
            required = true,
            paramLabel = "I;J;I,J",
            description =
                    "Sets of features between semicolons, each ablated in a run of its own; the features of a set "
                            + "together. A set may be empty.")
    private String features;

    @Option(
            names = "--scale",
            paramLabel = "S",
            defaultValue = "0",
            description = "Factor of their activations; 0 ablates them (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = -NumberRange.LARGEST, most = NumberRange.LARGEST)
    private double scale;

    @Option(
            names = "--positions",
            paramLabel = "P,Q",
            defaultValue = EVERYWHERE,
            description = "Tokens at which they are ablated, from 0, or all (default: ${DEFAULT-VALUE}).")
    private String positions;

    @Option(
            names = "--error",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Whether what the checkpoint does not reconstruct is kept; without it the reconstruction "
                    + "stands in place of the value, at every token (default: kept).")
    private boolean error;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Safetensors file to write: delta_logits.K, the change of all logits, for set K from 0.")
    private Path out;

    @Override
    public Result run(CommandContext context) {
        Prompts.requireOne(text, "--text", ids, "--ids");
        List<List<Integer>> sets = NumberLists.several(features, "--features");
        Positions where = positions.equals(EVERYWHERE)
                ? Positions.ALL
                : Positions.listed(NumberLists.of(positions, "--positions"));
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        OpenSae checkpoint = reading.open(context, sae, "--sae");
        for (List<Integer> set : sets) {
            set.forEach(feature -> ReadingArguments.requireFeature(feature, checkpoint, "--features"));
        }
        OpenModel opened = model.open(context, Processing.RAW);
        SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfitOfOutput(), checkpoint, opened);
        reading.warnOfProcessing(context, checkpoint, opened);
        List<Integer> tokens = Prompts.of(opened, model, text, "--text", ids, "--ids");
        where.at().stream().filter(at -> at >= tokens.size()).findFirst().ifPresent(at -> {
            throw new UsageException(
                    "--positions: " + at + " is no token of the text, which are 0 to " + (tokens.size() - 1));
        });
        List<Interventions> variants =
                sets.stream().map(set -> variant(checkpoint.id(), set, where)).toList();
        InterventionEffects.Answer answer =
                context.ask(new InterventionEffects(opened.id(), tokens, variants, out != null));
        if (out != null) {
            SafetensorsWriter file = new SafetensorsWriter();
            for (int k = 0; k < sets.size(); k++) {
                file.add(
                        "delta_logits." + k,
                        answer.effects().get(k).deltaLogits().orElseThrow());
            }
            file.write(out);
        }
        List<Ablation> ablations = new ArrayList<>();
        for (int k = 0; k < sets.size(); k++) {
            InterventionEffects.Effect effect = answer.effects().get(k);
            ablations.add(new Ablation(
                    sets.get(k),
                    effect.meanDeltaCe(),
                    effect.meanKl(),
                    effect.ce(),
                    effect.deltaCe(),
                    effect.kl(),
                    effect.applied()));
        }
        return new Result(tokens, Prompts.texts(opened, tokens), answer.ceClean(), ablations);
    }

    private Interventions variant(SaeId id, List<Integer> set, Positions where) {
        return new Interventions(
                set.stream()
                        .map(feature -> new Intervention(
                                new Intervention.Target.Feature(id, feature), new Intervention.Scale(scale), where))
                        .toList(),
                error ? Set.of() : Set.of(id));
    }

    /**
     * The result that is printed.
     *
     * @param tokens the texts of the ids
     * @param ceClean nats at each position for the token after it, one less than there are tokens
     */
    record Result(List<Integer> ids, List<String> tokens, double[] ceClean, List<Ablation> ablations) {}

    /**
     * What becomes of the predictions under one set of features.
     *
     * @param ce as {@code ceClean}, with them ablated
     * @param deltaCe what that adds
     * @param kl divergence from the predictions without, in nats at each position
     * @param applied tokens at which something was done
     */
    record Ablation(
            List<Integer> features,
            double meanDeltaCe,
            double meanKl,
            double[] ce,
            double[] deltaCe,
            double[] kl,
            long applied) {}
}
