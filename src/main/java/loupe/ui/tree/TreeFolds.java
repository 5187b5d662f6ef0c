package loupe.ui.tree;

import java.util.Set;

/**
 * Which branches of a tree are hidden. Immutable; nodes go by their path's key, see {@link TreeLayout#key}.
 *
 * @param closed the nodes whose branches are hidden
 * @param under a branch is generic, and folded into one stub with its generic siblings, if no path through it has a
 *     log-likelihood ratio to the baseline above this, in nats; negative infinity folds none
 * @param opened the nodes whose generic branches are shown all the same
 */
record TreeFolds(Set<Long> closed, double under, Set<Long> opened) {
    static final TreeFolds NONE = closed(Set.of());

    TreeFolds {
        closed = Set.copyOf(closed);
        opened = Set.copyOf(opened);
    }

    /** Folds without generic branches. */
    static TreeFolds closed(Set<Long> closed) {
        return new TreeFolds(closed, Double.NEGATIVE_INFINITY, Set.of());
    }
}
