package loupe.lm;

import static loupe.lm.LanguageModelTest.assertClose;
import static loupe.lm.LanguageModelTest.flat;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import loupe.Trial;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.lm.folder.ModelFolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What attention and MLP take and give as modules, in plain loops from the values around them. */
class ModuleHooksTest {
    private static final int[] IDS = {5, 20, 17, 2, 0, 11, 17};

    @TempDir
    Path folder;

    /**
     * A family's modules, by their names in a block.
     *
     * @param afterAttention the norm on what attention gives; empty if there is none
     * @param plus what is added to the gain
     */
    private record Modules(
            TinyFamily family,
            String block,
            String beforeAttention,
            String attentionOut,
            String afterAttention,
            String beforeMlp,
            String mlpOut,
            String afterMlp,
            boolean rms,
            int plus) {
        double[][] norm(double[][] x, int layer, String name) {
            PlainMaths maths = new PlainMaths(family.weights());
            return rms
                    ? maths.rmsNorm(x, block + layer + "." + name, x[0].length, plus, 1e-3)
                    : maths.layerNorm(x, block + layer + "." + name, 1e-3);
        }

        @Override
        public String toString() {
            return family.name();
        }
    }

    static Stream<Modules> families() {
        return Stream.of(
                new Modules(
                        TinyFamily.gptNeo(),
                        "transformer.h.",
                        "ln_1",
                        "attn.attention.out_proj",
                        "",
                        "ln_2",
                        "mlp.c_proj",
                        "",
                        false,
                        0),
                new Modules(
                        TinyFamily.gptNeoX(),
                        "gpt_neox.layers.",
                        "input_layernorm",
                        "attention.dense",
                        "",
                        "post_attention_layernorm",
                        "mlp.dense_4h_to_h",
                        "",
                        false,
                        0),
                new Modules(
                        TinyFamily.gptJ(),
                        "transformer.h.",
                        "ln_1",
                        "attn.out_proj",
                        "",
                        "ln_1",
                        "mlp.fc_out",
                        "",
                        false,
                        0),
                new Modules(
                        TinyFamily.qwen3(),
                        "model.layers.",
                        "input_layernorm",
                        "self_attn.o_proj",
                        "",
                        "post_attention_layernorm",
                        "mlp.down_proj",
                        "",
                        true,
                        0),
                gemma(TinyFamily.gemma2()),
                gemma(TinyFamily.gemma3()));
    }

    private static Modules gemma(TinyFamily family) {
        return new Modules(
                family,
                "model.layers.",
                "input_layernorm",
                "self_attn.o_proj",
                "post_attention_layernorm",
                "pre_feedforward_layernorm",
                "mlp.down_proj",
                "post_feedforward_layernorm",
                true,
                1);
    }

    @ParameterizedTest
    @MethodSource("families")
    void modulesTakeNormsWithTheirGainAndGiveWhatComesBeforeANormOnIt(Modules modules) throws IOException {
        try (NDManager base = NDManager.newBaseManager();
                ModelFolder files = ModelFolder.open(modules.family().writeTo(folder))) {
            LanguageModel model = files.read(Processing.RAW).on(base.newSubManager());
            LanguageModelTest.Recorder seen = new LanguageModelTest.Recorder();
            model.forward(base, Input.of(IDS), seen, null, Logits.ALL, new Cancellation());
            PlainMaths maths = new PlainMaths(modules.family().weights());
            boolean parallel = model.config().wiring().parallel();
            for (int layer = 0; layer < model.config().nLayers(); layer++) {
                int at = layer;
                java.util.function.Function<Site, double[][]> value = site -> rows(seen.get(new HookPoint(site, at)));
                double[][] attention =
                        maths.linear(value.apply(Site.Z), modules.block() + layer + "." + modules.attentionOut());
                double[][] mlp =
                        maths.linear(value.apply(Site.MLP_POST), modules.block() + layer + "." + modules.mlpOut());

                same(
                        value.apply(Site.ATTN_MODULE_IN),
                        modules.norm(value.apply(Site.RESID_PRE), layer, modules.beforeAttention()));
                same(value.apply(Site.ATTN_MODULE_OUT), attention);
                same(
                        value.apply(Site.ATTN_OUT),
                        modules.afterAttention().isEmpty()
                                ? attention
                                : modules.norm(attention, layer, modules.afterAttention()));
                same(
                        value.apply(Site.MLP_MODULE_IN),
                        modules.norm(
                                value.apply(parallel ? Site.RESID_PRE : Site.RESID_MID), layer, modules.beforeMlp()));
                same(value.apply(Site.MLP_MODULE_OUT), mlp);
                same(
                        value.apply(Site.MLP_OUT),
                        modules.afterMlp().isEmpty() ? mlp : modules.norm(mlp, layer, modules.afterMlp()));
            }
        }
    }

    @Test
    void theMlpOfALlamaTakesWhatTheHuggingFaceModuleTakes() {
        Path trial = Trial.folder("sparsify-transcoder-on-llama");
        try (NDManager base = NDManager.newBaseManager();
                ModelFolder files = ModelFolder.open(trial.resolve("model"));
                TensorArchive expected = TensorArchives.open(trial.resolve("expected.safetensors"))) {
            LanguageModel model = files.read(Processing.RAW).on(base.newSubManager());
            LanguageModelTest.Recorder seen = new LanguageModelTest.Recorder();
            int[] ids = {1, 5, 9, 33, 12, 7, 60, 2, 3, 4, 11};
            model.forward(base, Input.of(ids), seen, null, Logits.ALL, new Cancellation());

            assertThat(expected.names()).contains("mlp_input");
            assertClose(
                    seen.get(new HookPoint(Site.MLP_MODULE_IN, 1)).toFloatArray(),
                    expected.tensor("mlp_input").toHost().data(),
                    1e-4);
        }
    }

    private static double[][] rows(NDArray value) {
        float[] values = value.toFloatArray();
        int rows = (int) value.getShape().get(1);
        double[][] x = new double[rows][values.length / rows];
        for (int i = 0; i < values.length; i++) {
            x[i / x[0].length][i % x[0].length] = values[i];
        }
        return x;
    }

    private static void same(double[][] actual, double[][] expected) {
        assertClose(flat(actual), flat(expected), 1e-4);
    }
}
