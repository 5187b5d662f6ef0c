package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.base.Cancellation;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * However rows are put together, a tree stays the same: to 1e-5 in probability, for products of other shapes round
 * otherwise.
 */
class GrowingTreeTest {
    private static final ModelConfig CONFIG = ModelConfig.gpt2(40, 32, 8, 2, 2);
    private static final GhostPrompt PROMPT = GhostPrompt.between(List.of(List.of(5, 12, 20), List.of(34, 7)));
    private static final TreeLimits LIMITS = new TreeLimits(1e-3, 4, 6, OptionalInt.empty(), OptionalInt.of(17));

    private TestDevice device;
    private ModelId model;
    private SaeId sae;

    @BeforeEach
    void open() {
        device = new TestDevice();
        model = device.model("tree", CONFIG, TinyModel.weights(CONFIG, 7));
        sae = device.sae("sae", gaussian(8, 16, 1), gaussian(16, 8, 2));
    }

    @AfterEach
    void close() {
        device.close();
    }

    private static HostTensor gaussian(int rows, int columns, long seed) {
        Random random = new Random(seed);
        float[] data = new float[rows * columns];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new HostTensor(data, rows, columns);
    }

    private DefinitionTree question(int feature, TreeBaseline baseline) {
        return new DefinitionTree(model, GhostSettings.encoder(sae, feature), PROMPT, LIMITS).withBaseline(baseline);
    }

    /** Grows trees side by side, {@code rows} nodes of each per step. */
    private List<DefinitionTree.Answer> grow(BatchedPasses runs, int rows, List<DefinitionTree> questions) {
        List<TreeNodes> nodes = new ArrayList<>();
        List<GrowingTree> trees = new ArrayList<>();
        Query.Single<Boolean> begin = scope -> {
            for (DefinitionTree question : questions) {
                nodes.add(new TreeNodes());
                trees.add(new GrowingTree(
                        question.limits(),
                        nodes.get(nodes.size() - 1),
                        TreeGrowth.lanes(scope, scope.model(model), question)));
            }
            GrowingTree.begin(scope, scope.model(model), runs, trees);
            return true;
        };
        device.ask(begin);
        while (trees.stream().anyMatch(GrowingTree::hasWork)) {
            Query.Single<Boolean> step = scope -> {
                List<GrowingTree.Turn> turns = trees.stream()
                        .filter(GrowingTree::hasWork)
                        .map(tree -> new GrowingTree.Turn(tree, tree.nextBatch(rows)))
                        .toList();
                GrowingTree.expand(scope, scope.model(model), runs, turns);
                return true;
            };
            device.ask(step);
        }
        List<DefinitionTree.Answer> answers = new ArrayList<>();
        for (int i = 0; i < questions.size(); i++) {
            answers.add(new DefinitionTree.Answer(questions.get(i), nodes.get(i), true));
        }
        return answers;
    }

    private static void assertSame(DefinitionTree.Answer tree, DefinitionTree.Answer expected) {
        assertSame(tree, 0, expected, 0);
        assertThat(tree.size()).isEqualTo(expected.size());
    }

    private static void assertSame(DefinitionTree.Answer tree, int node, DefinitionTree.Answer expected, int other) {
        assertThat(tree.cumulative(node))
                .isCloseTo(expected.cumulative(other), within(1e-5 * expected.cumulative(other)));
        if (!Double.isNaN(expected.baselineProbability(other))) {
            assertThat(tree.baselineProbability(node)).isCloseTo(expected.baselineProbability(other), within(1e-5));
        }
        assertThat(TreeShape.childCount(tree, node)).isEqualTo(TreeShape.childCount(expected, other));
        for (int i = 0; i < TreeShape.childCount(tree, node); i++) {
            assertThat(tree.token(TreeShape.firstChild(tree, node) + i))
                    .isEqualTo(expected.token(TreeShape.firstChild(expected, other) + i));
            assertSame(tree, TreeShape.firstChild(tree, node) + i, expected, TreeShape.firstChild(expected, other) + i);
        }
    }

    @Test
    void ancestorsLaidSideBySideAndGatheredPerRowGiveTheSameTree() {
        DefinitionTree question = question(3, TreeBaseline.random(2));
        DefinitionTree.Answer together = grow(new BatchedPasses(1_000_000, 1_000_000), 9, List.of(question))
                .get(0);
        DefinitionTree.Answer perRow =
                grow(new BatchedPasses(0, 1_000_000), 9, List.of(question)).get(0);
        assertThat(together.size()).isGreaterThan(50);
        assertSame(perRow, together);
        assertSame(device.ask(question), together);
        assertThat(perRow.divergence()).isCloseTo(together.divergence(), within(1e-4));
        DefinitionTree.Answer promptsToo =
                grow(new BatchedPasses(0, 0), 9, List.of(question)).get(0);
        assertSame(promptsToo, together);
        assertThat(promptsToo.divergence()).isCloseTo(together.divergence(), within(1e-4));
    }

    @Test
    void lanesOfDifferentPromptsCanBeGatheredPerRow() {
        DefinitionTree question = question(3, TreeBaseline.EMPTY);
        assertSame(grow(new BatchedPasses(0, 0), 9, List.of(question)).get(0), device.ask(question));
    }

    @Test
    void treesGrownTogetherAreThoseGrownAlone() {
        List<DefinitionTree> questions = List.of(
                question(3, TreeBaseline.NONE),
                question(4, TreeBaseline.CENTROID),
                question(5, TreeBaseline.EMPTY),
                question(6, TreeBaseline.NONE).withSteering(new TreeSteering(sae, 1, 1, TreeSteering.Kind.ADD, 3)));
        List<DefinitionTree.Answer> together = grow(new BatchedPasses(), 7, questions);
        for (int i = 0; i < questions.size(); i++) {
            assertSame(together.get(i), device.ask(questions.get(i)));
        }
    }

    @Test
    void aForestAnswersWithTheTreesOfItsQuestions() {
        List<DefinitionTree> questions = new ArrayList<>();
        for (int feature = 0; feature < 9; feature++) {
            questions.add(question(feature, feature % 2 == 0 ? TreeBaseline.NONE : TreeBaseline.random(3)));
        }
        List<DefinitionTree.Answer> forest = device.ask(new TreeBatch(questions));
        for (int i = 0; i < questions.size(); i++) {
            assertThat(forest.get(i).isComplete()).isTrue();
            assertThat(forest.get(i).query()).isEqualTo(questions.get(i));
            assertSame(forest.get(i), device.ask(questions.get(i)));
        }
    }

    @Test
    void aTreeOfFewNodesKeepsNoKeysOfNodesThatHaveNothingToCome() {
        DefinitionTree question = new DefinitionTree(
                model,
                GhostSettings.encoder(sae, 3),
                PROMPT,
                LIMITS.withCutoff(0).withMaxNodes(40));
        Query.Sweep<DefinitionTree.Answer> sweep = question.begin();
        while (device.step(sweep, new loupe.base.Cancellation())) {
            assertThat(sweep.result().isComplete()).isFalse();
        }
        assertThat(((TreeGrowth) sweep).nodesWithKeyValues()).isLessThanOrEqualTo(40);
        assertThat(sweep.result().size()).isEqualTo(41);
    }

    @Test
    void aLargeTreesPartsGrowByASixteenthAtLeast() {
        DefinitionTree question = new DefinitionTree(
                model,
                GhostSettings.encoder(sae, 3),
                PROMPT,
                new TreeLimits(0, 5, 25, OptionalInt.of(6_000), OptionalInt.empty()));
        Query.Sweep<DefinitionTree.Answer> sweep = question.begin();
        DefinitionTree.Answer before = null;
        int same = 0;
        while (device.step(sweep, new Cancellation())) {
            DefinitionTree.Answer part = sweep.result();
            assertThat(part.isComplete()).isFalse();
            if (part == before) {
                same++;
            } else if (before != null && before.allNodes().size() >= 10_000) {
                assertThat(part.allNodes().size())
                        .isGreaterThanOrEqualTo(before.allNodes().size() / 16 * 17);
            }
            before = part;
        }
        assertThat(same).isPositive();
        assertThat(sweep.result().isComplete()).isTrue();
        assertThat(sweep.result().size()).isEqualTo(6_001);
    }
}
