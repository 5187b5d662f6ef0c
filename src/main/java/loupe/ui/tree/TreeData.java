package loupe.ui.tree;

import java.util.ArrayDeque;

/**
 * A tree of continuations as {@link TreeCanvas} draws it. Immutable.
 *
 * <p>Node 0 is the root, and every node's parent has a smaller index. Probabilities are fractions.
 */
public interface TreeData {
    /** A tree with nothing in it. */
    TreeData EMPTY = new TreeData() {
        @Override
        public int size() {
            return 0;
        }

        @Override
        public int parent(int node) {
            throw new IndexOutOfBoundsException(node);
        }

        @Override
        public String text(int node) {
            throw new IndexOutOfBoundsException(node);
        }

        @Override
        public double probability(int node) {
            throw new IndexOutOfBoundsException(node);
        }

        @Override
        public double cumulative(int node) {
            throw new IndexOutOfBoundsException(node);
        }
    };

    int size();

    /** The parent's index, -1 for the root. */
    int parent(int node);

    /** The token's text, with its spaces; for the root the text in front of every branch. */
    String text(int node);

    /** The token's probability after its parent. */
    double probability(int node);

    /** The product of the probabilities from the root, 1 at the root; never larger than the parent's. */
    double cumulative(int node);

    /** The token's id, -1 when it has none. */
    default int tokenId(int node) {
        return -1;
    }

    /**
     * The probability the baseline gives the token after the same ancestors; not-a-number when there is no baseline.
     */
    default double baselineProbability(int node) {
        return Double.NaN;
    }

    /** Natural logarithm of the token's probability over the baseline's; not-a-number when there is no baseline. */
    default double logRatio(int node) {
        return Math.log(probability(node) / baselineProbability(node));
    }

    /** Entropy of the next token after this node in nats; not-a-number where the tree was not grown on. */
    default double entropy(int node) {
        return Double.NaN;
    }

    /** Which of the trees has a branch, when two are drawn as one. */
    enum Share {
        /** There is one tree. */
        ONE_TREE,
        /** Both trees have it. */
        BOTH,
        /** Only the tree of this side has it. */
        HERE,
        /** Only the other tree has it. */
        THERE
    }

    default Share share(int node) {
        return Share.ONE_TREE;
    }

    /**
     * The mark behind the first node of a branch that only one of two trees has: + for this side's, a minus for the
     * other's.
     */
    default String mark(int node) {
        if (node == 0 || share(node) == share(parent(node))) {
            return "";
        }
        return share(node) == Share.HERE ? "+" : share(node) == Share.THERE ? "\u2212" : "";
    }

    /** The texts from below the root to {@code node}, joined. */
    default String sentence(int node) {
        ArrayDeque<String> texts = new ArrayDeque<>();
        for (int at = node; at > 0; at = parent(at)) {
            texts.push(text(at));
        }
        return String.join("", texts);
    }
}
