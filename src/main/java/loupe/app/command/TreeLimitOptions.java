package loupe.app.command;

import java.util.OptionalInt;
import java.util.Set;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.TreeLimits;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.inference.OpenModel;
import picocli.CommandLine.Option;

/** The options that say how far a tree grows. */
@OptionSection("Limits of the tree")
public abstract class TreeLimitOptions {
    @Option(names = "--mask-id", paramLabel = "ID", description = "Token id whose logit is removed (default: none).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private Integer maskId;

    @Option(names = "--top-k", paramLabel = "K", description = "Most children of a node (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = TreeLimits.MOST_CHILDREN)
    private int topK = TreeLimits.DEFAULT.topK();

    @Option(
            names = "--cutoff",
            paramLabel = "P",
            description = "Smallest cumulative probability (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = 1)
    private double cutoff = TreeLimits.DEFAULT.cutoff();

    @Option(names = "--max-depth", paramLabel = "D", description = "Largest depth (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = TreeLimits.DEEPEST)
    private int maxDepth = TreeLimits.DEFAULT.maxDepth();

    @Option(
            names = "--past-end",
            description = "Let trees go on after a token that ends a text (default: such a token has no children).")
    private boolean pastEnd;

    /** Of one tree, which may have any number of nodes. */
    public static final class OfOne extends TreeLimitOptions {
        @Option(
                names = "--max-nodes",
                paramLabel = "N",
                description = "Keep only the N most probable nodes (default: no limit).")
        @OptionRange(least = 1, most = TreeLimits.MOST_NODES)
        private Integer maxNodes;

        @Override
        public TreeLimits of(OpenModel opened) {
            return of(opened, maxNodes == null ? OptionalInt.empty() : OptionalInt.of(maxNodes));
        }
    }

    /** Of the trees of many features, which are kept small. */
    static final class OfMany extends TreeLimitOptions {
        @Option(
                names = "--max-nodes",
                paramLabel = "N",
                defaultValue = "300",
                description = "Keep only the N most probable nodes of each tree (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 1, most = TreeLimits.MOST_NODES)
        private int maxNodes;

        @Option(
                names = "--baseline",
                paramLabel = "WHICH",
                defaultValue = "none",
                description = "Baseline of the trees: none, centroid, random:N or empty (default: ${DEFAULT-VALUE}).")
        private String baseline;

        @Override
        public TreeLimits of(OpenModel opened) {
            return of(opened, OptionalInt.of(maxNodes));
        }

        /** What the trees are compared with. */
        TreeBaseline baseline() {
            return PromptOptions.baseline(baseline);
        }
    }

    /** The limits in a model. */
    public abstract TreeLimits of(OpenModel opened);

    final TreeLimits of(OpenModel opened, OptionalInt maxNodes) {
        return new TreeLimits(
                cutoff,
                topK,
                maxDepth,
                maxNodes,
                ModelOptions.maskId(opened, maskId),
                pastEnd ? Set.of() : opened.ends());
    }

    /** Warns of a tree without nodes. */
    public final void warnOfNothing(DefinitionTree.Answer tree, CommandContext context) {
        if (tree.size() == 1) {
            context.warn("The tree has no nodes: "
                    + (maxDepth == 0 ? "--max-depth is 0" : "no next token is as probable as --cutoff " + cutoff));
        }
    }
}
