package loupe.analysis.ghost;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import loupe.inference.Scope;
import loupe.lm.LanguageModel;
import org.jspecify.annotations.Nullable;

/**
 * A tree while it grows: its nodes, the open ones still to be expanded, and the lanes in which they are expanded, the
 * ghost's first. Nodes of several trees can be expanded in one pass. Under a limit on nodes a tree grows until no open
 * node can have a child among those kept, so that the result does not depend on batch sizes. Device thread only.
 */
final class GrowingTree {
    private static final int FEWEST_TO_SIFT = 4_096;

    private final TreeLimits limits;
    private final TreeNodes nodes;
    private final List<GhostLane> lanes;
    /** Nodes to expand, most probable first. */
    private final PriorityQueue<Integer> open;
    /** For each node, how many of its children are open or have open descendants. */
    private final Map<Integer, Integer> openChildren = new HashMap<>();
    /** The cumulative probabilities of the best nodes known, as many as are to be kept, smallest first. */
    private final PriorityQueue<Double> kept = new PriorityQueue<>();

    private int largestExpandedDepth;
    private int siftAt = FEWEST_TO_SIFT;
    private boolean begun;

    /** @param nodes the nodes known so far; extended in place */
    GrowingTree(TreeLimits limits, TreeNodes nodes, List<GhostLane> lanes) {
        this.limits = limits;
        this.nodes = nodes;
        this.lanes = List.copyOf(lanes);
        open = new PriorityQueue<>((a, b) -> {
            int order = Double.compare(nodes.cumulative(b), nodes.cumulative(a));
            return order != 0 ? order : Integer.compare(a, b);
        });
    }

    List<GhostLane> lanes() {
        return lanes;
    }

    boolean hasWork() {
        return !begun || (!open.isEmpty() && nodes.cumulative(open.peek()) >= smallestKept());
    }

    /** A batch of nodes of one tree to expand. */
    record Turn(GrowingTree tree, List<Integer> batch) {}

    /** Runs the prompts of trees that have not started. */
    static void begin(Scope scope, LanguageModel lm, BatchedPasses runs, List<GrowingTree> trees) {
        List<GhostLane> all =
                trees.stream().flatMap(tree -> tree.lanes.stream()).toList();
        List<Predictions.Group> groups = trees.stream()
                .map(tree -> new Predictions.Group(tree.lanes.size(), 1, tree.limits))
                .toList();
        List<Predictions> predictions = new ArrayList<>();
        float[][][] keyValues = runs.prompts(
                scope, lm, all, residual -> predictions.addAll(Predictions.of(scope, lm, residual, groups)));
        for (int i = 0; i < all.size(); i++) {
            all.get(i).keepPrompt(keyValues[i]);
        }
        for (int i = 0; i < trees.size(); i++) {
            trees.get(i)
                    .begin(
                            trees.get(i).nodes.isExpanded(0) ? null : predictions.get(i),
                            lm.config().context());
        }
    }

    private void begin(@Nullable Predictions predictions, int context) {
        begun = true;
        int longest =
                lanes.stream().mapToInt(lane -> lane.prompt().length).max().orElseThrow();
        largestExpandedDepth = Math.min(limits.maxDepth() - 1, context - longest);
        if (predictions == null) {
            for (int node = 1; node < nodes.size(); node++) {
                consider(node);
            }
        } else if (limits.maxDepth() > 0) {
            add(0, predictions, 0);
        }
    }

    /**
     * The most probable open nodes, at most {@code most} of them. They stay open until they have been expanded, because
     * a step may be run again.
     */
    List<Integer> nextBatch(int most) {
        List<Integer> batch = new ArrayList<>();
        double smallest = smallestKept();
        while (batch.size() < most && !open.isEmpty() && nodes.cumulative(open.peek()) >= smallest) {
            batch.add(open.remove());
        }
        open.addAll(batch);
        return batch;
    }

    /** Expands the {@link #nextBatch} of each tree in one pass, with a row per node and lane. */
    static void expand(Scope scope, LanguageModel lm, BatchedPasses runs, List<Turn> turns) {
        restore(scope, lm, runs, turns);
        List<BatchedPasses.Row> rows = new ArrayList<>();
        List<Predictions.Group> groups = new ArrayList<>();
        for (Turn turn : turns) {
            for (GhostLane lane : turn.tree.lanes) {
                turn.batch.forEach(node -> rows.add(turn.tree.row(lane, node)));
            }
            groups.add(new Predictions.Group(turn.tree.lanes.size(), turn.batch.size(), turn.tree.limits));
        }
        List<Predictions> predictions = new ArrayList<>();
        BatchedPasses.Ran ran = runs.nodes(
                scope, lm, rows, residual -> predictions.addAll(Predictions.of(scope, lm, residual, groups)));
        for (int i = 0; i < turns.size(); i++) {
            turns.get(i).tree.accept(turns.get(i).batch, predictions.get(i));
        }
        keep(turns, ran);
    }

    private void accept(List<Integer> batch, Predictions predictions) {
        batch.forEach(node -> open.remove());
        for (int row = 0; row < batch.size(); row++) {
            int node = batch.get(row);
            add(node, predictions, row);
            closeUpwards(nodes.parent(node));
        }
        siftOpen();
    }

    /** Stores the keys and values of the nodes just expanded that have open descendants. */
    private static void keep(List<Turn> turns, BatchedPasses.Ran ran) {
        List<Integer> rows = new ArrayList<>();
        List<Consumer<float[]>> keepers = new ArrayList<>();
        int row = 0;
        for (Turn turn : turns) {
            for (GhostLane lane : turn.tree.lanes) {
                for (int node : turn.batch) {
                    if (turn.tree.openChildren.containsKey(node)) {
                        rows.add(row);
                        keepers.add(keyValues -> lane.keep(node, keyValues));
                    }
                    row++;
                }
            }
        }
        float[][] keyValues = ran.keyValues(rows);
        for (int i = 0; i < keyValues.length; i++) {
            keepers.get(i).accept(keyValues[i]);
        }
    }

    private void add(int node, Predictions predictions, int row) {
        nodes.expand(node, predictions.entropies()[row], predictions.divergences()[row]);
        for (int k = 0; k < predictions.topK(); k++) {
            int at = row * predictions.topK() + k;
            consider(nodes.add(
                    node,
                    (int) predictions.tokens()[at],
                    predictions.probabilities()[at],
                    predictions.baseline()[at]));
        }
    }

    /** Adds a node to those to keep and, if it can still be expanded, to the open nodes. */
    private void consider(int node) {
        double cumulative = nodes.cumulative(node);
        if (cumulative < limits.cutoff() || nodes.depth(node) > limits.maxDepth()) {
            return;
        }
        if (limits.maxNodes().isPresent()) {
            kept.add(cumulative);
            if (kept.size() > limits.maxNodes().getAsInt()) {
                kept.remove();
            }
        }
        if (!nodes.isExpanded(node)
                && nodes.depth(node) <= largestExpandedDepth
                && cumulative >= smallestKept()
                && !limits.ends().contains(nodes.token(node))) {
            open.add(node);
            openUpwards(nodes.parent(node));
        }
    }

    /**
     * Removes open nodes that can no longer be expanded, so that open nodes and their keys and values stay bounded by
     * the limit on nodes.
     */
    private void siftOpen() {
        if (open.size() < siftAt) {
            return;
        }
        double smallest = smallestKept();
        List<Integer> hopeless =
                open.stream().filter(node -> nodes.cumulative(node) < smallest).toList();
        if (!hopeless.isEmpty()) {
            List<Integer> rest = open.stream()
                    .filter(node -> nodes.cumulative(node) >= smallest)
                    .toList();
            open.clear();
            open.addAll(rest);
            hopeless.forEach(node -> closeUpwards(nodes.parent(node)));
        }
        siftAt = Math.max(FEWEST_TO_SIFT, 2 * open.size());
    }

    private void openUpwards(int node) {
        for (int at = node; at > 0 && openChildren.merge(at, 1, Integer::sum) == 1; at = nodes.parent(at)) {
            // The first open child opens its parent too.
        }
    }

    /**
     * Counts one open child of {@code node} less, and of its ancestors where that was the last; drops keys and values
     * that no later node attends to.
     */
    private void closeUpwards(int node) {
        for (int at = node; at > 0 && openChildren.merge(at, -1, Integer::sum) == 0; at = nodes.parent(at)) {
            openChildren.remove(at);
            for (GhostLane lane : lanes) {
                lane.drop(at);
            }
        }
    }

    private double smallestKept() {
        return limits.maxNodes().isPresent() && kept.size() == limits.maxNodes().getAsInt() ? kept.peek() : 0;
    }

    private BatchedPasses.Row row(GhostLane lane, int node) {
        float[][] ancestors = new float[nodes.depth(node) - 1][];
        for (int at = nodes.parent(node), i = ancestors.length - 1; i >= 0; i--, at = nodes.parent(at)) {
            ancestors[i] = lane.keyValues(at);
        }
        return new BatchedPasses.Row(lane, nodes.token(node), ancestors);
    }

    /**
     * Recomputes missing keys and values of ancestors, as in a tree resumed from an earlier answer, from the root
     * downwards.
     */
    private static void restore(Scope scope, LanguageModel lm, BatchedPasses runs, List<Turn> turns) {
        int deepest = turns.stream()
                .flatMapToInt(turn -> turn.batch.stream().mapToInt(turn.tree.nodes::depth))
                .max()
                .orElse(0);
        for (int depth = 1; depth < deepest; depth++) {
            List<Turn> missing = new ArrayList<>();
            List<BatchedPasses.Row> rows = new ArrayList<>();
            for (Turn turn : turns) {
                List<Integer> level = turn.tree.missing(turn.batch, depth);
                missing.add(new Turn(turn.tree, level));
                for (GhostLane lane : turn.tree.lanes) {
                    level.forEach(node -> rows.add(turn.tree.row(lane, node)));
                }
            }
            if (!rows.isEmpty()) {
                float[][] keyValues = runs.nodes(scope, lm, rows, residual -> {})
                        .keyValues(IntStream.range(0, rows.size()).boxed().toList());
                int at = 0;
                for (Turn turn : missing) {
                    for (GhostLane lane : turn.tree.lanes) {
                        for (int node : turn.batch) {
                            lane.keep(node, keyValues[at++]);
                        }
                    }
                }
            }
        }
    }

    /** The ancestors at this depth of some nodes that have no keys and values yet. */
    private List<Integer> missing(List<Integer> batch, int depth) {
        Set<Integer> missing = new LinkedHashSet<>();
        for (int node : batch) {
            int at = node;
            while (nodes.depth(at) > depth) {
                at = nodes.parent(at);
            }
            if (at != node && !lanes.get(0).hasKeyValues(at)) {
                missing.add(at);
            }
        }
        return List.copyOf(missing);
    }
}
