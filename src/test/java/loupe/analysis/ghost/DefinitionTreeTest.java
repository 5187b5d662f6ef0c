package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import loupe.TinyModel;
import loupe.analysis.DeviceArrays;
import loupe.analysis.TestDevice;
import loupe.analysis.Vectors;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.Positions;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.lm.Ghost;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.Logits;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trees on the tiny model, against a slow tree that runs the whole text for every node. */
class DefinitionTreeTest {
    /** So few tokens that a random model likes some of them. */
    private static final int VOCABULARY = 40;

    private static final ModelConfig CONFIG = ModelConfig.gpt2(VOCABULARY, 32, 8, 2, 2);
    private static final Map<String, HostTensor> WEIGHTS = TinyModel.weights(CONFIG, 7);
    private static final int D_MODEL = CONFIG.dModel();
    private static final GhostPrompt PROMPT = GhostPrompt.between(List.of(List.of(5, 12, 20), List.of(34, 7)));
    private static final TreeLimits LIMITS = new TreeLimits(1e-4, 4, 6, OptionalInt.empty(), OptionalInt.of(17));

    private TestDevice device;
    private ModelId model;
    private SaeId sae;

    @BeforeEach
    void open() {
        device = new TestDevice();
        model = device.model("tree", CONFIG, WEIGHTS);
        sae = device.sae("sae", gaussian(D_MODEL, 16, 1), gaussian(16, D_MODEL, 2));
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

    private DefinitionTree tree(TreeLimits limits) {
        return new DefinitionTree(model, GhostSettings.encoder(sae, 3), PROMPT, limits);
    }

    /**
     * A node by its tokens. Equal nodes have probabilities that agree to five digits, for batches of different shapes
     * round differently.
     */
    private record Node(List<Integer> path, double cumulative) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Node that
                    && path.equals(that.path)
                    && Math.abs(cumulative - that.cumulative) <= 1e-5 * cumulative;
        }

        @Override
        public int hashCode() {
            return path.hashCode();
        }
    }

    /** All nodes in the order of a walk that takes likely branches first. */
    private static List<Node> lines(DefinitionTree.Answer tree) {
        List<Node> lines = new ArrayList<>();
        walk(tree, 0, lines);
        return lines;
    }

    private static void walk(DefinitionTree.Answer tree, int node, List<Node> lines) {
        lines.add(new Node(
                java.util.Arrays.stream(TreeShape.path(tree, node)).boxed().toList(), tree.cumulative(node)));
        for (int i = 0; i < TreeShape.childCount(tree, node); i++) {
            walk(tree, TreeShape.firstChild(tree, node) + i, lines);
        }
    }

    /** The most probable next tokens after a text, by one forward pass over all of it. */
    private record Next(int token, double probability) {}

    private List<Next> next(List<Integer> ids, List<Ghost> ghosts, Hook hook) {
        Query.Single<float[]> query = scope -> DeviceArrays.floats(scope.model(model)
                .forward(
                        scope.arrays(),
                        Input.of(ids.stream().mapToInt(Integer::intValue).toArray())
                                .with(ghosts),
                        hook,
                        null,
                        Logits.LAST,
                        new Cancellation()));
        float[] logits = device.ask(query);
        double sum = 0;
        for (int t = 0; t < logits.length; t++) {
            sum += t == 17 ? 0 : Math.exp(logits[t]);
        }
        List<Next> all = new ArrayList<>();
        for (int t = 0; t < logits.length; t++) {
            all.add(new Next(t, t == 17 ? 0 : Math.exp(logits[t]) / sum));
        }
        all.sort(Comparator.comparingDouble(n -> -n.probability));
        return all;
    }

    private void slow(
            List<Integer> ids,
            List<Ghost> ghosts,
            Hook hook,
            List<Integer> path,
            double cumulative,
            TreeLimits limits,
            List<Node> lines) {
        lines.add(new Node(List.copyOf(path), cumulative));
        if (path.size() == limits.maxDepth()) {
            return;
        }
        for (Next child : next(ids, ghosts, hook).subList(0, limits.topK())) {
            if (cumulative * child.probability >= limits.cutoff()) {
                List<Integer> longer = new ArrayList<>(ids);
                longer.add(child.token);
                List<Integer> deeper = new ArrayList<>(path);
                deeper.add(child.token);
                slow(longer, ghosts, hook, deeper, cumulative * child.probability, limits, lines);
            }
        }
    }

    private List<Ghost> ghostOf(GhostSettings settings) {
        return List.of(new Ghost(
                0,
                3,
                device.ask(new GhostBasis(model, settings))
                        .vector(settings)
                        .ghost()
                        .data()));
    }

    @Test
    void aTokenThatEndsATextHasNoChildrenAndNothingElseChanges() {
        DefinitionTree.Answer whole = device.ask(tree(LIMITS));
        int end = whole.token(TreeShape.firstChild(whole, 0));
        assertThat(TreeShape.childCount(whole, TreeShape.firstChild(whole, 0))).isPositive();

        DefinitionTree.Answer ending = device.ask(tree(LIMITS.withEnds(Set.of(end))));

        assertThat(lines(ending))
                .containsExactlyElementsOf(lines(whole).stream()
                        .filter(node -> {
                            int at = node.path().indexOf(end);
                            return at < 0 || at == node.path().size() - 1;
                        })
                        .toList());
        assertThat(device.ask(tree(LIMITS).from(ending)).size()).isEqualTo(whole.size());
    }

    @Test
    void theTreeIsTheOneThatRunsTheWholeTextForEveryNode() {
        TreeLimits limits = LIMITS.withCutoff(1e-3);
        List<Node> expected = new ArrayList<>();
        slow(PROMPT.ids(), ghostOf(GhostSettings.encoder(sae, 3)), Hook.NONE, List.of(), 1, limits, expected);
        assertThat(expected.size()).isGreaterThan(50);
        assertThat(lines(device.ask(tree(limits)))).isEqualTo(expected);
    }

    @Test
    void steeringIsAddedAfterTheGhostAndInTheTree() {
        TreeLimits limits = LIMITS.withCutoff(1e-3);
        assertThat(lines(device.ask(tree(limits).withSteering(new TreeSteering(sae, 5, 1, TreeSteering.Kind.ADD, 4)))))
                .isEqualTo(steeredSlowly(limits, 4, (share, direction) -> 4 * direction));
        assertThat(lines(device.ask(tree(limits).withSteering(new TreeSteering(sae, 5, 1, TreeSteering.Kind.ADD, 0)))))
                .isEqualTo(lines(device.ask(tree(limits))));
    }

    /** A direction that is listed acts as the steering does, and at generated tokens alone where that is said. */
    @Test
    void interventionsAreInForceWhileTheTreeGrows() {
        TreeLimits limits = LIMITS.withCutoff(1e-3);
        HostTensor direction = new HostTensor(gaussian(16, D_MODEL, 2).row(5), D_MODEL);
        Intervention.Target there = new Intervention.Target.Direction(HookPoint.residPre(1), direction);
        Intervention.Action add = new Intervention.Add(4, true);
        Interventions afterTheGhost = Interventions.of(List.of(new Intervention(there, add, Positions.from(4))));
        Interventions generated = Interventions.of(List.of(new Intervention(there, add, Positions.GENERATED)));
        assertThat(lines(device.ask(tree(limits).with(afterTheGhost))))
                .isEqualTo(steeredSlowly(limits, 4, (share, along) -> 4 * along));
        assertThat(lines(device.ask(tree(limits).with(generated))))
                .isEqualTo(steeredSlowly(limits, PROMPT.ids().size(), (share, along) -> 4 * along));
        assertThat(device.ask(tree(limits).with(generated)).query()).isNotEqualTo(tree(limits));
    }

    @Test
    void interventionsAndSteeringAddUpAndLeaveTheBaselineAlone() {
        TreeLimits limits = LIMITS.withCutoff(1e-3);
        HostTensor direction = new HostTensor(gaussian(16, D_MODEL, 2).row(5), D_MODEL);
        Interventions listed = Interventions.of(List.of(new Intervention(
                new Intervention.Target.Direction(HookPoint.residPre(1), direction),
                new Intervention.Add(1, true),
                Positions.from(4))));
        TreeSteering steering = new TreeSteering(sae, 5, 1, TreeSteering.Kind.ADD, 3);
        DefinitionTree.Answer both = device.ask(
                tree(limits).withBaseline(TreeBaseline.EMPTY).with(listed).withSteering(steering));
        assertThat(lines(both)).isEqualTo(steeredSlowly(limits, 4, (share, along) -> 4 * along));
        DefinitionTree.Answer plain = device.ask(tree(limits).withBaseline(TreeBaseline.EMPTY));
        assertThat(baselineOfFirstTokens(both)).containsAllEntriesOf(commonOf(both, plain));
        assertThat(commonOf(both, plain)).isNotEmpty();
    }

    private static Map<Integer, Double> baselineOfFirstTokens(DefinitionTree.Answer tree) {
        Map<Integer, Double> found = new HashMap<>();
        for (int node = 1; node < tree.size(); node++) {
            if (tree.parent(node) == 0) {
                found.put(tree.token(node), tree.baselineProbability(node));
            }
        }
        return found;
    }

    /** The plain tree's baseline of the first tokens that both have. */
    private static Map<Integer, Double> commonOf(DefinitionTree.Answer other, DefinitionTree.Answer plain) {
        Map<Integer, Double> found = baselineOfFirstTokens(plain);
        found.keySet().retainAll(baselineOfFirstTokens(other).keySet());
        return found;
    }

    /** The final norm's values are not those that a tree's nodes end with. */
    @Test
    void interventionsBehindTheLastBlockAreRefused() {
        Interventions behind = Interventions.of(List.of(new Intervention(
                new Intervention.Target.Direction(
                        HookPoint.of(HookPoint.Site.LN_FINAL_NORMALIZED),
                        new HostTensor(gaussian(16, D_MODEL, 2).row(5), D_MODEL)),
                new Intervention.Add(1, true),
                Positions.ALL)));
        assertThatThrownBy(() -> device.ask(tree(LIMITS).with(behind))).hasMessageContaining("behind the last block");
    }

    /** Clamped to 3, and to 0, which ablates the direction. */
    @Test
    void aClampedDirectionHasTheSameShareAtEveryPlaceAfterTheGhost() {
        TreeLimits limits = LIMITS.withCutoff(1e-3);
        for (double wanted : new double[] {3, 0}) {
            TreeSteering clamp = new TreeSteering(sae, 5, 1, TreeSteering.Kind.CLAMP, wanted);
            List<Node> clamped = lines(device.ask(tree(limits).withSteering(clamp)));
            assertThat(clamped).isEqualTo(steeredSlowly(limits, 4, (share, direction) -> (wanted - share) * direction));
            assertThat(clamped).isNotEqualTo(lines(device.ask(tree(limits))));
        }
    }

    /** What is added at a position, from the direction's share there and the direction of unit norm. */
    private interface Steering {
        double of(double share, double direction);
    }

    private List<Node> steeredSlowly(TreeLimits limits, int first, Steering steering) {
        float[] direction = gaussian(16, D_MODEL, 2).row(5);
        double norm = Vectors.norm(Vectors.doubles(new HostTensor(direction, D_MODEL)));
        Hook hook = new Hook() {
            @Override
            public boolean wants(HookPoint point) {
                return point.equals(HookPoint.residPre(1));
            }

            @Override
            public NDArray at(HookPoint point, NDArray value) {
                int length = (int) value.getShape().get(1);
                float[] before = value.toFloatArray();
                float[] added = new float[length * D_MODEL];
                for (int position = first; position < length; position++) {
                    double share = 0;
                    for (int i = 0; i < D_MODEL; i++) {
                        share += before[position * D_MODEL + i] * direction[i] / norm;
                    }
                    for (int i = 0; i < D_MODEL; i++) {
                        added[position * D_MODEL + i] = (float) steering.of(share, direction[i] / norm);
                    }
                }
                return value.add(value.getManager().create(added, new Shape(1, length, D_MODEL)));
            }
        };
        List<Node> expected = new ArrayList<>();
        slow(PROMPT.ids(), ghostOf(GhostSettings.encoder(sae, 3)), hook, List.of(), 1, limits, expected);
        return expected;
    }

    @Test
    void aTreeTrimmedToALargerCutoffIsTheOneGrownToIt() {
        DefinitionTree.Answer large = device.ask(tree(LIMITS));
        for (double cutoff : new double[] {1e-4, 5e-4, 1e-2, 0.5, 1}) {
            DefinitionTree wanted = tree(LIMITS.withCutoff(cutoff));
            assertThat(lines(device.ask(wanted.from(large)))).isEqualTo(lines(device.ask(wanted)));
        }
    }

    @Test
    void aTreeGrownOnFromALargerCutoffIsTheOneGrownFromTheRootInFewerSteps() {
        DefinitionTree.Answer small = device.ask(tree(LIMITS.withCutoff(3e-3)));
        DefinitionTree wanted = tree(LIMITS);
        DefinitionTree.Answer grownOn = growAlone(wanted.from(small));
        DefinitionTree.Answer fresh = device.ask(wanted);
        assertThat(lines(grownOn)).isEqualTo(lines(fresh));
        assertThat(wanted.from(small)).isEqualTo(wanted).hasSameHashCodeAs(wanted);
        assertThat(growAlone(wanted.from(fresh)).size()).isEqualTo(fresh.size());
    }

    @Test
    void anEarlierAnswerOfAnotherTreeIsNotGrownOnFrom() {
        DefinitionTree.Answer other =
                device.ask(new DefinitionTree(model, GhostSettings.decoder(sae, 4), PROMPT, LIMITS));
        assertThat(tree(LIMITS).from(other).grown()).isEmpty();
    }

    private DefinitionTree.Answer growAlone(DefinitionTree query) {
        Query.Sweep<DefinitionTree.Answer> sweep = query.begin();
        while (device.step(sweep, new Cancellation())) {
            assertThat(sweep.result().isComplete()).isFalse();
        }
        return sweep.result();
    }

    @Test
    void everyPartialTreeIsPartOfTheWholeAndTheFirstStepHasBranches() {
        Query.Sweep<DefinitionTree.Answer> sweep = tree(LIMITS).begin();
        List<DefinitionTree.Answer> partial = new ArrayList<>();
        while (device.step(sweep, new Cancellation())) {
            partial.add(sweep.result());
        }
        List<Node> whole = lines(sweep.result());
        assertThat(TreeShape.childCount(partial.get(0), 0)).isEqualTo(4);
        assertThat(partial.size()).isGreaterThan(2);
        partial.forEach(tree -> assertThat(whole).containsAll(lines(tree)));
    }

    @Test
    void theProbabilitiesOfChildrenAddUpToOneAtMost() {
        DefinitionTree.Answer tree = device.ask(tree(LIMITS));
        for (int node = 0; node < tree.size(); node++) {
            double sum = 0;
            for (int i = 0; i < TreeShape.childCount(tree, node); i++) {
                int child = TreeShape.firstChild(tree, node) + i;
                sum += tree.probability(child);
                assertThat(tree.parent(child)).isEqualTo(node);
                assertThat(TreeShape.depth(tree, child)).isEqualTo(TreeShape.depth(tree, node) + 1);
                assertThat(tree.token(child)).isNotEqualTo(17);
                assertThat(tree.cumulative(child)).isEqualTo(tree.cumulative(node) * tree.probability(child));
            }
            assertThat(sum).isLessThanOrEqualTo(1 + 1e-6);
        }
    }

    @Test
    void theGhostOfATokensOwnEmbeddingGivesThatTokensContinuation() {
        float[] embedding = WEIGHTS.get("transformer.wte.weight").row(29);
        DefinitionTree.Answer tree = device.ask(new DefinitionTree(
                model, GhostSettings.finished(new HostTensor(embedding, D_MODEL)), PROMPT, LIMITS.withCutoff(1e-3)));
        List<Integer> ids = new ArrayList<>(PROMPT.ids());
        ids.set(3, 29);
        List<Node> expected = new ArrayList<>();
        slow(ids, List.of(), Hook.NONE, List.of(), 1, LIMITS.withCutoff(1e-3), expected);
        assertThat(lines(tree)).isEqualTo(expected);
    }

    @Test
    void aLimitOnNodesKeepsTheMostProbableOnes() {
        DefinitionTree.Answer all = device.ask(tree(LIMITS));
        double[] cumulative = new double[all.size() - 1];
        for (int node = 1; node < all.size(); node++) {
            cumulative[node - 1] = -all.cumulative(node);
        }
        java.util.Arrays.sort(cumulative);
        for (int most : new int[] {1, 7, 60}) {
            DefinitionTree.Answer limited = device.ask(tree(LIMITS.withMaxNodes(most)));
            assertThat(limited.size()).isEqualTo(most + 1);
            assertThat(lines(limited))
                    .isEqualTo(lines(device.ask(tree(LIMITS.withCutoff(-cumulative[most - 1] * (1 - 1e-6))))));
        }
    }

    @Test
    void aTreeEndsWhereTheModelsContextEnds() {
        List<Integer> long30 = java.util.Collections.nCopies(30, 5);
        GhostPrompt prompt = new GhostPrompt(long30, List.of(0));
        DefinitionTree.Answer tree = device.ask(new DefinitionTree(
                model,
                GhostSettings.encoder(sae, 0),
                prompt,
                new TreeLimits(0, 2, 25, OptionalInt.empty(), OptionalInt.empty())));
        // 32 positions: the prompt has 30, tokens of depth 1 and 2 have places, and what follows the latter has depth
        // 3.
        assertThat(tree.size()).isEqualTo(1 + 2 + 4 + 8);
    }

    @Test
    void entropiesAreThoseOfTheWholeDistribution() {
        DefinitionTree.Answer tree = device.ask(tree(LIMITS));
        double entropy = next(PROMPT.ids(), ghostOf(GhostSettings.encoder(sae, 3)), Hook.NONE).stream()
                .mapToDouble(n -> n.probability == 0 ? 0 : -n.probability * Math.log(n.probability))
                .sum();
        assertThat((double) tree.entropy(0)).isCloseTo(entropy, within(1e-5));
    }

    @Test
    void aCentroidHasNothingToSayBeyondTheCentroidAndAFeatureDoes() {
        GhostSettings centroid = GhostSettings.encoder(sae, 3).withScale(0);
        DefinitionTree.Answer same =
                device.ask(new DefinitionTree(model, centroid, PROMPT, LIMITS).withBaseline(TreeBaseline.CENTROID));
        DefinitionTree.Answer feature = device.ask(tree(LIMITS).withBaseline(TreeBaseline.CENTROID));
        assertThat(same.divergence()).isCloseTo(0, within(1e-5));
        assertThat(same.logRatio(1)).isCloseTo(0, within(1e-5));
        assertThat(feature.divergence()).isGreaterThan(0.01);
        assertThat(lines(feature)).isEqualTo(lines(device.ask(tree(LIMITS))));
    }

    @Test
    void theBaselineIsWhatTheModelSaysWithoutTheGhost() {
        DefinitionTree.Answer tree = device.ask(tree(LIMITS.withCutoff(1e-2)).withBaseline(TreeBaseline.EMPTY));
        double divergence = 0;
        for (int node = 0; node < tree.size(); node++) {
            List<Integer> with = new ArrayList<>(PROMPT.ids());
            List<Integer> without = new ArrayList<>(List.of(5, 12, 20, 34, 7));
            for (int token : TreeShape.path(tree, node)) {
                with.add(token);
                without.add(token);
            }
            List<Next> p = next(with, ghostOf(GhostSettings.encoder(sae, 3)), Hook.NONE);
            List<Next> q = next(without, List.of(), Hook.NONE);
            double[] byToken = new double[VOCABULARY];
            q.forEach(n -> byToken[n.token] = n.probability);
            for (int i = 0; i < TreeShape.childCount(tree, node); i++) {
                int child = TreeShape.firstChild(tree, node) + i;
                assertThat(tree.baselineProbability(child)).isCloseTo(byToken[tree.token(child)], within(1e-5));
            }
            if (TreeShape.depth(tree, node) < LIMITS.maxDepth()) {
                divergence += tree.cumulative(node)
                        * p.stream()
                                .filter(n -> n.probability > 0)
                                .mapToDouble(n -> n.probability * Math.log(n.probability / byToken[n.token]))
                                .sum();
            }
        }
        assertThat(tree.divergence()).isCloseTo(divergence, within(1e-4));
    }

    @Test
    void aRandomBaselineIsTheMeanOfItsGhosts() {
        DefinitionTree base = tree(new TreeLimits(0, LIMITS.topK(), 1, LIMITS.maxNodes(), LIMITS.maskId()));
        GhostVector vector = device.ask(new GhostBasis(model, base.ghost())).vector(base.ghost());
        double[] mean = new double[VOCABULARY];
        for (int seed = 0; seed < 3; seed++) {
            Random random = new Random(seed);
            double[] direction = new double[D_MODEL];
            for (int i = 0; i < D_MODEL; i++) {
                direction[i] = random.nextGaussian();
            }
            double[] ghost = Vectors.doubles(vector.centroid());
            Vectors.addScaled(ghost, GhostSettings.DEFAULT_SCALE / Vectors.norm(direction), direction);
            next(PROMPT.ids(), List.of(new Ghost(0, 3, Vectors.tensor(ghost).data())), Hook.NONE)
                    .forEach(n -> mean[n.token] += n.probability / 3);
        }
        DefinitionTree.Answer tree = device.ask(base.withBaseline(TreeBaseline.random(3)));
        for (int node = 1; node < tree.size(); node++) {
            assertThat(tree.baselineProbability(node)).isCloseTo(mean[tree.token(node)], within(1e-5));
        }
    }

    @Test
    void aStoppedTreeStopsWithinAStepAndNoStepLeavesArraysBehind() {
        device.ask(tree(LIMITS.withCutoff(0.1)));
        int before = device.arrays();
        Query.Sweep<DefinitionTree.Answer> sweep = tree(LIMITS).begin();
        Cancellation cancellation = new Cancellation();
        device.step(sweep, cancellation);
        device.step(sweep, cancellation);
        cancellation.cancel();
        assertThatThrownBy(() -> device.step(sweep, cancellation)).isInstanceOf(CancellationException.class);
        assertThat(device.arrays()).isEqualTo(before);
    }

    @Test
    void severalPlacesAllHoldTheGhost() {
        GhostPrompt twice = GhostPrompt.between(List.of(List.of(4), List.of(9, 8), List.of(3)));
        assertThat(twice.ids()).hasSize(6);
        assertThat(twice.ghostPositions()).containsExactly(1, 4);
        float[] embedding = WEIGHTS.get("transformer.wte.weight").row(29);
        DefinitionTree.Answer tree = device.ask(new DefinitionTree(
                model, GhostSettings.finished(new HostTensor(embedding, D_MODEL)), twice, LIMITS.withCutoff(1e-2)));
        List<Node> expected = new ArrayList<>();
        slow(List.of(4, 29, 9, 8, 29, 3), List.of(), Hook.NONE, List.of(), 1, LIMITS.withCutoff(1e-2), expected);
        assertThat(lines(tree)).isEqualTo(expected);
    }

    @Test
    void aPromptsTextIsCutAtItsGhosts() {
        assertThat(GhostPrompt.pieces(GhostPrompt.DEFAULT_TEXT))
                .containsExactly("A typical definition of \"", "\" would be \"");
        assertThat(GhostPrompt.pieces("{ghost} is {ghost}")).containsExactly("", " is ", "");
        assertThatThrownBy(() -> GhostPrompt.between(List.of(List.of(1)))).hasMessageContaining("{ghost}");
    }
}
