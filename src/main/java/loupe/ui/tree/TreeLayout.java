package loupe.ui.tree;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import loupe.ui.control.NumberTexts;
import loupe.ui.style.TextWidths;

/**
 * Positions of the nodes of a tree, left to right, in pixels at zoom 1.
 *
 * <p>A node's likeliest child continues in its row, so the likeliest sentence reads straight along; the other children
 * start rows below it, likelier ones first. Growth therefore moves nothing above it. One pass over the nodes (and a
 * sort within siblings). Rows hold chains: the shown nodes in the order of {@link #order} have rows that never
 * decrease.
 *
 * <p>Generic branches of a node that is not generic are folded into a stub below the others. It takes the place of the
 * likeliest of them, whose number it has. Any thread.
 */
public final class TreeLayout {
    static final double ROW = 22;
    static final double GAP = 32;
    static final double TEXT = TextWidths.SIZE;
    private static final double PILL = 34;
    private static final double MARK = 22;
    private static final double ROOT = 8;
    /** The size of a probability's text relative to other texts. */
    static final double CHANCE_TEXT = 0.8;
    /** The room in front of a probability. */
    static final double CHANCE_GAP = 6;
    /** The size of a stub's text relative to other texts. */
    private static final double STUB_TEXT = 0.78;

    private static final double STUB_MARGIN = 16;
    private static final double WEIGHT_POWER = 2.5;
    private static final double LEAST_CUTOFF = 1e-12;
    /** The room that the root's dot takes in front of its text. */
    static final double ROOT_DOT = 6;

    private final TreeData data;
    private final double cutoff;
    private final long[] key;
    private final int[] firstChild;
    private final int[] nextSibling;
    private final int[] row;
    private final int[] lastRow;
    private final double[] x;
    private final double[] width;
    private final double[] right;
    private final float[] weight;
    private final int[] hidden;
    private final boolean[] shown;
    private final float[] pathRatio;
    private final boolean[] generic;
    private final boolean chances;
    /** How many branches each stub stands for; 0 for other nodes. */
    private final int[] stub;

    private final int[] nextInStub;
    private final int[] order;
    private int count;
    private int rows;
    private int[] rowStart = new int[16];
    private double extent;

    /**
     * @param cutoff nodes with a smaller cumulative probability are left out
     * @param widthOf the width of a token's text in pixels at zoom 1
     */
    TreeLayout(TreeData data, double cutoff, TreeFolds folds, ToDoubleFunction<String> widthOf) {
        this(data, cutoff, folds, widthOf, false);
    }

    /**
     * @param cutoff nodes with a smaller cumulative probability are left out
     * @param widthOf the width of a token's text in pixels at zoom 1
     * @param chances whether tokens have their probabilities beside them
     */
    TreeLayout(TreeData data, double cutoff, TreeFolds folds, ToDoubleFunction<String> widthOf, boolean chances) {
        this.data = data;
        this.cutoff = cutoff;
        this.chances = chances;
        int size = data.size();
        key = new long[size];
        firstChild = new int[size];
        nextSibling = new int[size];
        row = new int[size];
        lastRow = new int[size];
        x = new double[size];
        width = new double[size];
        right = new double[size];
        weight = new float[size];
        hidden = new int[size];
        shown = new boolean[size];
        pathRatio = new float[size];
        generic = new boolean[size];
        stub = new int[size];
        nextInStub = new int[size];
        order = new int[size];
        if (size > 0) {
            connect();
            compare(folds.under());
            place(folds, widthOf);
            gather();
        }
    }

    /** Links children to parents, likely ones first, leaving out what is below the cutoff. */
    private void connect() {
        int size = data.size();
        Arrays.fill(firstChild, -1);
        Arrays.fill(nextSibling, -1);
        key[0] = data.text(0).hashCode();
        for (int node = 1; node < size; node++) {
            int parent = data.parent(node);
            key[node] = mix(key[parent], data.text(node).hashCode() * 31L + data.tokenId(node));
            if (data.cumulative(node) >= cutoff) {
                insert(parent, node);
            }
        }
    }

    /** Finds the generic branches: those without a path that is specific to this tree. */
    private void compare(double under) {
        int size = data.size();
        for (int node = 1; node < size; node++) {
            pathRatio[node] = (float) (pathRatio[data.parent(node)] + data.logRatio(node));
        }
        if (under == Double.NEGATIVE_INFINITY) {
            return;
        }
        boolean[] particular = new boolean[size];
        for (int node = size - 1; node > 0; node--) {
            boolean here = data.cumulative(node) >= cutoff;
            particular[node] |= here && !(pathRatio[node] < under);
            particular[data.parent(node)] |= particular[node];
            generic[node] = here && !particular[node];
        }
    }

    private void insert(int parent, int node) {
        double cumulative = data.cumulative(node);
        int before = -1;
        int after = firstChild[parent];
        while (after >= 0 && data.cumulative(after) >= cumulative) {
            before = after;
            after = nextSibling[after];
        }
        nextSibling[node] = after;
        if (before < 0) {
            firstChild[parent] = node;
        } else {
            nextSibling[before] = node;
        }
    }

    /** Replaces the generic children of a node by one stub at the end of its children. */
    private void gatherGeneric(int parent) {
        int last = -1;
        int holder = -1;
        int lastGeneric = -1;
        int next;
        for (int child = firstChild[parent]; child >= 0; child = next) {
            next = nextSibling[child];
            nextSibling[child] = -1;
            if (!generic[child]) {
                if (last < 0) {
                    firstChild[parent] = child;
                } else {
                    nextSibling[last] = child;
                }
                last = child;
                continue;
            }
            if (holder < 0) {
                holder = child;
            } else {
                nextInStub[lastGeneric] = child;
            }
            nextInStub[child] = -1;
            lastGeneric = child;
            stub[holder]++;
            hidden[holder] += 1 + descendants(child);
        }
        if (last < 0) {
            firstChild[parent] = holder;
        } else {
            nextSibling[last] = holder;
        }
    }

    private boolean hasGeneric(int parent) {
        for (int child = firstChild[parent]; child >= 0; child = nextSibling[child]) {
            if (generic[child]) {
                return true;
            }
        }
        return false;
    }

    private void place(TreeFolds folds, ToDoubleFunction<String> widthOf) {
        double least = Math.log10(Math.max(Math.min(cutoff, 0.5), LEAST_CUTOFF));
        int[] stack = new int[data.size()];
        int depth = 0;
        stack[depth++] = 0;
        Set<Integer> folded = new HashSet<>();
        while (depth > 0) {
            int node = stack[--depth];
            int parent = data.parent(node);
            boolean straight = parent < 0 || firstChild[parent] == node;
            if (!straight || parent < 0) {
                startRow();
            }
            shown[node] = true;
            weight[node] = (float) weightOf(data.cumulative(node), least);
            order[count++] = node;
            row[node] = rows - 1;
            x[node] = parent < 0 ? ROOT : x[parent] + width[parent] + GAP;
            boolean fold =
                    stub[node] == 0 && firstChild[node] >= 0 && folds.closed().contains(key[node]);
            if (fold) {
                folded.add(node);
            }
            width[node] = stub[node] > 0
                    ? STUB_TEXT * widthOf.applyAsDouble(stubLabel(node)) + STUB_MARGIN
                    : widthOf.applyAsDouble(data.text(node))
                            + (fold ? PILL : 0)
                            + (data.mark(node).isEmpty() ? 0 : MARK)
                            + (chance(node).isEmpty()
                                    ? 0
                                    : CHANCE_GAP + CHANCE_TEXT * widthOf.applyAsDouble(chance(node)))
                            + (parent < 0 ? ROOT_DOT : 0);
            right[node] = x[node] + width[node];
            extent = Math.max(extent, right[node]);
            if (!fold && stub[node] == 0) {
                if (!generic[node] && hasGeneric(node) && !folds.opened().contains(key[node])) {
                    gatherGeneric(node);
                }
                int pushed = depth;
                for (int child = firstChild[node]; child >= 0; child = nextSibling[child]) {
                    stack[depth++] = child;
                }
                reverse(stack, pushed, depth);
            }
        }
        for (int node : folded) {
            hidden[node] = descendants(node);
        }
    }

    private static double weightOf(double cumulative, double least) {
        double log = Math.log10(Math.max(cumulative, 1e-300));
        return Math.pow(Math.max(0, Math.min(1, (log - least) / -least)), WEIGHT_POWER);
    }

    private void startRow() {
        if (rows == rowStart.length) {
            rowStart = Arrays.copyOf(rowStart, 2 * rows);
        }
        rowStart[rows++] = count;
    }

    /** Brings the last row and the right end of every subtree up to its root. */
    private void gather() {
        for (int i = count - 1; i >= 0; i--) {
            int node = order[i];
            lastRow[node] = Math.max(lastRow[node], row[node]);
            int parent = data.parent(node);
            if (parent >= 0) {
                lastRow[parent] = Math.max(lastRow[parent], lastRow[node]);
                right[parent] = Math.max(right[parent], right[node]);
            }
        }
    }

    private int descendants(int node) {
        int below = 0;
        for (int child = firstChild[node]; child >= 0; child = nextSibling[child]) {
            below += 1 + descendants(child);
        }
        return below;
    }

    private static void reverse(int[] values, int from, int to) {
        for (int i = from, j = to - 1; i < j; i++, j--) {
            int swapped = values[i];
            values[i] = values[j];
            values[j] = swapped;
        }
    }

    private static long mix(long seed, long value) {
        long z = seed * 0x9e3779b97f4a7c15L + value;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        return z ^ (z >>> 27);
    }

    TreeData data() {
        return data;
    }

    /** How many nodes are shown. */
    public int count() {
        return count;
    }

    /** The {@code i}-th shown node, parents before children, rows never decreasing. */
    public int order(int i) {
        return order[i];
    }

    boolean shown(int node) {
        return shown[node];
    }

    /** The key of a node, a hash of its path, the same in every tree that has the path. */
    long key(int node) {
        return key[node];
    }

    int firstChild(int node) {
        return firstChild[node];
    }

    int nextSibling(int node) {
        return nextSibling[node];
    }

    /** Whether the node's branches are folded away. */
    boolean folded(int node) {
        return hidden[node] > 0;
    }

    /** Whether something follows a node that is or can be folded. */
    boolean hasMore(int node) {
        return hidden[node] > 0 || firstChild[node] >= 0;
    }

    /** How many nodes a folded node hides. */
    int hidden(int node) {
        return hidden[node];
    }

    /** The log-likelihood ratio of the path to a node, here over the baseline; not-a-number without one. */
    float pathRatio(int node) {
        return pathRatio[node];
    }

    /** Whether no path through the node exceeds its baseline by the fold threshold. */
    boolean generic(int node) {
        return generic[node];
    }

    /** The weight of a shown node by {@link TreePainter}, from 0 at the cutoff to 1 at certainty. */
    float weight(int node) {
        return weight[node];
    }

    /** How many generic branches the stub at this place stands for; 0 if it is no stub. */
    int stub(int node) {
        return stub[node];
    }

    /** The generic branches that a stub stands for, likely ones first. */
    int[] inStub(int node) {
        int[] branches = new int[stub[node]];
        for (int i = 0, at = node; i < branches.length; i++, at = nextInStub[at]) {
            branches[i] = at;
        }
        return branches;
    }

    /** The probability of a node's token after its parent, as it stands beside it; empty for none. */
    String chance(int node) {
        return chances && node > 0 ? NumberTexts.percent(data.probability(node)) : "";
    }

    String stubLabel(int node) {
        return "+" + hidden[node] + " generic";
    }

    /** How many nodes are folded away as generic. */
    int genericHidden() {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            sum += stub[order[i]] > 0 ? hidden[order[i]] : 0;
        }
        return sum;
    }

    int row(int node) {
        return row[node];
    }

    /** The last row of the node's subtree. */
    int lastRow(int node) {
        return lastRow[node];
    }

    /** The left end of the node's text. */
    double x(int node) {
        return x[node];
    }

    /** The vertical middle of the node's row. */
    double y(int node) {
        return (row[node] + 0.5) * ROW;
    }

    /** The width of the node's text and, when folded, of its count. */
    double width(int node) {
        return width[node];
    }

    /** The right end of the node's subtree. */
    double right(int node) {
        return right[node];
    }

    double totalWidth() {
        return extent;
    }

    double totalHeight() {
        return rows * ROW;
    }

    /** The first node of a row, or -1 when there is no such row. */
    int startOf(int wantedRow) {
        return wantedRow < 0 || wantedRow >= rows ? -1 : order[rowStart[wantedRow]];
    }

    /** The node whose branch or text is at a point in units of the layout, or -1. */
    int at(double atX, double atY) {
        int r = (int) Math.floor(atY / ROW);
        if (r < 0 || r >= rows) {
            return -1;
        }
        int end = r + 1 < rows ? rowStart[r + 1] : count;
        for (int i = rowStart[r]; i < end; i++) {
            int node = order[i];
            double left = node == 0 ? x[node] - ROOT : x[node] - GAP + 8;
            if (atX >= left && atX <= x[node] + width[node] + 8) {
                return node;
            }
        }
        return -1;
    }

    /** Whether a word or a branch lies in a part of the drawing, given by its edges in units of the layout. */
    boolean isCrossed(double left, double top, double right, double bottom) {
        int last = Math.min(rows - 1, (int) Math.floor(bottom / ROW));
        for (int r = Math.max(0, (int) Math.floor(top / ROW)); r <= last; r++) {
            int end = r + 1 < rows ? rowStart[r + 1] : count;
            for (int i = rowStart[r]; i < end; i++) {
                int node = order[i];
                if (x[node] - GAP <= right && x[node] + width[node] >= left) {
                    return true;
                }
            }
            for (int at = order[rowStart[r]]; at > 0; at = data.parent(at)) {
                double trunk = x[at] - GAP;
                if (nextSibling[at] >= 0 && trunk >= left && trunk <= right) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The node with a path's key, shown or not, or -1. */
    int find(long wanted) {
        for (int node = 0; node < key.length; node++) {
            if (key[node] == wanted) {
                return node;
            }
        }
        return -1;
    }
}
