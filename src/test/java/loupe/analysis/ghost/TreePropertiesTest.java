package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.TinyModel;
import loupe.analysis.DeviceArrays;
import loupe.analysis.TestDevice;
import loupe.base.Cancellation;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.lm.Ghost;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.Logits;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of any tree (methods section 6, 10), on random models, prompts, ghosts and limits. */
class TreePropertiesTest {
    private static final int VOCABULARY = 30;
    private static final int D = 8;

    private TestDevice device;

    @BeforeEach
    void open() {
        device = new TestDevice();
    }

    @AfterEach
    void close() {
        device.close();
    }

    static IntStream seeds() {
        return IntStream.rangeClosed(1, 8);
    }

    /** A random question. The model is the seed's. */
    private DefinitionTree question(int seed) {
        Random random = new Random(seed);
        ModelConfig config = ModelConfig.gpt2(VOCABULARY, 24, D, 1 + random.nextInt(3), 2);
        ModelId model = device.model("random " + seed, config, TinyModel.weights(config, seed));
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < 2 + random.nextInt(6); i++) {
            ids.add(random.nextInt(VOCABULARY));
        }
        List<Integer> places = IntStream.range(0, ids.size())
                .filter(i -> random.nextInt(3) == 0)
                .boxed()
                .toList();
        GhostPrompt prompt = new GhostPrompt(ids, places.isEmpty() ? List.of(0) : places);
        TreeLimits limits = new TreeLimits(
                Math.pow(10, -1 - 1.5 * random.nextDouble()),
                1 + random.nextInt(6),
                2 + random.nextInt(4),
                OptionalInt.empty(),
                random.nextBoolean() ? OptionalInt.of(random.nextInt(VOCABULARY)) : OptionalInt.empty());
        TreeBaseline baseline = List.of(TreeBaseline.NONE, TreeBaseline.CENTROID, TreeBaseline.random(3))
                .get(random.nextInt(3));
        return new DefinitionTree(model, GhostSettings.finished(vector(random)), prompt, limits).withBaseline(baseline);
    }

    private static HostTensor vector(Random random) {
        float[] data = new float[D];
        for (int i = 0; i < D; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new HostTensor(data, D);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void childrenAddUpToOneAtMostAndFallInOrder(int seed) {
        DefinitionTree.Answer tree = device.ask(question(seed));
        for (int node = 0; node < tree.size(); node++) {
            double sum = 0;
            for (int i = 0; i < TreeShape.childCount(tree, node); i++) {
                int child = TreeShape.firstChild(tree, node) + i;
                sum += tree.probability(child);
                assertThat(tree.cumulative(child))
                        .isGreaterThanOrEqualTo(tree.query().limits().cutoff())
                        .isLessThanOrEqualTo(tree.cumulative(node));
                assertThat(i == 0 || tree.probability(child - 1) >= tree.probability(child))
                        .isTrue();
            }
            assertThat(sum).isLessThanOrEqualTo(1 + 1e-6);
        }
        if (!Double.isNaN(tree.divergence())) {
            assertThat(tree.divergence()).as("a divergence is never negative").isGreaterThan(-1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void trimmingIsRecomputingWithALargerCutoff(int seed) {
        DefinitionTree question = question(seed);
        DefinitionTree.Answer whole = device.ask(question);
        double cutoff = 3 * question.limits().cutoff();
        DefinitionTree wanted = new DefinitionTree(
                        question.model(),
                        question.ghost(),
                        question.prompt(),
                        question.limits().withCutoff(cutoff))
                .withBaseline(question.baseline());
        assertSame(device.ask(wanted.from(whole)), 0, device.ask(wanted), 0);
    }

    private static void assertSame(DefinitionTree.Answer a, int inA, DefinitionTree.Answer b, int inB) {
        assertThat(a.cumulative(inA)).isCloseTo(b.cumulative(inB), within(1e-5 * b.cumulative(inB)));
        assertThat(TreeShape.childCount(a, inA)).isEqualTo(TreeShape.childCount(b, inB));
        for (int i = 0; i < TreeShape.childCount(a, inA); i++) {
            assertThat(a.token(TreeShape.firstChild(a, inA) + i)).isEqualTo(b.token(TreeShape.firstChild(b, inB) + i));
            assertSame(a, TreeShape.firstChild(a, inA) + i, b, TreeShape.firstChild(b, inB) + i);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatIsCachedIsWhatAWholePassGives(int seed) {
        DefinitionTree question = question(seed);
        DefinitionTree.Answer tree = device.ask(question);
        float[] ghost =
                ((GhostSource.Finished) question.ghost().source()).vector().data();
        for (int node = 0; node < tree.size(); node += 1 + tree.size() / 12) {
            if (TreeShape.childCount(tree, node) > 0) {
                double[] p = next(question, ghost, TreeShape.path(tree, node));
                for (int i = 0; i < TreeShape.childCount(tree, node); i++) {
                    int child = TreeShape.firstChild(tree, node) + i;
                    assertThat(tree.probability(child)).isCloseTo(p[tree.token(child)], within(1e-5));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theGhostOfATokensOwnEmbeddingIsThatToken(int seed) {
        DefinitionTree question = question(seed);
        int token = seed % VOCABULARY;
        Query.Single<float[]> row = scope -> DeviceArrays.floats(
                DeviceArrays.rows(scope.arrays(), scope.model(question.model()).embedding(), token, token + 1));
        DefinitionTree.Answer tree = device.ask(new DefinitionTree(
                question.model(),
                GhostSettings.finished(new HostTensor(device.ask(row), D)),
                question.prompt(),
                question.limits()));
        int[] ids = question.prompt().ids().stream().mapToInt(Integer::intValue).toArray();
        question.prompt().ghostPositions().forEach(position -> ids[position] = token);
        double[] p = softmax(question, Input.of(ids));
        for (int i = 0; i < TreeShape.childCount(tree, 0); i++) {
            assertThat(tree.probability(1 + i)).isCloseTo(p[tree.token(1 + i)], within(1e-5));
        }
    }

    private double[] next(DefinitionTree question, float[] ghost, int[] path) {
        IntStream prompt = question.prompt().ids().stream().mapToInt(Integer::intValue);
        int[] ids = IntStream.concat(prompt, IntStream.of(path)).toArray();
        List<Ghost> ghosts = question.prompt().ghostPositions().stream()
                .map(position -> new Ghost(0, position, ghost))
                .toList();
        return softmax(question, Input.of(ids).with(ghosts));
    }

    private double[] softmax(DefinitionTree question, Input input) {
        Query.Single<double[]> query = scope -> DeviceArrays.doubles(scope.model(question.model())
                .forward(scope.arrays(), input, Hook.NONE, null, Logits.LAST, new Cancellation()));
        double[] p = device.ask(query);
        double sum = 0;
        for (int t = 0; t < p.length; t++) {
            p[t] = question.limits().maskId().equals(OptionalInt.of(t)) ? 0 : Math.exp(p[t]);
            sum += p[t];
        }
        for (int t = 0; t < p.length; t++) {
            p[t] /= sum;
        }
        return p;
    }
}
