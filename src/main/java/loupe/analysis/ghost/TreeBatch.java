package loupe.analysis.ghost;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.LanguageModel;

/**
 * Several definition trees of one model, grown together: each step expands nodes of all of them in one pass, so that
 * many small trees cost what one large tree of as many nodes does. Each is the tree it would be alone.
 *
 * @param trees at least one, of one model; earlier answers they would grow on from are not used
 */
public record TreeBatch(List<DefinitionTree> trees) implements Query.Stepped<List<DefinitionTree.Answer>> {
    /** Prompts run in one step. */
    private static final int PROMPTS_PER_STEP = 16;

    public TreeBatch {
        trees = trees.stream().map(DefinitionTree::fromTheRoot).toList();
        if (trees.isEmpty()
                || trees.stream().map(DefinitionTree::model).distinct().count() != 1) {
            throw new IllegalArgumentException("trees are of "
                    + trees.stream().map(DefinitionTree::model).distinct().toList() + ", must be of one model");
        }
    }

    @Override
    public Query.Sweep<List<DefinitionTree.Answer>> begin() {
        return new Growth(trees);
    }

    @Override
    public long bytes(List<DefinitionTree.Answer> answer) {
        return answer.stream().mapToLong(tree -> tree.query().bytes(tree)).sum();
    }

    private static final class Growth implements Query.Sweep<List<DefinitionTree.Answer>> {
        private final ModelId model;
        private final List<Planted> trees;
        private final BatchedPasses runs = new BatchedPasses();
        private final BatchSize rows = new BatchSize();

        Growth(List<DefinitionTree> questions) {
            model = questions.get(0).model();
            trees = questions.stream().map(Planted::new).toList();
        }

        @Override
        public boolean step(Scope scope) {
            LanguageModel lm = scope.model(model);
            if (!begin(scope, lm, runs, trees)) {
                grow(scope, lm, runs, rows, trees);
            }
            return trees.stream().anyMatch(Planted::hasWork);
        }

        @Override
        public List<DefinitionTree.Answer> result() {
            return trees.stream().map(Planted::answer).toList();
        }

        @Override
        public double fraction() {
            return trees.stream().filter(tree -> !tree.hasWork()).count() / (double) trees.size();
        }
    }

    /** A query and the tree grown for it so far. */
    static final class Planted {
        private final DefinitionTree question;
        private final TreeNodes nodes = new TreeNodes();

        @SuppressWarnings("NullAway.Init") // begins when its turn comes
        private GrowingTree growing;

        Planted(DefinitionTree question) {
            this.question = question;
        }

        boolean hasBegun() {
            return growing != null;
        }

        boolean hasWork() {
            return growing == null || growing.hasWork();
        }

        int size() {
            return nodes.size();
        }

        private int lanes() {
            return 1 + question.baseline().lanes();
        }

        DefinitionTree.Answer answer() {
            return new DefinitionTree.Answer(question, nodes.copy(), !hasWork());
        }
    }

    /** Which of these trees the next {@link #begin} is for, in their order; none if all have begun. */
    static List<Planted> next(List<Planted> trees) {
        List<Planted> now = new ArrayList<>();
        int prompts = 0;
        for (Planted tree : trees) {
            if (!tree.hasBegun() && (now.isEmpty() || prompts + tree.lanes() <= PROMPTS_PER_STEP)) {
                now.add(tree);
                prompts += tree.lanes();
            }
        }
        return now;
    }

    /**
     * Runs the prompts of the next trees that have not begun.
     *
     * @return whether there were any
     */
    static boolean begin(Scope scope, LanguageModel lm, BatchedPasses runs, List<Planted> trees) {
        List<Planted> now = next(trees);
        List<GrowingTree> fresh = new ArrayList<>();
        for (Planted tree : now) {
            fresh.add(new GrowingTree(tree.question.limits(), tree.nodes, TreeGrowth.lanes(scope, lm, tree.question)));
        }
        if (fresh.isEmpty()) {
            return false;
        }
        GrowingTree.begin(scope, lm, runs, fresh);
        for (int i = 0; i < now.size(); i++) {
            now.get(i).growing = fresh.get(i);
        }
        return true;
    }

    /**
     * Expands the most probable nodes of every unfinished tree, small trees first, with an equal share of the rows for
     * each.
     */
    static void grow(Scope scope, LanguageModel lm, BatchedPasses runs, BatchSize rows, List<Planted> trees) {
        List<Planted> growing = trees.stream()
                .filter(Planted::hasWork)
                .sorted(Comparator.comparingInt(Planted::size))
                .toList();
        int each = Math.max(
                1, rows.next() / growing.stream().mapToInt(Planted::lanes).sum());
        List<GrowingTree.Turn> turns = new ArrayList<>();
        int ran = 0;
        for (Planted tree : growing) {
            if (ran > 0 && ran + each * tree.lanes() > rows.next()) {
                break;
            }
            List<Integer> batch = tree.growing.nextBatch(each);
            turns.add(new GrowingTree.Turn(tree.growing, batch));
            ran += batch.size() * tree.lanes();
        }
        rows.measure(scope, ran, () -> GrowingTree.expand(scope, lm, runs, turns));
    }
}
