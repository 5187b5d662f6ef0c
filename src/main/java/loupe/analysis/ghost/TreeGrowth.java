package loupe.analysis.ghost;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import loupe.analysis.DeviceArrays;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Ghost;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.sae.SparseAutoencoder;

/**
 * Grows a {@link DefinitionTree} best first. The first step runs the prompt and gives the root's children; each further one
 * expands a batch of the most probable open nodes, small at first so that branches appear early, larger as long as a step
 * stays short. With a limit on nodes, growth goes on until no open node could still have a child among those kept, so that
 * the answer does not depend on the sizes of batches.
 */
final class TreeGrowth implements Query.Sweep<DefinitionTree.Answer> {
    private static final int FIRST_ROWS = 8;
    private static final int FEWEST_LATER_ROWS = 16;
    private static final int MOST_ROWS = 256;
    private static final double SHORT_STEP_MILLIS = 60;
    private static final double LONG_STEP_MILLIS = 200;
    /** Stands for the logit of a masked token; finite, so that its share of the entropy is 0 and not NaN. */
    private static final float REMOVED = -1e30f;

    private final DefinitionTree query;
    private final TreeLimits limits;
    private final TreeNodes nodes;
    /** Nodes to expand, most probable first. */
    private final PriorityQueue<Integer> open;
    /** How many children of a node are open or have open descendants. */
    private final Map<Integer, Integer> openChildren = new HashMap<>();
    /** The cumulative probabilities of the best nodes known, as many as are to be kept, smallest first. */
    private final PriorityQueue<Double> kept = new PriorityQueue<>();
    /** The ghost's, then the baseline's. */
    private List<TreeLane> lanes;
    private int largestExpandedDepth;
    private int rows = FIRST_ROWS;
    private boolean finished;

    TreeGrowth(DefinitionTree query) {
        // The answer is not to hold on to the answer it was grown from.
        this.query = query.fromTheRoot();
        limits = query.limits();
        nodes = query.grown().map(answer -> answer.known().copy()).orElseGet(TreeNodes::new);
        open = new PriorityQueue<>((a, b) -> {
            int order = Double.compare(nodes.cumulative(b), nodes.cumulative(a));
            return order != 0 ? order : Integer.compare(a, b);
        });
    }

    @Override
    public boolean step(Scope scope) {
        LanguageModel lm = scope.model(query.model());
        if (lanes == null) {
            begin(scope, lm);
        } else {
            expand(scope, lm, nextBatch());
        }
        finished = !hasWork();
        return !finished;
    }

    @Override
    public DefinitionTree.Answer result() {
        return new DefinitionTree.Answer(query, nodes.copy(), finished);
    }

    /** Known only when the number of nodes is limited. */
    @Override
    public double fraction() {
        return finished ? 1 : limits.maxNodes().isPresent() ? Math.min(1, (nodes.size() - 1.0) / limits.maxNodes().getAsInt()) : -1;
    }

    private void begin(Scope scope, LanguageModel lm) {
        List<TreeLane> made = lanes(scope, lm);
        List<NDArray> logits = new ArrayList<>();
        for (TreeLane lane : made) {
            logits.add(lane.root(scope, lm));
        }
        boolean grownOn = nodes.isExpanded(0);
        Predictions predictions = grownOn ? null : predictions(logits);
        lanes = made;
        largestExpandedDepth = Math.min(limits.maxDepth() - 1, lm.config().context() - made.stream().mapToInt(TreeLane::promptLength).max().orElseThrow());
        if (grownOn) {
            for (int node = 1; node < nodes.size(); node++) {
                consider(node);
            }
        } else if (limits.maxDepth() > 0) {
            add(0, predictions, 0);
        }
    }

    private List<TreeLane> lanes(Scope scope, LanguageModel lm) {
        GhostBasis.Answer basis = scope.answer(new GhostBasis(query.model(), query.ghost()));
        GhostVector vector = basis.vector(query.ghost());
        GhostPrompt prompt = query.prompt();
        List<TreeLane> made = new ArrayList<>();
        if (query.steering().isPresent()) {
            TreeSteering steering = query.steering().get();
            if (steering.layer() < 0 || steering.layer() >= lm.config().nLayers()) {
                throw new IllegalArgumentException("steering layer is " + steering.layer() + ", the model has " + lm.config().nLayers());
            }
            int from = prompt.ghostPositions().get(prompt.ghostPositions().size() - 1) + 1;
            made.add(lane(prompt, vector.ghost().data(), steering(scope.sae(steering.sae()), steering, lm), steering.layer(), from));
        } else {
            made.add(lane(prompt, vector.ghost().data(), null, 0, 0));
        }
        for (int i = 0; i < query.baseline().lanes(); i++) {
            made.add(switch (query.baseline().kind()) {
                case CENTROID -> lane(prompt, vector.centroid().data(), null, 0, 0);
                case RANDOM -> lane(prompt, random(vector, i), null, 0, 0);
                case EMPTY -> empty(prompt);
                case NONE -> throw new IllegalStateException("no baseline has no lanes");
            });
        }
        return made;
    }

    private static TreeLane lane(GhostPrompt prompt, float[] ghost, float[] steering, int layer, int from) {
        int[] ids = prompt.ids().stream().mapToInt(Integer::intValue).toArray();
        List<Ghost> ghosts = new ArrayList<>();
        for (int position : prompt.ghostPositions()) {
            ids[position] = 0;
            ghosts.add(new Ghost(0, position, ghost));
        }
        return new TreeLane(ids, ghosts, steering, layer, from);
    }

    private static TreeLane empty(GhostPrompt prompt) {
        List<Integer> rest = prompt.withoutGhosts();
        if (rest.isEmpty()) {
            throw new IllegalArgumentException("the prompt is nothing but the ghost, so an empty baseline has no tokens");
        }
        return new TreeLane(rest.stream().mapToInt(Integer::intValue).toArray(), List.of(), null, 0, 0);
    }

    private static float[] steering(SparseAutoencoder sae, TreeSteering steering, LanguageModel lm) {
        float[] direction = sae.decoderDirection(steering.feature());
        if (direction.length != lm.config().dModel()) {
            throw new IllegalArgumentException("the decoder direction has " + direction.length + " dimensions, the model's residual stream " + lm.config().dModel());
        }
        double norm = 0;
        for (float x : direction) {
            norm += (double) x * x;
        }
        for (int i = 0; i < direction.length; i++) {
            direction[i] = norm == 0 ? 0 : (float) (direction[i] * steering.coefficient() / Math.sqrt(norm));
        }
        return direction;
    }

    /** A random direction as far from where the ghost starts, the centroid or zero, as the ghost is. */
    private float[] random(GhostVector vector, int seed) {
        Random random = new Random(seed);
        boolean moved = query.ghost().centroid() || query.ghost().source() instanceof GhostSource.Finished;
        double[] origin = Vectors.scaled(Vectors.doubles(vector.centroid()), moved ? 1 : 0);
        double[] offset = Vectors.doubles(vector.ghost());
        Vectors.addScaled(offset, -1, origin);
        double[] direction = new double[origin.length];
        for (int i = 0; i < direction.length; i++) {
            direction[i] = random.nextGaussian();
        }
        Vectors.addScaled(origin, Vectors.norm(offset) / Vectors.norm(direction), direction);
        return Vectors.tensor(origin).data();
    }

    /** What the model predicts after each row: the topK tokens, and what the whole distribution is like. */
    private record Predictions(int topK, long[] tokens, double[] probabilities, double[] baseline, float[] entropies, float[] divergences) {}

    /** @param logits (rows, V) of each lane, the ghost's first */
    private Predictions predictions(List<NDArray> logits) {
        NDArray log = masked(logits.get(0)).logSoftmax(-1);
        int topK = (int) Math.min(limits.topK(), log.getShape().get(1) - (limits.maskId().isPresent() ? 1 : 0));
        NDArray p = log.exp();
        NDList top = log.topK(topK, 1, true, true);
        double[] probabilities = DeviceArrays.doubles(top.get(0));
        for (int i = 0; i < probabilities.length; i++) {
            probabilities[i] = Math.exp(probabilities[i]);
        }
        float[] entropies = DeviceArrays.floats(p.mul(log).sum(new int[] {1}).neg());
        double[] baseline = new double[probabilities.length];
        java.util.Arrays.fill(baseline, Double.NaN);
        float[] divergences = new float[entropies.length];
        java.util.Arrays.fill(divergences, Float.NaN);
        if (logits.size() > 1) {
            NDArray q = null;
            for (NDArray lane : logits.subList(1, logits.size())) {
                NDArray share = masked(lane).softmax(-1).divi(logits.size() - 1);
                q = q == null ? share : q.addi(share);
            }
            divergences = DeviceArrays.floats(log.sub(q.maximum(1e-38f).log()).mul(p).sum(new int[] {1}));
            baseline = DeviceArrays.doubles(q.gather(top.get(1), 1));
        }
        return new Predictions(topK, DeviceArrays.longs(top.get(1)), probabilities, baseline, entropies, divergences);
    }

    private NDArray masked(NDArray logits) {
        if (limits.maskId().isPresent()) {
            logits.set(new NDIndex(":, {}", limits.maskId().getAsInt()), REMOVED);
        }
        return logits;
    }

    private void add(int node, Predictions predictions, int row) {
        nodes.expand(node, predictions.entropies[row], predictions.divergences[row], predictions.topK);
        for (int k = 0; k < predictions.topK; k++) {
            int at = row * predictions.topK + k;
            consider(nodes.add(node, (int) predictions.tokens[at], predictions.probabilities[at], predictions.baseline[at]));
        }
    }

    /** Enters a node among those to keep and, if it has not been expanded and may be, among those to expand. */
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
        if (!nodes.isExpanded(node) && nodes.depth(node) <= largestExpandedDepth) {
            open.add(node);
            openUpwards(nodes.parent(node));
        }
    }

    private void openUpwards(int node) {
        for (int at = node; at > 0 && openChildren.merge(at, 1, Integer::sum) == 1; at = nodes.parent(at)) {
            // The first open child opens its parent too.
        }
    }

    /** One open child of {@code node} less; keys that nobody will attend to any more are forgotten. */
    private void closeUpwards(int node) {
        for (int at = node; at > 0 && openChildren.merge(at, -1, Integer::sum) == 0; at = nodes.parent(at)) {
            openChildren.remove(at);
            for (TreeLane lane : lanes) {
                lane.drop(at);
            }
        }
    }

    private boolean hasWork() {
        return !open.isEmpty() && nodes.cumulative(open.peek()) >= smallestKept();
    }

    private double smallestKept() {
        return limits.maxNodes().isPresent() && kept.size() == limits.maxNodes().getAsInt() ? kept.peek() : 0;
    }

    private List<Integer> nextBatch() {
        List<Integer> batch = new ArrayList<>();
        // Taken out of the queue only once expanded, for a step may be run again.
        PriorityQueue<Integer> rest = new PriorityQueue<>(open);
        double smallest = smallestKept();
        while (batch.size() < rows && !rest.isEmpty() && nodes.cumulative(rest.peek()) >= smallest) {
            batch.add(rest.remove());
        }
        return batch;
    }

    private void expand(Scope scope, LanguageModel lm, List<Integer> batch) {
        long start = System.nanoTime();
        int[][] ancestors = new int[batch.size()][];
        int[] tokens = new int[batch.size()];
        for (int row = 0; row < tokens.length; row++) {
            ancestors[row] = ancestors(batch.get(row));
            tokens[row] = nodes.token(batch.get(row));
        }
        float[][][] keys = new float[lanes.size()][tokens.length][];
        List<NDArray> logits = new ArrayList<>();
        for (int lane = 0; lane < lanes.size(); lane++) {
            restore(scope, lm, lanes.get(lane), ancestors);
            logits.add(lanes.get(lane).run(scope, lm, tokens, ancestors, keys[lane], Logits.LAST));
        }
        Predictions predictions = predictions(logits);
        batch.forEach(node -> open.remove());
        for (int row = 0; row < tokens.length; row++) {
            int node = batch.get(row);
            add(node, predictions, row);
            if (openChildren.containsKey(node)) {
                for (int lane = 0; lane < lanes.size(); lane++) {
                    lanes.get(lane).keep(node, keys[lane][row]);
                }
            }
            closeUpwards(nodes.parent(node));
        }
        adaptBatch((System.nanoTime() - start) / 1e6);
    }

    private void adaptBatch(double millis) {
        if (millis < SHORT_STEP_MILLIS) {
            rows = Math.min(MOST_ROWS, 2 * rows);
        } else if (millis > LONG_STEP_MILLIS) {
            rows = Math.max(FEWEST_LATER_ROWS, rows / 2);
        }
    }

    /** From the root's child down to the parent. */
    private int[] ancestors(int node) {
        int[] ancestors = new int[nodes.depth(node) - 1];
        for (int at = nodes.parent(node), i = ancestors.length - 1; i >= 0; i--, at = nodes.parent(at)) {
            ancestors[i] = at;
        }
        return ancestors;
    }

    /** Computes the keys of ancestors again that were forgotten, or never known in this growth; from the root downwards. */
    private void restore(Scope scope, LanguageModel lm, TreeLane lane, int[][] ancestors) {
        TreeMap<Integer, List<Integer>> missing = new TreeMap<>();
        for (int[] path : ancestors) {
            for (int node : path) {
                List<Integer> level = missing.computeIfAbsent(nodes.depth(node), depth -> new ArrayList<>());
                if (!lane.hasKeys(node) && !level.contains(node)) {
                    level.add(node);
                }
            }
        }
        for (List<Integer> level : missing.values()) {
            if (!level.isEmpty()) {
                int[] tokens = level.stream().mapToInt(nodes::token).toArray();
                int[][] above = level.stream().map(this::ancestors).toArray(int[][]::new);
                float[][] keys = new float[tokens.length][];
                lane.run(scope, lm, tokens, above, keys, Logits.NONE);
                for (int row = 0; row < tokens.length; row++) {
                    lane.keep(level.get(row), keys[row]);
                }
            }
        }
    }
}
