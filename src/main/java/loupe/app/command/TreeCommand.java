package loupe.app.command;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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
import loupe.app.cli.ResultPrinter;
import loupe.app.cli.TextTable;
import loupe.app.cli.UsageException;
import loupe.format.TextFiles;
import loupe.inference.OpenModel;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tree}: what the model says a ghost means. */
@Command(name = "tree", description = "Grow the definition tree of a ghost.")
public final class TreeCommand extends LoupeCommand {
    @Mixin
    private ModelOptions model;

    @Mixin
    private GhostOptions ghost;

    @Option(
            names = "--vector",
            paramLabel = "F:NAME",
            converter = ArrayReference.Converter.class,
            description = "A finished ghost, used as it is.")
    private ArrayReference vector;

    @Mixin
    private PromptOptions prompt;

    @Option(names = "--mask-id", paramLabel = "ID", description = "A token whose logit is removed (default: none).")
    private Integer maskId;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            defaultValue = "5",
            description = "Children of a node at most (default: ${DEFAULT-VALUE}).")
    private int topK;

    @Option(
            names = "--cutoff",
            paramLabel = "P",
            defaultValue = "5e-5",
            description = "Smallest cumulative probability (default: ${DEFAULT-VALUE}).")
    private double cutoff;

    @Option(
            names = "--max-depth",
            paramLabel = "D",
            defaultValue = "25",
            description = "Largest depth (default: ${DEFAULT-VALUE}).")
    private int maxDepth;

    @Option(
            names = "--max-nodes",
            paramLabel = "N",
            description = "Keep only the N most probable nodes (default: no limit).")
    private Integer maxNodes;

    @Option(
            names = "--baseline",
            paramLabel = "WHICH",
            defaultValue = "none",
            description = "none, centroid, random:N or empty (default: none).")
    private String baseline;

    @Option(
            names = "--null-draws",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Grow trees of N random directions at the same scale too and say how far the divergence from the baseline is beyond theirs (default: none).")
    private int nullDraws;

    @Option(
            names = "--steer",
            paramLabel = "LAYER:COEFFICIENT",
            description =
                    "Add coefficient x the unit decoder direction to the residual stream entering the layer, after the ghost.")
    private String steer;

    @Option(
            names = "--clamp",
            paramLabel = "LAYER:VALUE",
            description =
                    "Hold the unit decoder direction's share of the residual stream entering the layer at the value, after the ghost.")
    private String clamp;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Write the tree: .json in the notebook's shape, .txt as indented text, .md as Markdown.")
    private Path out;

    @Option(
            names = "--against",
            paramLabel = "F",
            description = "Compare with a tree saved as JSON, by --out, by the window or by the notebooks.")
    private Path against;

    @Override
    public Map<String, Object> run(CommandContext context) {
        if (out != null) {
            OptionPaths.writable(out, "--out");
            if (!out.toString().matches(".*\\.(json|txt|md)")) {
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
        requireLimits();
        ghost.requireSensible(vector);
        OpenModel opened = model.open(context, Processing.RAW);
        GhostSettings settings = prompt.apply(context, opened, ghost.settings(context, opened, vector));
        Optional<TreeSteering> steering = steering();
        steering.filter(at -> at.layer() < 0 || at.layer() >= opened.config().nLayers())
                .ifPresent(at -> {
                    throw new UsageException(
                            (clamp != null ? "--clamp" : "--steer") + ": there is no layer " + at.layer()
                                    + ", the layers of " + opened.folder() + " are 0 to "
                                    + (opened.config().nLayers() - 1));
                });
        if (maskId != null) {
            ModelOptions.check(opened, new int[] {maskId}, "--mask-id");
        }
        GhostPrompt tokens = prompt.tokens(opened, model);
        TreeLimits limits = new TreeLimits(
                cutoff,
                topK,
                maxDepth,
                maxNodes == null ? OptionalInt.empty() : OptionalInt.of(maxNodes),
                maskId == null ? OptionalInt.empty() : OptionalInt.of(maskId));
        long start = System.nanoTime();
        DefinitionTree.Answer tree = context.ask(
                new DefinitionTree(opened.id(), settings, tokens, limits, compared, steering, Optional.empty()));
        double seconds = (System.nanoTime() - start) / 1e9;

        Map<String, Object> result = new LinkedHashMap<>();
        result.put("settings", describe(opened, settings, tokens));
        result.put("nodes", tree.size() - 1);
        result.put("seconds", seconds);
        if (compared.kind() != TreeBaseline.Kind.NONE) {
            result.put("divergence", tree.divergence());
            if (nullDraws > 0) {
                result.put(
                        "null",
                        beyondChance(context.ask(NullDivergence.of(tree.query(), nullDraws))
                                .correct(tree)));
            }
        }
        TreeOutline outline = TreeOutline.of(tree, id -> ModelOptions.text(opened, id));
        if (against != null) {
            result.put("comparison", comparison(outline, TreeOutline.read(against)));
        }
        if (out != null) {
            write(outline, ghost.describe(opened, settings, vector));
            result.put("out", out.toString());
        }
        result.put("tree", outline.json());
        return result;
    }

    private static Map<String, Object> beyondChance(NullDivergence.Corrected chance) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("nodes", NullDivergence.NODES);
        said.put("divergence", chance.divergence());
        said.put("random_mean", chance.mean());
        said.put("random_deviation", chance.deviation());
        said.put("beyond_chance", chance.beyondChance());
        said.put("z", chance.z());
        said.put("chance", chance.chance());
        return said;
    }

    private void write(TreeOutline outline, Map<String, Object> settings) {
        String text = out.toString().endsWith(".json")
                ? outline.jsonText()
                : out.toString().endsWith(".txt")
                        ? outline.indented()
                        : outline.markdown(settings.entrySet().stream()
                                .filter(entry -> entry.getValue() != null)
                                .map(entry -> entry.getKey() + " " + entry.getValue())
                                .collect(java.util.stream.Collectors.joining(", ")));
        TextFiles.write(out, text);
    }

    private static Map<String, Object> comparison(TreeOutline a, TreeOutline b) {
        TreeDiff diff = new TreeDiff(a, b);
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("shared", diff.count(TreeDiff.Part.BOTH));
        said.put("only_here", diff.count(TreeDiff.Part.ONLY_A));
        said.put("only_there", diff.count(TreeDiff.Part.ONLY_B));
        said.put("first_token_overlap", diff.overlap());
        return said;
    }

    private void requireLimits() {
        if (topK < 1) {
            throw new UsageException("--top-k is " + topK + ", at least 1 is needed");
        }
        if (!(cutoff >= 0 && cutoff <= 1)) {
            throw new UsageException("--cutoff is " + cutoff + ", expected 0 to 1");
        }
        if (maxDepth < 0) {
            throw new UsageException("--max-depth is " + maxDepth + ", at least 0 is needed");
        }
        if (maxNodes != null && maxNodes < 1) {
            throw new UsageException("--max-nodes is " + maxNodes + ", at least 1 is needed");
        }
    }

    private Optional<TreeSteering> steering() {
        if (steer != null && clamp != null) {
            throw new UsageException("--steer and --clamp are both given; a feature is added or clamped");
        }
        return clamp != null
                ? Optional.of(steering("--clamp", clamp, TreeSteering.Kind.CLAMP))
                : Optional.ofNullable(steer).map(text -> steering("--steer", text, TreeSteering.Kind.ADD));
    }

    private TreeSteering steering(String option, String text, TreeSteering.Kind kind) {
        int colon = text.indexOf(':');
        if (ghost.sae().isEmpty() || ghost.feature().isEmpty()) {
            throw new UsageException(option + " needs --sae PATH and --feature I, whose decoder direction it is about");
        }
        try {
            return new TreeSteering(
                    ghost.sae().get().id(),
                    ghost.feature().get(),
                    Integer.parseInt(text.substring(0, Math.max(0, colon))),
                    kind,
                    Double.parseDouble(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new UsageException(option + " is " + text + ", expected a layer and a number with a colon between");
        }
    }

    private Map<String, Object> describe(OpenModel opened, GhostSettings settings, GhostPrompt tokens) {
        Map<String, Object> said = ghost.describe(opened, settings, vector);
        prompt.describe(said, tokens);
        said.put("mask_id", maskId);
        said.put("top_k", topK);
        said.put("cutoff", cutoff);
        said.put("max_depth", maxDepth);
        said.put("max_nodes", maxNodes);
        said.put("baseline", baseline);
        said.put("steer", steer);
        said.put("clamp", clamp);
        return said;
    }

    @Override
    protected ResultPrinter table(Map<String, Object> result) {
        Map<String, Object> rest = new LinkedHashMap<>(result);
        rest.remove("tree");
        return out -> {
            new TextTable(rest).print(out);
            out.println("tree");
            branches(out, (Map<?, ?>) result.get("tree"), "  ");
        };
    }

    private static void branches(PrintStream out, Map<?, ?> node, String indent) {
        for (Object child : (List<?>) node.get("children")) {
            Map<?, ?> branch = (Map<?, ?>) child;
            String token = branch.get("token").toString().replace("\n", "\\n");
            out.printf(Locale.ROOT, "%s%s  %.4g%n", indent, token, (Double) branch.get("cumulative_prob"));
            branches(out, branch, indent + "  ");
        }
    }
}
