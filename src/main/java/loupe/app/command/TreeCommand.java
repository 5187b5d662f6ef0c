package loupe.app.command;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.effects.Interventions;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.NullDivergence;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.TreeDiff;
import loupe.analysis.ghost.TreeLimits;
import loupe.analysis.ghost.TreeOutline;
import loupe.analysis.ghost.TreeSteering;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.ResultPrinter;
import loupe.app.cli.TextLines;
import loupe.app.cli.TextTable;
import loupe.app.cli.UsageException;
import loupe.format.TextFiles;
import loupe.inference.OpenModel;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tree}: the definition tree of a ghost. */
@Command(
        name = "tree",
        description = "Grow the definition tree of a ghost: the model's most probable definitions of it.")
public final class TreeCommand extends LoupeCommand<TreeCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Mixin
    private GhostOptions.OfFeatureOrFinished ghost;

    @Mixin
    private PromptOptions prompt;

    @Mixin
    private TreeLimitOptions.OfOne limit;

    @Option(
            names = "--baseline",
            paramLabel = "WHICH",
            defaultValue = "none",
            description =
                    "Baseline of the probabilities: none, centroid, random:N or empty (default: ${DEFAULT-VALUE}).")
    private String baseline;

    @Option(
            names = "--null-draws",
            paramLabel = "N",
            defaultValue = "0",
            description = "Compare the divergence from the baseline with that of N random directions at the "
                    + "same scale, at least 2 (default: none).")
    @OptionRange(most = NullDivergence.MOST_DRAWS)
    private int nullDraws;

    @Option(
            names = "--steer",
            converter = LayerValue.Converter.class,
            paramLabel = "LAYER:COEFFICIENT",
            description = "Steering: add coefficient x the unit decoder direction to the residual stream "
                    + "entering the layer, at every position after the ghost.")
    private LayerValue steer;

    @Option(
            names = "--clamp",
            converter = LayerValue.Converter.class,
            paramLabel = "LAYER:VALUE",
            description = "Clamping: set the component of the residual stream along the unit decoder direction "
                    + "to the value, at every position after the ghost.")
    private LayerValue clamp;

    @Mixin
    private ListedInterventions done;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "File to write: .json (the format of the definition-tree notebooks), .txt (indented "
                    + "text) or .md (Markdown).")
    private Path out;

    @Option(
            names = "--against",
            paramLabel = "F",
            description = "Tree to compare with, a JSON file of --out, the window or the notebooks.")
    private Path against;

    @Override
    public Result run(CommandContext context) {
        if (out != null) {
            OptionPaths.writable(out, "--out");
            if (Stream.of(".json", ".txt", ".md").noneMatch(out.toString()::endsWith)) {
                throw new UsageException("--out is " + out + ", expected a name that ends in .json, .txt or .md");
            }
        }
        if (against != null) {
            OptionPaths.existing(against, "--against");
        }
        TreeBaseline compared = PromptOptions.baseline(baseline);
        if (nullDraws != 0 && (nullDraws < 2 || compared.kind() == TreeBaseline.Kind.NONE)) {
            throw new UsageException("--null-draws is " + nullDraws + " and --baseline " + baseline
                    + ", expected at least 2 draws and a baseline to be far from");
        }
        InterventionList listed = done.read();
        ghost.requireSensible();
        OpenModel opened = model.open(context, Processing.RAW);
        GhostSettings settings = prompt.apply(context, opened, ghost.settings(context, opened));
        Optional<TreeSteering> steering = steering();
        steering.filter(at -> at.layer() < 0 || at.layer() >= opened.config().nLayers())
                .ifPresent(at -> {
                    throw new UsageException(
                            (clamp != null ? "--clamp" : "--steer") + ": there is no layer " + at.layer()
                                    + ", the layers of " + opened.folder() + " are 0 to "
                                    + (opened.config().nLayers() - 1));
                });
        Interventions interventions =
                done.of(context, listed, opened, ghost.sae().stream().toList());
        GhostPrompt tokens = prompt.tokens(opened, model);
        TreeLimits limits = limit.of(opened);
        long start = System.nanoTime();
        DefinitionTree.Answer tree = context.ask(new DefinitionTree(
                opened.id(), settings, tokens, limits, compared, steering, interventions, Optional.empty()));
        double seconds = (System.nanoTime() - start) / 1e9;
        limit.warnOfNothing(tree, context);

        Optional<Double> divergence = Optional.empty();
        Optional<BeyondChance> beyond = Optional.empty();
        if (compared.kind() != TreeBaseline.Kind.NONE) {
            divergence = Optional.of(tree.divergence());
            if (nullDraws > 0) {
                beyond = Optional.of(BeyondChance.of(
                        context.ask(NullDivergence.of(tree.query(), nullDraws)).correct(tree)));
            }
        }
        TreeOutline outline = TreeOutline.of(tree, id -> ModelOptions.text(opened, id));
        Optional<Comparison> comparison =
                Optional.ofNullable(against).map(file -> Comparison.of(outline, TreeOutline.read(file)));
        if (out != null) {
            write(outline, ghost.describe(opened, settings));
        }
        return new Result(
                describe(opened, settings, tokens, limits, listed),
                tree.size() - 1,
                seconds,
                divergence,
                beyond,
                comparison,
                Optional.ofNullable(out).map(Path::toString),
                outline.root());
    }

    /**
     * The result that is printed.
     *
     * @param nodes of the tree, the root not counted
     * @param seconds that growing it took
     * @param divergence from the baseline in nats; empty without a baseline
     * @param beyondChance that divergence beside those of random directions; empty without them
     * @param comparison with another tree; empty without one
     * @param out the file written
     */
    record Result(
            Settings settings,
            int nodes,
            double seconds,
            @LeftOutIfEmpty Optional<Double> divergence,
            @JsonProperty("null") @LeftOutIfEmpty Optional<BeyondChance> beyondChance,
            @LeftOutIfEmpty Optional<Comparison> comparison,
            @LeftOutIfEmpty Optional<String> out,
            TreeOutline.Branch tree) {}

    /**
     * The settings of the tree.
     *
     * @param ends tokens that have no children
     * @param interventions as lines; empty without any
     */
    record Settings(
            @JsonUnwrapped GhostDescription ghost,
            @JsonUnwrapped PromptOptions.PromptDescription prompt,
            Optional<Integer> maskId,
            int topK,
            double cutoff,
            int maxDepth,
            Optional<Integer> maxNodes,
            Set<Integer> ends,
            String baseline,
            Optional<String> steer,
            Optional<String> clamp,
            @LeftOutIfEmpty Optional<List<String>> interventions) {}

    /**
     * A divergence beside those of random directions at the same scale.
     *
     * @param nodes of the trees that are compared
     * @param beyondChance max(0, divergence - randomMean)
     * @param z (divergence - randomMean) / randomDeviation
     * @param chance fraction of random directions that diverge at least as far
     */
    record BeyondChance(
            int nodes,
            double divergence,
            double randomMean,
            double randomDeviation,
            double beyondChance,
            double z,
            double chance) {
        static BeyondChance of(NullDivergence.Corrected found) {
            return new BeyondChance(
                    NullDivergence.NODES,
                    found.divergence(),
                    found.mean(),
                    found.deviation(),
                    found.beyondChance(),
                    found.z(),
                    found.chance());
        }
    }

    /**
     * The tree beside another one.
     *
     * @param shared nodes that both have
     * @param firstTokenOverlap probability that the first tokens have in common, 0 to 1
     */
    record Comparison(int shared, int onlyHere, int onlyThere, double firstTokenOverlap) {
        static Comparison of(TreeOutline here, TreeOutline there) {
            TreeDiff diff = new TreeDiff(here, there);
            return new Comparison(
                    diff.count(TreeDiff.Part.BOTH),
                    diff.count(TreeDiff.Part.ONLY_A),
                    diff.count(TreeDiff.Part.ONLY_B),
                    diff.overlap());
        }
    }

    private void write(TreeOutline outline, GhostDescription settings) {
        String text = out.toString().endsWith(".json")
                ? outline.jsonText()
                : out.toString().endsWith(".txt") ? outline.indented() : outline.markdown(caption(settings));
        TextFiles.write(out, text);
    }

    /** The sources and settings of the ghost, in one line. */
    private static String caption(GhostDescription settings) {
        return ResultJson.tree(settings).properties().stream()
                .filter(entry -> !entry.getValue().isNull())
                .map(entry -> entry.getKey() + " "
                        + entry.getValue().asText(entry.getValue().toString()))
                .collect(Collectors.joining(", "));
    }

    private Optional<TreeSteering> steering() {
        if (steer != null && clamp != null) {
            throw new UsageException("--steer and --clamp are both given; a feature is added or clamped");
        }
        return clamp != null
                ? Optional.of(steering("--clamp", clamp, TreeSteering.Kind.CLAMP))
                : Optional.ofNullable(steer).map(text -> steering("--steer", text, TreeSteering.Kind.ADD));
    }

    private TreeSteering steering(String option, LayerValue given, TreeSteering.Kind kind) {
        if (ghost.sae().isEmpty() || ghost.feature().isEmpty()) {
            throw new UsageException(option + " needs --sae PATH and --feature I, whose decoder direction it is about");
        }
        return new TreeSteering(ghost.sae().get().id(), ghost.feature().get(), given.layer(), kind, given.value());
    }

    private Settings describe(
            OpenModel opened, GhostSettings settings, GhostPrompt tokens, TreeLimits limits, InterventionList listed) {
        return new Settings(
                ghost.describe(opened, settings),
                prompt.describe(tokens),
                limits.maskId().stream().boxed().findFirst(),
                limits.topK(),
                limits.cutoff(),
                limits.maxDepth(),
                limits.maxNodes().stream().boxed().findFirst(),
                limits.ends(),
                baseline,
                Optional.ofNullable(steer).map(LayerValue::text),
                Optional.ofNullable(clamp).map(LayerValue::text),
                Optional.of(listed)
                        .filter(InterventionList::isOn)
                        .map(list -> list.toString().lines().toList()));
    }

    @Override
    protected ResultPrinter table(Result result) {
        ObjectNode rest = ResultJson.tree(result).deepCopy();
        rest.remove("tree");
        return out -> {
            new TextTable(rest).print(out);
            out.add("tree");
            branches(out, result.tree(), "  ");
        };
    }

    private static void branches(TextLines out, TreeOutline.Branch above, String indent) {
        for (TreeOutline.Branch branch : above.children()) {
            out.add(String.format(Locale.ROOT, "%s%s  %.4g", indent, branch.token(), branch.cumulativeProb()));
            branches(out, branch, indent + "  ");
        }
    }
}
