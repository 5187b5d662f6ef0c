package loupe.lm;

import static loupe.lm.LanguageModelTest.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.TinyModel;
import loupe.base.Cancellation;
import loupe.lm.ModelConfig.Wiring;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is computed piecewise must equal what is computed at once, to 2e-5 in logits of about 5. */
class KeyValueCacheTest {
    private static final double TOLERANCE = 2e-5;
    private static final int[] PROMPT = {5, 260, 17, 299};

    private NDManager base;
    private NDManager step;

    @BeforeEach
    void open() {
        base = NDManager.newBaseManager();
        step = base.newSubManager();
    }

    @AfterEach
    void close() {
        base.close();
    }

    /** The tiny model, and one whose four query heads share two key heads. */
    static Stream<ModelConfig> configs() {
        ModelConfig grouped = new ModelConfig(
                "gpt2",
                300,
                32,
                8,
                2,
                4,
                2,
                2,
                32,
                1e-5,
                ModelConfig.MlpActivation.GELU_NEW,
                List.of(0.7, 0.7),
                Wiring.GPT2);
        return Stream.of(TinyModel.CONFIG, grouped);
    }

    private LanguageModel model(ModelConfig config) {
        Map<String, HostTensor> weights = TinyModel.weights();
        if (config.nKeyValueHeads() != config.nHeads()) {
            for (int layer = 0; layer < config.nLayers(); layer++) {
                String at = "transformer.h." + layer + ".attn.c_attn.";
                HostTensor whole = weights.get(at + "weight");
                float[] narrow = new float[8 * 16];
                for (int i = 0; i < narrow.length; i++) {
                    narrow[i] = whole.get(i / 16, i % 16);
                }
                weights.put(at + "weight", new HostTensor(narrow, 8, 16));
                weights.put(
                        at + "bias",
                        new HostTensor(
                                java.util.Arrays.copyOf(weights.get(at + "bias").data(), 16), 16));
            }
        }
        return TinyModel.on(base, config, weights).seal();
    }

    @ParameterizedTest
    @MethodSource("configs")
    void aPromptContinuedFromACacheGivesTheLogitsOfTheWhole(ModelConfig config) {
        LanguageModel model = model(config);
        int[] whole = {5, 260, 17, 299, 0, 44, 17};
        NDArray expected = model.forward(step, Input.of(whole));
        KeyValueCache first = KeyValueCache.empty();
        NDArray start = run(model, Input.of(PROMPT), first, Logits.ALL);
        assertClose(start.toFloatArray(), expected.get(":, :4").toFloatArray(), TOLERANCE);
        NDArray rest = run(
                model, Input.of(0, 44, 17).startingAt(4), KeyValueCache.empty().withShared(first.added()), Logits.ALL);
        assertClose(rest.toFloatArray(), expected.get(":, 4:").toFloatArray(), TOLERANCE);
    }

    /** Three rows of two tokens each after one shared prompt, one of them a ghost. */
    @ParameterizedTest
    @MethodSource("configs")
    void rowsContinueASharedPromptEachInItsOwnWay(ModelConfig config) {
        LanguageModel model = model(config);
        int[][] tails = {{1, 2}, {3, 4}, {5, 6}};
        float[] vector = {1, -1, 2, 0, 0.5f, 3, -2, 1};
        KeyValueCache prompt = KeyValueCache.empty();
        run(model, Input.of(PROMPT), prompt, Logits.NONE);
        NDArray rows = run(
                model,
                Input.of(tails).startingAt(4).with(new Ghost(1, 0, vector)),
                KeyValueCache.empty().withShared(prompt.added()),
                Logits.LAST);
        for (int row = 0; row < 3; row++) {
            Input whole = Input.of(5, 260, 17, 299, tails[row][0], tails[row][1]);
            whole = row == 1 ? whole.with(new Ghost(0, 4, vector)) : whole;
            assertClose(
                    rows.get(row).toFloatArray(),
                    run(model, whole, null, Logits.LAST).toFloatArray(),
                    TOLERANCE);
        }
    }

    /**
     * A random tree under a prompt is decoded one token per call, all of a call's nodes lying at different depths. Each
     * node's logits must be those of a full pass over its path: with ancestors gathered per row and padded, and with
     * the whole tree shared under a mask.
     */
    @ParameterizedTest
    @MethodSource("configs")
    void nodesOfATreeDecodedTogetherGiveTheLogitsOfTheirPaths(ModelConfig config) {
        LanguageModel model = model(config);
        KeyValueCache prompt = KeyValueCache.empty();
        run(model, Input.of(PROMPT), prompt, Logits.NONE);
        Random random = new Random(7);
        List<Node> tree = new ArrayList<>();
        for (int call = 0; call < 6; call++) {
            int rows = 2 + call / 2;
            List<Node> batch = new ArrayList<>();
            for (int row = 0; row < rows; row++) {
                Node parent = tree.isEmpty()
                        ? null
                        : random.nextInt(6) == 0
                                ? null
                                : tree.get(tree.size() - 1 - random.nextInt(Math.min(3, tree.size())));
                batch.add(new Node(parent, random.nextInt(300)));
            }
            int[][] ids = batch.stream().map(node -> new int[] {node.id}).toArray(int[][]::new);
            int[] positions = batch.stream()
                    .mapToInt(node -> PROMPT.length + node.ancestors().size())
                    .toArray();
            Input input = Input.of(ids).startingAt(positions);
            KeyValueCache gathered = withAncestors(KeyValueCache.empty().withShared(prompt.added()), batch, config);
            NDArray logits = run(model, input, gathered, Logits.ALL);
            NDArray pooled = run(model, input, withPool(prompt, tree, batch), Logits.ALL);
            assertClose(pooled.toFloatArray(), logits.toFloatArray(), TOLERANCE);
            for (int row = 0; row < rows; row++) {
                Node node = batch.get(row);
                IntStream path = IntStream.concat(
                        IntStream.of(PROMPT),
                        IntStream.concat(node.ancestors().stream().mapToInt(n -> n.id), IntStream.of(node.id)));
                NDArray expected = run(model, Input.of(path.toArray()), null, Logits.LAST);
                assertClose(logits.get(row).toFloatArray(), expected.toFloatArray(), TOLERANCE);
                for (KeyValues layer : gathered.added()) {
                    assertThat(layer.tokens()).isEqualTo(1);
                    node.layers.add(new KeyValues(
                            layer.keys().get("{}:{}", row, row + 1),
                            layer.values().get("{}:{}", row, row + 1)));
                }
            }
            tree.addAll(batch);
        }
        assertThat(tree.stream().mapToInt(node -> node.ancestors().size()).max().orElse(0))
                .as("depth")
                .isGreaterThanOrEqualTo(3);
    }

    private KeyValueCache withAncestors(KeyValueCache cache, List<Node> batch, ModelConfig config) {
        int longest =
                batch.stream().mapToInt(node -> node.ancestors().size()).max().orElse(0);
        if (longest == 0) {
            return cache;
        }
        float[] mask = new float[batch.size() * longest];
        List<KeyValues> layers = new ArrayList<>();
        for (int layer = 0; layer < config.nLayers(); layer++) {
            NDList keys = new NDList();
            NDList values = new NDList();
            for (int row = 0; row < batch.size(); row++) {
                NDList rowKeys = new NDList();
                NDList rowValues = new NDList();
                List<Node> ancestors = batch.get(row).ancestors();
                for (int i = 0; i < longest; i++) {
                    if (i < ancestors.size()) {
                        rowKeys.add(ancestors.get(i).layers.get(layer).keys());
                        rowValues.add(ancestors.get(i).layers.get(layer).values());
                    } else {
                        mask[row * longest + i] = Float.NEGATIVE_INFINITY;
                        rowKeys.add(step.ones(new Shape(1, config.nKeyValueHeads(), 1, config.dHead()))
                                .mul(99));
                        rowValues.add(step.ones(new Shape(1, config.nKeyValueHeads(), 1, config.dHead()))
                                .mul(99));
                    }
                }
                keys.add(NDArrays.concat(rowKeys, 2));
                values.add(NDArrays.concat(rowValues, 2));
            }
            layers.add(new KeyValues(NDArrays.concat(keys, 0), NDArrays.concat(values, 0)));
        }
        return cache.withOwn(layers, step.create(mask, new Shape(batch.size(), longest)));
    }

    /** Prompt and all nodes of the tree as shared tokens; a row sees the prompt and its ancestors. */
    private KeyValueCache withPool(KeyValueCache prompt, List<Node> tree, List<Node> batch) {
        int width = PROMPT.length + tree.size();
        float[] mask = new float[batch.size() * width];
        for (int row = 0; row < batch.size(); row++) {
            for (int i = 0; i < tree.size(); i++) {
                mask[row * width + PROMPT.length + i] =
                        batch.get(row).ancestors().contains(tree.get(i)) ? 0 : Float.NEGATIVE_INFINITY;
            }
        }
        List<KeyValues> layers = new ArrayList<>();
        for (int layer = 0; layer < prompt.added().size(); layer++) {
            NDList keys = new NDList(prompt.added().get(layer).keys());
            NDList values = new NDList(prompt.added().get(layer).values());
            for (Node node : tree) {
                keys.add(node.layers.get(layer).keys());
                values.add(node.layers.get(layer).values());
            }
            layers.add(new KeyValues(NDArrays.concat(keys, 2), NDArrays.concat(values, 2)));
        }
        int[] positions = IntStream.concat(
                        IntStream.range(0, PROMPT.length),
                        tree.stream()
                                .mapToInt(
                                        node -> PROMPT.length + node.ancestors().size()))
                .toArray();
        return KeyValueCache.empty().withShared(layers, positions, step.create(mask, new Shape(batch.size(), width)));
    }

    private NDArray run(LanguageModel model, Input input, KeyValueCache cache, Logits which) {
        return model.forward(step, input, Hook.NONE, cache, which, new Cancellation());
    }

    private static final class Node {
        final Node parent;
        final int id;
        final List<KeyValues> layers = new ArrayList<>();

        Node(Node parent, int id) {
            this.parent = parent;
            this.id = id;
        }

        /** From the root down, without the node itself. */
        List<Node> ancestors() {
            List<Node> ancestors = parent == null ? new ArrayList<>() : parent.ancestors();
            if (parent != null) {
                ancestors.add(parent);
            }
            return ancestors;
        }
    }
}
