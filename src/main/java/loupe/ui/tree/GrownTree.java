package loupe.ui.tree;

import java.util.function.IntFunction;
import loupe.analysis.ghost.DefinitionTree;

/**
 * A grown tree as the canvas draws it.
 *
 * @param texts of tokens, by id
 */
record GrownTree(DefinitionTree.Answer answer, IntFunction<String> texts) implements TreeData {
    @Override
    public int size() {
        return answer.size();
    }

    @Override
    public int parent(int node) {
        return answer.parent(node);
    }

    @Override
    public String text(int node) {
        return node == 0 ? "" : texts.apply(answer.token(node));
    }

    @Override
    public double probability(int node) {
        return answer.probability(node);
    }

    @Override
    public double cumulative(int node) {
        return answer.cumulative(node);
    }

    @Override
    public int tokenId(int node) {
        return answer.token(node);
    }

    @Override
    public double baselineProbability(int node) {
        return answer.baselineProbability(node);
    }

    @Override
    public double entropy(int node) {
        return answer.entropy(node);
    }

    @Override
    public double logRatio(int node) {
        return answer.logRatio(node);
    }
}
