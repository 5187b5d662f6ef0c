package loupe.ui.tree;

/**
 * The targets of the up and down keys in a tree: the sibling, or the nearest branch of an ancestor in that direction.
 */
final class TreeWalk {
    private TreeWalk() {}

    /** The next branch below {@code node}, or {@code node} when there is none; the root for -1. */
    static int down(TreeLayout layout, int node) {
        if (node < 0) {
            return layout.count() > 0 ? 0 : -1;
        }
        for (int at = node; at > 0; at = layout.data().parent(at)) {
            if (layout.nextSibling(at) >= 0) {
                return layout.nextSibling(at);
            }
        }
        return node;
    }

    /** The next branch above {@code node}: its previous sibling, or the parent that continues in the row above. */
    static int up(TreeLayout layout, int node) {
        if (node < 0) {
            return layout.count() > 0 ? 0 : -1;
        }
        for (int at = node; at > 0; at = layout.data().parent(at)) {
            int before = layout.firstChild(layout.data().parent(at));
            if (before != at) {
                while (layout.nextSibling(before) != at) {
                    before = layout.nextSibling(before);
                }
                return before;
            }
        }
        return node;
    }
}
