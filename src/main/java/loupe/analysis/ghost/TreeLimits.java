package loupe.analysis.ghost;

import java.util.OptionalInt;
import java.util.Set;

/**
 * How far a tree grows.
 *
 * @param cutoff smallest cumulative probability of a node
 * @param topK how many children a node has at most: its most probable next tokens
 * @param maxDepth largest depth of a node; the root has 0
 * @param maxNodes keep only this many nodes besides the root, those of the largest cumulative probability
 * @param ends tokens that have no children, such as the one that ends a text
 * @param maskId a token whose logit is removed everywhere, such as the one whose place the ghost has taken
 */
public record TreeLimits(
        double cutoff, int topK, int maxDepth, OptionalInt maxNodes, OptionalInt maskId, Set<Integer> ends) {
    /** The notebook's settings. */
    public static final TreeLimits DEFAULT = new TreeLimits(5e-5, 5, 25, OptionalInt.empty(), OptionalInt.empty());

    /** The most children of a node. */
    public static final int MOST_CHILDREN = 1_000_000;

    /** The largest depth of a node; files of trees are read and written as deep as this. */
    public static final int DEEPEST = 250;

    /** The most nodes of a tree. */
    public static final int MOST_NODES = 1_000_000;

    /** Limits under which every token may have children. */
    public TreeLimits(double cutoff, int topK, int maxDepth, OptionalInt maxNodes, OptionalInt maskId) {
        this(cutoff, topK, maxDepth, maxNodes, maskId, Set.of());
    }

    public TreeLimits {
        ends = Set.copyOf(ends);
        if (!(cutoff >= 0 && cutoff <= 1)) {
            throw new IllegalArgumentException("cutoff is " + cutoff + ", must be from 0 to 1");
        }
        if (topK < 1 || maxDepth < 0 || maxDepth > DEEPEST) {
            throw new IllegalArgumentException(
                    "topK is " + topK + " and maxDepth " + maxDepth + ", must be at least 1 and 0 to " + DEEPEST);
        }
        if (maxNodes.isPresent() && maxNodes.getAsInt() < 1) {
            throw new IllegalArgumentException("maxNodes is " + maxNodes.getAsInt() + ", must be 1 or more");
        }
    }

    public TreeLimits withEnds(Set<Integer> newEnds) {
        return new TreeLimits(cutoff, topK, maxDepth, maxNodes, maskId, newEnds);
    }

    public TreeLimits withCutoff(double newCutoff) {
        return new TreeLimits(newCutoff, topK, maxDepth, maxNodes, maskId, ends);
    }

    public TreeLimits withMaxNodes(int newMaxNodes) {
        return new TreeLimits(cutoff, topK, maxDepth, OptionalInt.of(newMaxNodes), maskId, ends);
    }

    public TreeLimits withTopK(int newTopK) {
        return new TreeLimits(cutoff, newTopK, maxDepth, maxNodes, maskId, ends);
    }
}
