package loupe.analysis.ghost;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Two definition trees laid over each other: the trunk they share and the branches that only A or only B has. Branches
 * are the same if their tokens are, by id, or by text where one of the trees has no ids. Immutable; any thread.
 */
public final class TreeDiff {
    private final List<Node> nodes = new ArrayList<>();
    private final Map<Part, Integer> counts = new EnumMap<>(Part.class);
    private double overlap;

    /** Which of the two trees a node belongs to. */
    public enum Part {
        BOTH,
        ONLY_A,
        ONLY_B
    }

    /**
     * One node; its parent has a smaller number.
     *
     * @param a cumulative probability in A; NaN if it is not there
     * @param b cumulative probability in B; NaN if it is not there
     * @param probabilityA after its ancestors in A; NaN if it is not there
     */
    public record Node(
            int parent,
            int token,
            String text,
            Part part,
            double a,
            double b,
            double probabilityA,
            double probabilityB) {
        /** The larger of the two cumulative probabilities; never larger than the parent's. */
        public double cumulative() {
            return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b);
        }
    }

    public TreeDiff(TreeOutline a, TreeOutline b) {
        boolean byId = hasIds(a) && hasIds(b);
        List<List<Integer>> childrenA = a.children();
        List<List<Integer>> childrenB = b.children();
        List<int[]> pairs = new ArrayList<>();
        nodes.add(new Node(-1, -1, "", Part.BOTH, 1, 1, 1, 1));
        pairs.add(new int[] {0, 0});
        for (int at = 0; at < pairs.size(); at++) {
            int inA = pairs.get(at)[0];
            int inB = pairs.get(at)[1];
            Map<Object, Integer> othersB = new HashMap<>();
            if (inB >= 0) {
                childrenB.get(inB).forEach(child -> othersB.put(key(b.node(child), byId), child));
            }
            if (inA >= 0) {
                for (int child : childrenA.get(inA)) {
                    Integer other = othersB.remove(key(a.node(child), byId));
                    add(at, a.node(child), other == null ? null : b.node(other));
                    pairs.add(new int[] {child, other == null ? -1 : other});
                }
            }
            if (inB >= 0) {
                for (int child : childrenB.get(inB)) {
                    if (othersB.containsValue(child)) {
                        add(at, null, b.node(child));
                        pairs.add(new int[] {-1, child});
                    }
                }
            }
        }
    }

    private static boolean hasIds(TreeOutline tree) {
        for (int i = 1; i < tree.size(); i++) {
            if (tree.node(i).token() < 0) {
                return false;
            }
        }
        return true;
    }

    private static Object key(TreeOutline.Node node, boolean byId) {
        return byId ? (Object) node.token() : node.text();
    }

    private void add(int parent, TreeOutline.@Nullable Node a, TreeOutline.@Nullable Node b) {
        Part part = a == null ? Part.ONLY_B : b == null ? Part.ONLY_A : Part.BOTH;
        TreeOutline.Node one = Objects.requireNonNull(a == null ? b : a);
        nodes.add(new Node(
                parent,
                one.token(),
                one.text(),
                part,
                a == null ? Double.NaN : a.cumulative(),
                b == null ? Double.NaN : b.cumulative(),
                a == null ? Double.NaN : a.probability(),
                b == null ? Double.NaN : b.probability()));
        counts.merge(part, 1, Integer::sum);
        if (parent == 0 && a != null && b != null) {
            overlap += Math.min(a.probability(), b.probability());
        }
    }

    /** Number of nodes, the root included. */
    public int size() {
        return nodes.size();
    }

    public Node node(int index) {
        return nodes.get(index);
    }

    /** How many nodes besides the root are in a part. */
    public int count(Part part) {
        return counts.getOrDefault(part, 0);
    }

    /** How much probability both trees give to the same first tokens: the sum of the smaller one of each, 0 to 1. */
    public double overlap() {
        return overlap;
    }
}
