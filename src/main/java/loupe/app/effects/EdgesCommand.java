package loupe.app.effects;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.analysis.effects.EdgeWeights;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.command.ReadingArguments;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code edges}: through which features of one checkpoint those of another act on a prediction. */
@Command(
        name = "edges",
        description = "Weigh the edges from the features of one checkpoint to those of a later one: how much each "
                + "contributes to a prediction through the other.")
public final class EdgesCommand extends LoupeCommand<EdgesCommand.Result> {
    private static final int MOST_SAES = 10_000;

    @Mixin
    private PlacedCheckpoints.WithSteps given;

    @Mixin
    private PairOptions texts;

    @Option(
            names = "--from",
            paramLabel = "I",
            defaultValue = "0",
            description = "The --sae that edges come from, from 0 (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = MOST_SAES)
    private int from;

    @Option(
            names = "--to",
            paramLabel = "J",
            defaultValue = "1",
            description = "The --sae that they go to, from 0 (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = MOST_SAES)
    private int to;

    @Option(
            names = "--to-nodes",
            required = true,
            paramLabel = "P:F;P:F",
            description = "Features that edges go to, each at a position.")
    private String nodes;

    @Option(
            names = "--stop",
            paramLabel = "HOOK,..",
            defaultValue = "",
            description = "Hook points whose values are held constant, which leaves the paths around them "
                    + "(default: none).")
    private String stop;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "10",
            description = "Edges listed for each node, those furthest from 0 (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int top;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Safetensors file to write: weights, by node, position and feature.")
    private Path out;

    @Override
    public Result run(CommandContext context) {
        texts.check(true);
        List<EdgeWeights.Node> wanted = nodes();
        Set<HookPoint> constant = constant();
        requireIndex("--from", from);
        requireIndex("--to", to);
        if (from == to) {
            throw new UsageException("--from and --to are both " + to + ", edges go from one checkpoint to another");
        }
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        PlacedCheckpoints.Opened placed = given.open(context, from, to);
        OpenModel opened = placed.model();
        OpenSae upstream = placed.saes().get(0);
        OpenSae downstream = placed.saes().get(1);
        wanted.forEach(node -> ReadingArguments.requireFeature(node.feature(), downstream, "--to-nodes"));
        requirePlaces(opened.config(), constant);
        PairOptions.Pair pair = texts.of(opened, given.model());
        wanted.stream()
                .filter(node -> node.position() >= pair.clean().size())
                .findFirst()
                .ifPresent(node -> {
                    throw new UsageException("--to-nodes: " + node.position() + " is no token of the clean text, which "
                            + "are 0 to " + (pair.clean().size() - 1));
                });
        EdgeWeights.Answer answer = context.ask(new EdgeWeights(
                opened.id(),
                pair.clean(),
                pair.corrupt(),
                pair.metric(),
                pair.position(),
                given.steps(),
                upstream.id(),
                downstream.id(),
                wanted,
                constant));
        if (out != null) {
            new SafetensorsWriter().add("weights", stacked(answer.weights())).write(out);
        }
        List<Into> into = new ArrayList<>();
        for (int i = 0; i < wanted.size(); i++) {
            EdgeWeights.Node node = wanted.get(i);
            into.add(new Into(
                    node.position(),
                    node.feature(),
                    answer.gradients().get(i),
                    largest(opened, pair.clean(), answer.weights().get(i))));
        }
        return new Result(
                upstream.config().place().orElseThrow(),
                downstream.config().place().orElseThrow(),
                into);
    }

    private List<EdgeWeights.Node> nodes() {
        List<EdgeWeights.Node> found = new ArrayList<>();
        for (String part : nodes.split(";", -1)) {
            String[] two = part.strip().split(":", -1);
            if (two.length != 2) {
                throw new UsageException("--to-nodes: '" + part + "' is not P:F, a position and a feature");
            }
            found.add(new EdgeWeights.Node(
                    NumberLists.index(two[0], "--to-nodes"), NumberLists.index(two[1], "--to-nodes")));
        }
        return found;
    }

    private Set<HookPoint> constant() {
        Set<HookPoint> points = new LinkedHashSet<>();
        for (String name : stop.split(",", -1)) {
            if (!name.isBlank()) {
                points.add(HookPoint.parse(name.strip())
                        .orElseThrow(() -> new UsageException("--stop: " + name + " is no hook point; the nearest are "
                                + String.join(", ", HookPoint.nearest(name)))));
            }
        }
        return points;
    }

    private static void requirePlaces(ModelConfig model, Set<HookPoint> constant) {
        for (HookPoint point : constant) {
            boolean ofPairs = point.site() == Site.ATTN_SCORES || point.site() == Site.PATTERN;
            if (ofPairs ? point.layer() >= model.nLayers() : model.at(point).isEmpty()) {
                throw new UsageException(
                        "--stop: the model has no " + point.name() + "; its layers are 0 to " + (model.nLayers() - 1));
            }
        }
    }

    private void requireIndex(String option, int index) {
        if (index >= given.count()) {
            throw new UsageException(
                    option + " is " + index + ", --sae was given " + given.count() + " times, counted from 0");
        }
    }

    private static HostTensor stacked(List<HostTensor> weights) {
        int each = weights.get(0).data().length;
        float[] all = new float[Math.multiplyExact(each, weights.size())];
        for (int i = 0; i < weights.size(); i++) {
            System.arraycopy(weights.get(i).data(), 0, all, i * each, each);
        }
        return new HostTensor(
                all, weights.size(), weights.get(0).size(0), weights.get(0).size(1));
    }

    private List<Edge> largest(OpenModel opened, List<Integer> ids, HostTensor weights) {
        float[] data = weights.data();
        int width = weights.size(1);
        return IntStream.range(0, data.length)
                .filter(i -> data[i] != 0)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -Math.abs(data[i])))
                .limit(top)
                .map(i -> new Edge(i / width, ModelOptions.text(opened, ids.get(i / width)), i % width, data[i]))
                .toList();
    }

    /**
     * The result that is printed.
     *
     * @param from where the features write that edges come from
     * @param to where those are read that they go to
     */
    record Result(String from, String to, List<Into> nodes) {}

    /**
     * The edges into one feature at one position.
     *
     * @param gradient of the metric with respect to it, the mean of the steps
     * @param edges furthest from 0 first
     */
    record Into(int position, int feature, double gradient, List<Edge> edges) {}

    /** An edge from a feature at a position. */
    record Edge(int position, String token, int feature, double weight) {}
}
