package loupe.ui;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import loupe.ui.tree.TreeData;

/** Trees for pictures and tests: the words are a dictionary's, the probabilities are drawn with a fixed seed. */
public final class SampleTree implements TreeData {
    private static final String[][] WORDS = {
        {" a", " an", " the", " any", " to"},
        {" small", " bird", " person", " plant", " group"},
        {" brown", " bird", " songbird", " of", " that"},
        {" that", " with", " of", " found", " who"},
        {" sings", " lives", " in", " a", " long"},
        {" in", " at", " the", " tail", " wings"},
        {" the", " morning", " forests", " Europe", ","},
        {" and", " or", " of", "\n", "."}
    };

    private final List<Integer> parents = new ArrayList<>();
    private final List<String> texts = new ArrayList<>();
    private final List<Double> probabilities = new ArrayList<>();
    private final List<Double> cumulatives = new ArrayList<>();
    private final boolean baseline;

    private SampleTree(boolean baseline) {
        this.baseline = baseline;
    }

    /**
     * A tree of about {@code size} nodes, grown best first like a real one: a smaller one is a prefix of a larger one.
     */
    public static SampleTree of(int size, long seed, boolean baseline) {
        SampleTree tree = new SampleTree(baseline);
        Random random = new Random(seed);
        tree.add(-1, "feature 1042", 1);
        PriorityQueue<int[]> queue =
                new PriorityQueue<>((a, b) -> Double.compare(tree.cumulative(b[0]), tree.cumulative(a[0])));
        queue.add(new int[] {0, 0});
        while (tree.size() < size && !queue.isEmpty()) {
            int[] next = queue.poll();
            String[] words = WORDS[(next[1] * 3 + next[0]) % WORDS.length];
            if (next[0] == 0) {
                words = WORDS[0];
            }
            double left = 0.95;
            for (int i = 0; i < 5 && tree.size() < size; i++) {
                double p = left * (0.35 + 0.4 * random.nextDouble());
                left -= p;
                int child = tree.add(next[0], words[i], p);
                queue.add(new int[] {child, next[1] + 1});
            }
        }
        return tree;
    }

    public int add(int parent, String text, double probability) {
        parents.add(parent);
        texts.add(text);
        probabilities.add(probability);
        cumulatives.add(parent < 0 ? probability : cumulatives.get(parent) * probability);
        return parents.size() - 1;
    }

    /** A tree from a few given nodes: root {@code ghost}, then what {@link #add} gets. */
    public static SampleTree empty() {
        SampleTree tree = new SampleTree(false);
        tree.add(-1, "ghost", 1);
        return tree;
    }

    /** A smaller tree that this one could have grown from. */
    public SampleTree firstNodes(int count) {
        SampleTree tree = new SampleTree(baseline);
        for (int node = 0; node < count; node++) {
            tree.add(parent(node), text(node), probability(node));
        }
        return tree;
    }

    public static SampleTree withBaseline() {
        SampleTree tree = new SampleTree(true);
        tree.add(-1, "ghost", 1);
        return tree;
    }

    @Override
    public int size() {
        return parents.size();
    }

    @Override
    public int parent(int node) {
        return parents.get(node);
    }

    @Override
    public String text(int node) {
        return texts.get(node);
    }

    @Override
    public double probability(int node) {
        return probabilities.get(node);
    }

    @Override
    public double cumulative(int node) {
        return cumulatives.get(node);
    }

    @Override
    public double baselineProbability(int node) {
        return node == 0 || !baseline ? Double.NaN : probability(node) * pathRatio(parent(node)) / pathRatio(node);
    }

    /** How many times likelier a path is here than under the baseline. */
    private double pathRatio(int node) {
        if (node == 0) {
            return 1;
        }
        return text(node).contains("person")
                        || text(node).contains("group")
                        || parent(node) > 0 && pathRatio(parent(node)) < 1
                ? 0.5
                : 20;
    }
}
