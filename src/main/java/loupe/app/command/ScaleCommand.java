package loupe.app.command;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.analysis.Fit;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.MixSweep;
import loupe.analysis.ghost.ScaleOutline;
import loupe.analysis.ghost.ScaleSweep;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.TreeLimits;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.ResultPrinter;
import loupe.app.cli.TextTable;
import loupe.app.cli.UsageException;
import loupe.base.HookPoint;
import loupe.base.NumberRange;
import loupe.inference.OpenModel;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code scale}: which scaling factor suits a ghost. */
@Command(name = "scale", description = "Sweep the scaling factor of a ghost and propose the best one.")
public final class ScaleCommand extends LoupeCommand<ScaleCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Mixin
    private GhostOptions.OfFeature ghost;

    @Mixin
    private PromptOptions prompt;

    @Option(
            names = "--scales",
            split = ",",
            paramLabel = "S",
            description = "Scales to try, and no others but the middle of the best (default: "
                    + ScaleSweep.DEFAULT_COUNT
                    + ", from 1/8 to 4 times the mean distance of a token from the centroid, and up to "
                    + ScaleSweep.WIDEST + " times beyond these until the score turns).")
    @OptionRange(least = NumberRange.ABOVE_ZERO, most = NumberRange.LARGEST)
    private double[] scales;

    @Option(
            names = "--mixes",
            split = ",",
            paramLabel = "A",
            description = "Encoder mixes to try, of which the best pair of mix and scale is proposed; replaces "
                    + "--weights and --encoder-mix.")
    @OptionRange(most = 1)
    private double[] mixes;

    @Option(
            names = "--baseline",
            paramLabel = "WHICH",
            description = "Baseline of the trees: centroid, random:N at the same scale, or empty (default: "
                    + "${DEFAULT-VALUE}).")
    private String baseline = "random:" + ScaleSweep.DEFAULT_BASELINE.count();

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description = "Nodes of the tree at each scale (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = TreeLimits.MOST_NODES)
    private int nodes = ScaleSweep.DEFAULT_NODES;

    @Option(names = "--top-k", paramLabel = "K", description = "Most children of a node (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = TreeLimits.MOST_CHILDREN)
    private int topK = TreeLimits.DEFAULT.topK();

    @Option(
            names = "--entropy-weight",
            paramLabel = "W",
            description =
                    "Score = divergence - W x (mean entropy - that at scale 0), in nats (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = -NumberRange.LARGEST, most = NumberRange.LARGEST)
    private double entropyWeight = ScaleSweep.DEFAULT_ENTROPY_WEIGHT;

    @Override
    public Result run(CommandContext context) {
        TreeBaseline compared = requireSensible();
        ghost.requireSensible();
        OpenModel opened = model.open(context, Processing.RAW);
        GhostSettings settings = ghost.settings(context, opened);
        settings = prompt.apply(context, opened, settings);
        GhostPrompt tokens = prompt.tokens(opened, model);
        List<Double> tried = scales == null
                ? ScaleSweep.grid(context.ask(new TokenGeometry(opened.id())).meanDistance(), ScaleSweep.DEFAULT_COUNT)
                : Arrays.stream(scales).boxed().toList();
        Optional<HookPoint> readAt = ghost.sae().flatMap(sae -> new Fit(opened.config(), sae.config()).residualPlace());
        List<Double> shares = mixes == null
                ? List.of(settings.encoderMix())
                : Arrays.stream(mixes).boxed().toList();
        long start = System.nanoTime();
        MixSweep.Answer answers = context.ask(new MixSweep(
                new ScaleSweep(
                        opened.id(),
                        settings,
                        tokens,
                        tried,
                        scales == null,
                        nodes,
                        topK,
                        compared,
                        entropyWeight,
                        readAt),
                shares));
        double seconds = (System.nanoTime() - start) / 1e9;
        ScaleSweep.Answer answer = answers.best();

        return new Result(
                new Settings(
                        ghost.describeMade(opened, settings).atAnyScale(),
                        prompt.describe(tokens),
                        readAt.map(HookPoint::name),
                        baseline,
                        nodes,
                        topK,
                        entropyWeight),
                seconds,
                answer.scales(),
                ScaleOutline.curves(answer),
                ScaleOutline.best(answer),
                mixes == null
                        ? Optional.empty()
                        : Optional.of(answers.sweeps().stream().map(Mix::of).toList()));
    }

    /**
     * The result that is printed.
     *
     * @param curves a value for each scale, by name
     * @param mixes the sweep of each mix that was tried; empty if none was requested
     */
    record Result(
            Settings settings,
            double seconds,
            double[] scales,
            Map<String, double[]> curves,
            ScaleOutline.Proposal best,
            @LeftOutIfEmpty Optional<List<Mix>> mixes) {}

    /**
     * The settings of the sweep.
     *
     * @param readAt hook point where the feature is read back; empty if the model has none that suits
     */
    record Settings(
            @JsonUnwrapped GhostDescription.Made ghost,
            @JsonUnwrapped PromptOptions.PromptDescription prompt,
            Optional<String> readAt,
            String baseline,
            int nodes,
            int topK,
            double entropyWeight) {}

    /** The sweep of one mix of encoder and decoder direction. */
    record Mix(double encoderMix, double[] scales, Map<String, double[]> curves, ScaleOutline.Proposal best) {
        static Mix of(ScaleSweep.Answer answer) {
            return new Mix(
                    answer.query().ghost().encoderMix(),
                    answer.scales(),
                    ScaleOutline.curves(answer),
                    ScaleOutline.best(answer));
        }
    }

    private TreeBaseline requireSensible() {
        TreeBaseline compared = PromptOptions.baseline(baseline);
        if (compared.kind() == TreeBaseline.Kind.NONE) {
            throw new UsageException(
                    "--baseline is none, but a sweep measures how far trees are from one; give centroid, "
                            + "random:N or empty");
        }
        if (scales != null) {
            Arrays.sort(scales);
            if (Arrays.stream(scales).distinct().count() != scales.length) {
                throw new UsageException("--scales are " + Arrays.toString(scales) + ", expected different numbers");
            }
        }
        return compared;
    }

    /** Prints the curves as columns beside the scales. */
    @Override
    protected ResultPrinter table(Result result) {
        ObjectNode shown = ResultJson.tree(result).deepCopy();
        shown.remove(List.of("scales", "curves", "mixes"));
        ArrayNode rows = shown.putArray("scales");
        for (int i = 0; i < result.scales().length; i++) {
            ObjectNode row = rows.addObject().put("scale", result.scales()[i]);
            for (Map.Entry<String, double[]> curve : result.curves().entrySet()) {
                row.put(curve.getKey(), curve.getValue()[i]);
            }
        }
        return new TextTable(shown);
    }
}
