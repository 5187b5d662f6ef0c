package loupe.analysis.ghost;

/** Who are the children of whom in a tree, found from its nodes' parents. */
public final class TreeShape {
    private TreeShape() {}

    /** Number of a node's first child; -1 if there is none. */
    public static int firstChild(DefinitionTree.Answer tree, int node) {
        for (int child = node + 1; child < tree.size(); child++) {
            if (tree.parent(child) == node) {
                return child;
            }
        }
        return -1;
    }

    /** How many nodes follow the first child with the same parent, itself included. */
    public static int childCount(DefinitionTree.Answer tree, int node) {
        int first = firstChild(tree, node);
        int end = first;
        while (end >= 0 && end < tree.size() && tree.parent(end) == node) {
            end++;
        }
        return end - first;
    }

    /** How many ancestors a node has. */
    static int depth(DefinitionTree.Answer tree, int node) {
        return node == 0 ? 0 : 1 + depth(tree, tree.parent(node));
    }

    /** Token ids from the root's child down to a node. */
    static int[] path(DefinitionTree.Answer tree, int node) {
        int[] path = new int[depth(tree, node)];
        for (int at = node, i = path.length - 1; i >= 0; i--, at = tree.parent(at)) {
            path[i] = tree.token(at);
        }
        return path;
    }
}
