package loupe.ui.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import loupe.ui.export.Csv;

/** The shown nodes of a tree as rows. */
final class TreeTable {
    private static final List<String> HEADER = List.of(
            "node",
            "parent",
            "token id",
            "token text",
            "probability",
            "cumulative probability",
            "baseline probability",
            "entropy after it, nats",
            "sentence");

    private TreeTable() {}

    /** One row per shown node, stubs left out, parents before children; node and parent are the tree's own indices. */
    static Csv csv(TreeLayout layout) {
        return csv(layout, node -> true);
    }

    /** The same for some of the shown nodes. */
    static Csv csv(TreeLayout layout, IntPredicate wanted) {
        TreeData tree = layout.data();
        List<List<?>> rows = new ArrayList<>(layout.count());
        for (int i = 0; i < layout.count(); i++) {
            int node = layout.order(i);
            if (layout.stub(node) > 0 || !wanted.test(node)) {
                continue;
            }
            rows.add(List.of(
                    node,
                    tree.parent(node),
                    tree.tokenId(node),
                    tree.text(node),
                    tree.probability(node),
                    tree.cumulative(node),
                    Double.isNaN(tree.baselineProbability(node)) ? "" : tree.baselineProbability(node),
                    Double.isNaN(tree.entropy(node)) ? "" : tree.entropy(node),
                    tree.sentence(node)));
        }
        return new Csv(HEADER, rows);
    }
}
