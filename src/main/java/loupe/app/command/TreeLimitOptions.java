package loupe.app.command;

import java.util.OptionalInt;
import java.util.Set;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.TreeLimits;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionRange;
import loupe.app.cli.OptionSection;
import loupe.inference.OpenModel;
import picocli.CommandLine.Option;

/** The options that say how far a tree grows. */
@OptionSection("Limits of the tree")
public final class TreeLimitOptions {
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
            names = "--max-nodes",
            paramLabel = "N",
            description = "Keep only the N most probable nodes (default: no limit).")
    @OptionRange(least = 1, most = TreeLimits.MOST_NODES)
    private Integer maxNodes;

    @Option(
            names = "--past-end",
            description = "Let trees go on after a token that ends a text (default: such a token has no children).")
    private boolean pastEnd;

    /** The limits in a model. */
    public TreeLimits of(OpenModel opened) {
        return new TreeLimits(
                cutoff,
                topK,
                maxDepth,
                maxNodes == null ? OptionalInt.empty() : OptionalInt.of(maxNodes),
                ModelOptions.maskId(opened, maskId),
                pastEnd ? Set.of() : opened.ends());
    }

    /** Warns of a tree without nodes. */
    public void warnOfNothing(DefinitionTree.Answer tree, CommandContext context) {
        if (tree.size() == 1) {
            context.warn("The tree has no nodes: "
                    + (maxDepth == 0 ? "--max-depth is 0" : "no next token is as probable as --cutoff " + cutoff));
        }
    }
}
