package loupe.analysis.ghost;

import java.util.Arrays;

/**
 * All nodes of a tree known so far, by number, in arrays. Node 0 is the root. The children of a node are made together,
 * so their numbers follow each other, most probable first. Nodes below the cutoff are kept too: they are where a tree
 * grows on when the cutoff is lowered. Device thread only; {@link #copy} for others.
 */
final class TreeNodes {
    static final int NONE = -1;

    private int size = 1;
    private int[] token = {NONE};
    private int[] parent = {NONE};
    private int[] depth = {0};
    private boolean[] expanded = {false};
    private double[] probability = {1};
    private double[] cumulative = {1};
    private double[] baseline = {Double.NaN};
    private float[] entropy = {Float.NaN};
    private float[] divergence = {Float.NaN};

    /** A copy that later growth does not change. */
    TreeNodes copy() {
        TreeNodes copy = new TreeNodes();
        copy.size = size;
        copy.token = Arrays.copyOf(token, size);
        copy.parent = Arrays.copyOf(parent, size);
        copy.depth = Arrays.copyOf(depth, size);
        copy.expanded = Arrays.copyOf(expanded, size);
        copy.probability = Arrays.copyOf(probability, size);
        copy.cumulative = Arrays.copyOf(cumulative, size);
        copy.baseline = Arrays.copyOf(baseline, size);
        copy.entropy = Arrays.copyOf(entropy, size);
        copy.divergence = Arrays.copyOf(divergence, size);
        return copy;
    }

    int size() {
        return size;
    }

    int token(int node) {
        return token[node];
    }

    int parent(int node) {
        return parent[node];
    }

    int depth(int node) {
        return depth[node];
    }

    boolean isExpanded(int node) {
        return expanded[node];
    }

    double probability(int node) {
        return probability[node];
    }

    double cumulative(int node) {
        return cumulative[node];
    }

    double baseline(int node) {
        return baseline[node];
    }

    float entropy(int node) {
        return entropy[node];
    }

    float divergence(int node) {
        return divergence[node];
    }

    /** Records the model's prediction after a node; called once per node, right before its children are added. */
    void expand(int node, float itsEntropy, float itsDivergence) {
        entropy[node] = itsEntropy;
        divergence[node] = itsDivergence;
        expanded[node] = true;
    }

    /**
     * Adds a child of the node expanded last.
     *
     * @return its number
     */
    int add(int itsParent, int itsToken, double itsProbability, double itsBaseline) {
        if (size == token.length) {
            grow(Math.max(64, 2 * size));
        }
        token[size] = itsToken;
        parent[size] = itsParent;
        depth[size] = depth[itsParent] + 1;
        probability[size] = itsProbability;
        cumulative[size] = cumulative[itsParent] * itsProbability;
        baseline[size] = itsBaseline;
        entropy[size] = Float.NaN;
        divergence[size] = Float.NaN;
        return size++;
    }

    private void grow(int room) {
        token = Arrays.copyOf(token, room);
        parent = Arrays.copyOf(parent, room);
        depth = Arrays.copyOf(depth, room);
        expanded = Arrays.copyOf(expanded, room);
        probability = Arrays.copyOf(probability, room);
        cumulative = Arrays.copyOf(cumulative, room);
        baseline = Arrays.copyOf(baseline, room);
        entropy = Arrays.copyOf(entropy, room);
        divergence = Arrays.copyOf(divergence, room);
    }
}
