package loupe.app.command;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.ScaleOutline;
import loupe.analysis.ghost.ScaleSweep;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.ghost.TreeBaseline;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.ResultPrinter;
import loupe.app.cli.TextTable;
import loupe.app.cli.UsageException;
import loupe.base.HookPoint;
import loupe.inference.OpenModel;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code scale}: which scaling factor suits a ghost. */
@Command(name = "scale", description = "Sweep the scaling factor of a ghost and propose the best one.")
public final class ScaleCommand extends LoupeCommand {
    @Mixin
    private ModelOptions model;

    @Mixin
    private GhostOptions ghost;

    @Mixin
    private PromptOptions prompt;

    @Option(
            names = "--scales",
            split = ",",
            paramLabel = "S",
            description =
                    "The scales to try (default: 24 from 1/8 to 4 times the mean distance of a token from the centroid).")
    private double[] scales;

    @Option(
            names = "--mixes",
            split = ",",
            paramLabel = "A",
            description =
                    "Try these encoder mixes too and propose the best pair; replaces --weights and --encoder-mix.")
    private double[] mixes;

    @Option(
            names = "--baseline",
            paramLabel = "WHICH",
            defaultValue = "random:4",
            description =
                    "What trees are compared with: centroid, random:N at the same scale, or empty (default: ${DEFAULT-VALUE}).")
    private String baseline;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "20",
            description = "Nodes of the tree at each scale (default: ${DEFAULT-VALUE}).")
    private int nodes;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            defaultValue = "5",
            description = "Children of a node at most (default: ${DEFAULT-VALUE}).")
    private int topK;

    @Option(
            names = "--entropy-weight",
            paramLabel = "W",
            defaultValue = "1",
            description =
                    "Score = divergence - W x (mean entropy - that at scale 0), in nats (default: ${DEFAULT-VALUE}).")
    private double entropyWeight;

    @Override
    public Map<String, Object> run(CommandContext context) {
        TreeBaseline compared = requireSensible();
        ghost.requireSensible(null);
        OpenModel opened = model.open(context, Processing.RAW);
        GhostSettings settings = ghost.settings(context, opened, null);
        settings = prompt.apply(context, opened, settings);
        GhostPrompt tokens = prompt.tokens(opened, model);
        List<Double> tried = scales == null
                ? ScaleSweep.grid(context.ask(new TokenGeometry(opened.id())).meanDistance(), ScaleSweep.DEFAULT_COUNT)
                : Arrays.stream(scales).boxed().toList();
        Optional<HookPoint> readAt =
                ghost.sae().flatMap(sae -> sae.config().hook()).filter(hook -> Fit.hasVectors(opened, hook));
        double[] shares = mixes == null ? new double[] {settings.encoderMix()} : mixes;
        long start = System.nanoTime();
        List<ScaleSweep.Answer> answers = new ArrayList<>();
        for (double share : shares) {
            answers.add(context.ask(new ScaleSweep(
                    opened.id(),
                    settings.withEncoderMix(share),
                    tokens,
                    tried,
                    nodes,
                    topK,
                    compared,
                    entropyWeight,
                    readAt)));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        ScaleSweep.Answer answer = answers.stream()
                .max(Comparator.comparingDouble(
                        sweep -> sweep.best().map(ScaleSweep.Best::score).orElse(Double.NEGATIVE_INFINITY)))
                .orElseThrow();

        Map<String, Object> said = ghost.describe(opened, settings, null);
        said.remove("scale");
        prompt.describe(said, tokens);
        said.put("read_at", readAt.map(HookPoint::name).orElse(null));
        said.put("baseline", baseline);
        said.put("nodes", nodes);
        said.put("top_k", topK);
        said.put("entropy_weight", entropyWeight);
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("settings", said);
        result.put("seconds", seconds);
        result.put("scales", answer.scales());
        result.put("curves", ScaleOutline.curves(answer));
        result.put("best", ScaleOutline.best(answer));
        if (mixes != null) {
            result.put("mixes", answers.stream().map(ScaleCommand::mix).toList());
        }
        return result;
    }

    private TreeBaseline requireSensible() {
        TreeBaseline compared = PromptOptions.baseline(baseline);
        if (compared.kind() == TreeBaseline.Kind.NONE) {
            throw new UsageException(
                    "--baseline is none, but a sweep measures how far trees are from one; give centroid, random:N or empty");
        }
        if (nodes < 1 || topK < 1 || !Double.isFinite(entropyWeight)) {
            throw new UsageException("--nodes is " + nodes + ", --top-k " + topK + " and --entropy-weight "
                    + entropyWeight + "; at least 1, at least 1 and a finite number are needed");
        }
        if (scales != null) {
            Arrays.sort(scales);
            if (Arrays.stream(scales).distinct().count() != scales.length
                    || !(scales[0] > 0)
                    || Arrays.stream(scales).anyMatch(scale -> !Double.isFinite(scale))) {
                throw new UsageException(
                        "--scales are " + Arrays.toString(scales) + ", expected different positive numbers");
            }
        }
        if (mixes != null && Arrays.stream(mixes).anyMatch(share -> !(share >= 0 && share <= 1))) {
            throw new UsageException("--mixes are " + Arrays.toString(mixes) + ", expected 0 to 1");
        }
        return compared;
    }

    private static Map<String, Object> mix(ScaleSweep.Answer answer) {
        Map<String, Object> mix = new LinkedHashMap<>();
        mix.put("encoder_mix", answer.query().ghost().encoderMix());
        mix.put("scales", answer.scales());
        mix.put("curves", ScaleOutline.curves(answer));
        mix.put("best", ScaleOutline.best(answer));
        return mix;
    }

    @Override
    protected ResultPrinter table(Map<String, Object> result) {
        Map<String, Object> rest = new LinkedHashMap<>(result);
        List<Map<String, Object>> rows = new ArrayList<>();
        double[] tried = (double[]) rest.remove("scales");
        Map<?, ?> curves = (Map<?, ?>) rest.remove("curves");
        rest.remove("mixes");
        for (int i = 0; i < tried.length; i++) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("scale", tried[i]);
            for (Map.Entry<?, ?> curve : curves.entrySet()) {
                row.put(curve.getKey().toString(), ((double[]) curve.getValue())[i]);
            }
            rows.add(row);
        }
        rest.put("scales", rows);
        return new TextTable(rest);
    }
}
