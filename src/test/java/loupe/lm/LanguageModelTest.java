package loupe.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import loupe.TinyModel;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.lm.ModelConfig.BlockOrder;
import loupe.lm.ModelConfig.MlpActivation;
import loupe.lm.ModelConfig.MlpKind;
import loupe.lm.ModelConfig.NormKind;
import loupe.lm.ModelConfig.PositionEmbedding;
import loupe.lm.ModelConfig.Wiring;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

public class LanguageModelTest {
    private static final int[] IDS = {5, 260, 17, 299, 0, 44, 17};
    private NDManager base;
    private NDManager step;
    private LanguageModel model;

    @BeforeEach
    void open() {
        base = NDManager.newBaseManager();
        model = TinyModel.on(base).seal();
        step = base.newSubManager();
    }

    @AfterEach
    void close() {
        base.close();
    }

    @Test
    void logitsEqualTheFormulasComputedInPlainJava() {
        double[][] expected = new PlainGpt2(TinyModel.CONFIG, TinyModel.weights()).logits(IDS);
        NDArray logits = model.forward(step, Input.of(IDS));
        assertThat(logits.getShape()).isEqualTo(new Shape(1, IDS.length, TinyModel.VOCABULARY));
        assertClose(logits.toFloatArray(), flat(expected), 2e-5);
    }

    /** Parts that GPT-2 does not have: RMS norms, a gate, no biases, blocks in parallel, the other activations. */
    @ParameterizedTest
    @EnumSource(MlpActivation.class)
    void otherWiringsToo(MlpActivation activation) {
        boolean parallel = activation == MlpActivation.GELU || activation == MlpActivation.SILU;
        boolean gated = activation == MlpActivation.SILU || activation == MlpActivation.GELU_NEW;
        boolean rms = gated;
        ModelConfig config = new ModelConfig(
                "other",
                300,
                32,
                8,
                2,
                2,
                2,
                4,
                32,
                1e-5,
                activation,
                List.of(0.5, 0.5),
                new Wiring(
                        rms ? NormKind.RMS_NORM : NormKind.LAYER_NORM,
                        PositionEmbedding.LEARNT,
                        parallel ? BlockOrder.PARALLEL : BlockOrder.ATTENTION_THEN_MLP,
                        gated ? MlpKind.GATED : MlpKind.ONE_BRANCH,
                        Set.of()));
        Map<String, HostTensor> weights = TinyModel.weights();
        if (gated) {
            for (int layer = 0; layer < 2; layer++) {
                HostTensor in = weights.get("transformer.h." + (1 - layer) + ".mlp.c_fc.weight");
                weights.put("transformer.h." + layer + ".mlp.c_gate.weight", in);
            }
        }
        weights.keySet().removeIf(name -> rms && name.contains("ln_") && name.endsWith("bias"));
        weights.keySet().removeIf(name -> parallel && name.contains(".c_") && name.endsWith("bias"));
        LanguageModel other = TinyModel.on(base, config, weights).seal();
        assertClose(
                other.forward(step, Input.of(IDS)).toFloatArray(),
                flat(new PlainGpt2(config, weights).logits(IDS)),
                5e-5);
        Recorder recorder = new Recorder();
        other.forward(step, Input.of(IDS), recorder, null, Logits.ALL, new Cancellation());
        assertThat(recorder.seen.containsKey(new HookPoint(Site.RESID_MID, 0))).isEqualTo(!parallel);
        assertThat(recorder.seen.containsKey(new HookPoint(Site.MLP_PRE_LINEAR, 0)))
                .isEqualTo(gated);
    }

    @Test
    void rowsOfABatchDoNotKnowEachOther() {
        int[] other = {9, 8, 7, 6, 5, 4, 3};
        float[] both = model.forward(step, Input.of(new int[][] {IDS, other})).toFloatArray();
        float[] first = model.forward(step, Input.of(IDS)).toFloatArray();
        float[] second = model.forward(step, Input.of(other)).toFloatArray();
        assertClose(java.util.Arrays.copyOfRange(both, 0, first.length), first, 1e-5);
        assertClose(java.util.Arrays.copyOfRange(both, first.length, both.length), second, 1e-5);
    }

    @Test
    void lastLogitsAreTheLastOfAllLogits() {
        NDArray all = model.forward(step, Input.of(IDS));
        NDArray last = run(Input.of(IDS), Hook.NONE, null, Logits.LAST);
        assertThat(last.getShape()).isEqualTo(new Shape(1, 1, TinyModel.VOCABULARY));
        assertClose(last.toFloatArray(), all.get(":, {}:", IDS.length - 1).toFloatArray(), 1e-5);
    }

    @Test
    void ofTheLastPositionAloneThePassGivesWhatTheWholeOneGivesThere() {
        int[][] rows = {IDS, {9, 8, 7, 6, 5, 4, 3}};
        NDArray whole = run(Input.of(rows), Hook.NONE, null, Logits.NONE).get(":, {}:", IDS.length - 1);
        NDArray last = run(Input.of(rows), Hook.NONE, null, Logits.NONE_OF_LAST);
        assertThat(last.getShape()).isEqualTo(new Shape(2, 1, 8));
        assertClose(last.toFloatArray(), whole.toFloatArray(), 1e-5);
        // a hook in the last block is shown all positions there
        Recorder recorder = new Recorder();
        NDArray seen = run(Input.of(rows), recorder, null, Logits.NONE_OF_LAST);
        assertThat(recorder.get(new HookPoint(Site.ATTN_OUT, 1)).getShape()).isEqualTo(new Shape(2, 7, 8));
        assertClose(seen.toFloatArray(), whole.toFloatArray(), 0);
    }

    @Test
    void oneBlockAfterTheOtherIsTheModel() {
        NDArray x = run(Input.of(IDS), new Recorder(HookPoint.residPre(0)), null, Logits.NONE);
        for (int layer = 0; layer < 2; layer++) {
            x = model.block(step, layer, x, Input.of(IDS), Hook.NONE, null, new Cancellation());
        }
        assertClose(
                x.toFloatArray(),
                run(Input.of(IDS), Hook.NONE, null, Logits.NONE).toFloatArray(),
                1e-6);
        NDArray stopped =
                model.block(step, 1, x, Input.of(IDS), new Recorder(HookPoint.residPre(1)), null, new Cancellation());
        assertClose(stopped.toFloatArray(), x.toFloatArray(), 0);
    }

    @Test
    void withoutLogitsThePassEndsWithTheResidualStreamThatTheLogitsAreMadeOf() {
        NDArray residual = run(Input.of(IDS), Hook.NONE, null, Logits.NONE);
        assertThat(residual.getShape()).isEqualTo(new Shape(1, IDS.length, 8));
        assertClose(
                model.logits(residual).toFloatArray(),
                model.forward(step, Input.of(IDS)).toFloatArray(),
                1e-6);
    }

    @Test
    void aHookSeesEveryPlaceWithItsShape() {
        Recorder recorder = new Recorder();
        run(Input.of(new int[][] {IDS, IDS}), recorder, null, Logits.ALL);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        recorder.seen.forEach((point, value) -> shapes.put(point.name(), value.getShape()));
        Shape residual = new Shape(2, 7, 8);
        Shape heads = new Shape(2, 7, 2, 4);
        Shape square = new Shape(2, 2, 7, 7);
        Shape wide = new Shape(2, 7, 32);
        Shape scale = new Shape(2, 7, 1);
        Map<String, Shape> expected = new LinkedHashMap<>();
        expected.put("hook_embed", residual);
        expected.put("hook_pos_embed", residual);
        for (int layer = 0; layer < 2; layer++) {
            String at = "blocks." + layer + ".";
            expected.put(at + "hook_resid_pre", residual);
            expected.put(at + "ln1.hook_scale", scale);
            expected.put(at + "ln1.hook_normalized", residual);
            expected.put(at + "attn.hook_in", residual);
            expected.put(at + "attn.hook_q", heads);
            expected.put(at + "attn.hook_k", heads);
            expected.put(at + "attn.hook_v", heads);
            expected.put(at + "attn.hook_attn_scores", square);
            expected.put(at + "attn.hook_pattern", square);
            expected.put(at + "attn.hook_z", heads);
            expected.put(at + "attn.hook_out", residual);
            expected.put(at + "hook_attn_out", residual);
            expected.put(at + "hook_resid_mid", residual);
            expected.put(at + "ln2.hook_scale", scale);
            expected.put(at + "ln2.hook_normalized", residual);
            expected.put(at + "mlp.hook_in", residual);
            expected.put(at + "mlp.hook_pre", wide);
            expected.put(at + "mlp.hook_post", wide);
            expected.put(at + "mlp.hook_out", residual);
            expected.put(at + "hook_mlp_out", residual);
            expected.put(at + "hook_resid_post", residual);
        }
        expected.put("ln_final.hook_scale", scale);
        expected.put("ln_final.hook_normalized", residual);
        assertThat(shapes).containsExactlyEntriesOf(expected);
    }

    @Test
    void lookingChangesNothingAndWhatIsSeenStaysReadable() {
        Recorder recorder = new Recorder();
        NDArray looked = run(Input.of(IDS), recorder, null, Logits.ALL);
        assertClose(looked.toFloatArray(), model.forward(step, Input.of(IDS)).toFloatArray(), 0);
        float[] sum = recorder.get(HookPoint.residPre(1))
                .add(recorder.get(new HookPoint(Site.ATTN_OUT, 1)))
                .add(recorder.get(new HookPoint(Site.MLP_OUT, 1)))
                .toFloatArray();
        assertClose(recorder.get(HookPoint.residPost(1)).toFloatArray(), sum, 1e-6);
        assertClose(model.logits(recorder.get(HookPoint.residPost(1))).toFloatArray(), looked.toFloatArray(), 1e-6);
    }

    /** Replaces each value in turn by its hyperbolic tangent: whatever is shown must be what the pass goes on with. */
    @Test
    void aReplacementAtAnyPlaceReachesTheLogits() {
        float[] plain = model.forward(step, Input.of(IDS)).toFloatArray();
        Recorder recorder = new Recorder();
        run(Input.of(IDS), recorder, null, Logits.ALL);
        for (HookPoint point : recorder.seen.keySet()) {
            Hook bending = new Only(point, NDArray::tanh);
            float[] changed = run(Input.of(IDS), bending, null, Logits.ALL).toFloatArray();
            double largest = 0;
            for (int i = 0; i < plain.length; i++) {
                largest = Math.max(largest, Math.abs(plain[i] - changed[i]));
            }
            assertThat(largest).as(point.name()).isGreaterThan(1e-3);
        }
    }

    @Test
    void aHookMayStopThePassAndGetsItsLastValue() {
        Recorder recorder = new Recorder();
        run(Input.of(IDS), recorder, null, Logits.ALL);
        for (HookPoint point : recorder.seen.keySet()) {
            Recorder stopping = new Recorder(point);
            NDArray value = run(Input.of(IDS), stopping, null, Logits.ALL);
            assertClose(value.toFloatArray(), recorder.get(point).toFloatArray(), 0);
            assertThat(stopping.seen.keySet()).last().isEqualTo(point);
        }
    }

    @Test
    void aReplacementOfAnotherShapeIsRefused() {
        Hook wrong = new Only(HookPoint.residPre(1), value -> value.get(":, 1:"));
        assertThatThrownBy(() -> run(Input.of(IDS), wrong, null, Logits.ALL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("blocks.1.hook_resid_pre is (1, 6, 8), expected (1, 7, 8)");
    }

    @Test
    void aGhostWithATokensOwnEmbeddingChangesNothing() {
        float[] embedding = TinyModel.weights().get("transformer.wte.weight").row(299);
        int[] masked = IDS.clone();
        masked[3] = 1;
        NDArray ghostly =
                model.forward(step, Input.of(new int[][] {IDS, masked}).with(new Ghost(1, 3, embedding)));
        assertClose(ghostly.get("1").toFloatArray(), ghostly.get("0").toFloatArray(), 1e-6);
    }

    @Test
    void tokensAndPositionsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> model.forward(step, Input.of(3, 300)))
                .hasMessage("There is no token 300; expected 0 to 299. Choose ids of the model's own tokenizer.");
        assertThatThrownBy(() -> model.forward(step, Input.of(3, -1)))
                .hasMessage("There is no token -1; expected 0 to 299. Choose ids of the model's own tokenizer.");
        assertThatThrownBy(() -> model.forward(step, Input.of(new int[33])))
                .hasMessage("The text has 33 tokens; expected at most 32, the model's context. Shorten it.");
        assertThatThrownBy(() -> Input.of(new int[][] {{1, 2}, {3}})).hasMessageContaining("rows of 2 and of 1 tokens");
        assertThatThrownBy(() -> Input.of(1, 2).with(new Ghost(0, 2, new float[8])))
                .hasMessageContaining("row 0, position 2");
        assertThatThrownBy(() -> model.forward(step, Input.of(1, 2).with(new Ghost(0, 1, new float[9]))))
                .hasMessageContaining("9 dimensions");
    }

    @Test
    void aCancelledPassStops() {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        assertThatThrownBy(() -> model.forward(step, Input.of(IDS), Hook.NONE, null, Logits.ALL, cancellation))
                .isInstanceOf(CancellationException.class);
    }

    @Test
    void parametersAreCheckedByNameAndShape() {
        Map<String, HostTensor> missing = TinyModel.weights();
        missing.remove("transformer.h.1.ln_2.bias");
        assertThatThrownBy(() -> TinyModel.on(base, TinyModel.CONFIG, missing))
                .hasMessage("parameter transformer.h.1.ln_2.bias is missing");
        Map<String, HostTensor> bent = TinyModel.weights();
        bent.put("transformer.h.1.attn.c_proj.weight", new HostTensor(new float[72], 9, 8));
        assertThatThrownBy(() -> TinyModel.on(base, TinyModel.CONFIG, bent))
                .hasMessage("parameter transformer.h.1.attn.c_proj.weight is (9, 8), expected (8, 8)");
    }

    @Test
    void aPassLeavesOnlyItsResultBehind() {
        int before = arrays(step);
        run(Input.of(new int[][] {IDS, IDS}), Hook.NONE, null, Logits.ALL);
        int once = arrays(step) - before;
        assertThat(once)
                .as("result, ids, positions, mask and embeddings, but nothing per layer")
                .isLessThan(10);
    }

    private static int arrays(NDManager manager) {
        return ((ai.djl.ndarray.BaseNDManager) manager).getManagedArrays().size();
    }

    private NDArray run(Input input, Hook hook, KeyValueCache cache, Logits which) {
        return model.forward(step, input, hook, cache, which, new Cancellation());
    }

    public static float[] flat(double[][] rows) {
        float[] flat = new float[rows.length * rows[0].length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = (float) rows[i / rows[0].length][i % rows[0].length];
        }
        return flat;
    }

    public static void assertClose(float[] actual, float[] expected, double tolerance) {
        assertThat(actual.length).isEqualTo(expected.length);
        for (int i = 0; i < actual.length; i++) {
            if (Float.isNaN(actual[i]) || Math.abs(actual[i] - expected[i]) > tolerance) {
                assertThat(actual[i]).as("element " + i).isCloseTo(expected[i], within((float) tolerance));
            }
        }
    }

    /** Wants everything, keeps everything. */
    public static final class Recorder implements Hook {
        public final Map<HookPoint, NDArray> seen = new LinkedHashMap<>();
        private final HookPoint last;

        public Recorder() {
            this(null);
        }

        Recorder(HookPoint last) {
            this.last = last;
        }

        public NDArray get(HookPoint point) {
            return seen.get(point);
        }

        @Override
        public boolean wants(HookPoint point) {
            return true;
        }

        @Override
        public NDArray at(HookPoint point, NDArray value) {
            seen.put(point, value);
            return value;
        }

        @Override
        public HookPoint stopAfter() {
            return last;
        }
    }

    private record Only(HookPoint point, java.util.function.UnaryOperator<NDArray> change) implements Hook {
        @Override
        public boolean wants(HookPoint other) {
            return point.equals(other);
        }

        @Override
        public NDArray at(HookPoint at, NDArray value) {
            return change.apply(value);
        }
    }
}
