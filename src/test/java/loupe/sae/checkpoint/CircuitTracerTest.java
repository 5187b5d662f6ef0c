package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import loupe.Trial;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.format.SafetensorsWriter;
import loupe.sae.checkpoint.SaeProposal.Missing;
import loupe.sae.checkpoint.SaeSaving.Form;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transcoders of single layers as circuit-tracer keeps them, of every kind, in every place of their settings. */
class CircuitTracerTest {
    private static final int D = 8;
    private static final int N = 24;
    private static final String HOOKS =
            "model_name: \"Qwen/Qwen3-0.6B\"\nfeature_input_hook: mlp.hook_in\nfeature_output_hook: hook_mlp_out\n";

    @TempDir
    Path folder;

    private final Path trial = Trial.folder("circuit-tracer-plt");
    private final double[][] x = Worked.matrix(trial.resolve("x.safetensors"), "x");
    private final double[][] encoder = Worked.random(1, N, D);
    private final double[][] decoder = Worked.random(2, N, D);
    private final double[] encoderBias = Worked.random(3, 1, N)[0];
    private final double[] decoderBias = Worked.random(4, 1, D)[0];
    private final double[] thresholds = Arrays.stream(Worked.random(5, 1, N)[0])
            .map(Math::abs)
            .map(value -> (float) value)
            .toArray();
    private final double[][] skip = Worked.random(6, D, D);
    private final double[][] p = Worked.preActivations(x, encoder, encoderBias);

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("layer_3.safetensors");
    }

    @ParameterizedTest
    @CsvSource({"relu, 0", "relu, 1", "skip, 0", "skip, 1"})
    void theTrialsOpenWithTheirHooksAndTheRightNumbers(String kind, int layer) {
        Path weights = trial.resolve(kind).resolve("layer_" + layer + ".safetensors");
        double[][] own = Worked.preActivations(x, Worked.matrix(weights, "W_enc"), Worked.vector(weights, "b_enc"));
        double[][] features = Worked.each(own, value -> Math.max(value, 0));
        double[][] y = Worked.decoded(features, Worked.matrix(weights, "W_dec"), Worked.vector(weights, "b_dec"));
        if (kind.equals("skip")) {
            y = Worked.sum(y, Worked.preActivations(x, Worked.matrix(weights, "W_skip"), new double[D]));
        }

        SaeFile opened = SaeFile.read(weights, SaeOptions.AS_STORED);

        assertThat(opened.format()).isEqualTo("circuit-tracer");
        assertThat(opened.model()).isEqualTo("Qwen/Qwen3-0.6B");
        assertThat(opened.config().hook()).contains(new HookPoint(Site.MLP_MODULE_IN, layer));
        assertThat(opened.config().hookOut()).contains(new HookPoint(Site.MLP_OUT, layer));
        assertThat(opened.warnings()).isEmpty();
        Worked.compare(opened, x, features, y);
    }

    @Test
    void aFolderOfSeveralLayersAsksForAFileWhichThenOpens() {
        assertThatThrownBy(() -> SaeFile.read(trial.resolve("relu"), SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("layer_0.safetensors")
                .hasMessageContaining("Choose");
    }

    @Test
    void thresholdsMakeItAJumpReluWithOrWithoutASkipConnection() throws IOException {
        double[][] features = Worked.above(p, thresholds);
        double[][] y = Worked.decoded(features, decoder, decoderBias);
        Files.writeString(folder.resolve("config.yaml"), HOOKS);
        four().add("activation_function.threshold", Worked.tensor(thresholds)).write(file);
        Worked.compare(SaeFile.read(folder, SaeOptions.AS_STORED), x, features, y);

        four().add("activation_function.threshold", Worked.tensor(thresholds))
                .add("W_skip", Worked.tensor(skip))
                .write(file);
        SaeFile both = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(both.activation()).isEqualTo("jumprelu");
        Worked.compare(both, x, features, Worked.sum(y, Worked.preActivations(x, skip, new double[D])));
    }

    @Test
    void aThresholdBelowZeroIsSaidToBeReadOtherwise() throws IOException {
        thresholds[2] = -1;
        four().add("activation_function.threshold", Worked.tensor(thresholds)).write(file);

        assertThat(SaeFile.read(file, SaeOptions.AS_STORED)
                        .readWeights(new Cancellation())
                        .warnings())
                .anyMatch(warning -> warning.startsWith("1 thresholds are below 0"));
    }

    /** The k largest as they are: nothing sets the negative among them to 0. */
    @ParameterizedTest
    @ValueSource(strings = {"tensor", "activation: topk\nk: 20\n", "k: 20\n", "activation: topk\ntop_k: 20\n", "wandb"})
    void aKMakesItATopKWithoutRelu(String where) throws IOException {
        boolean wandb = where.equals("wandb");
        Files.writeString(
                folder.resolve(wandb ? "wanb-config.yaml" : "config.yaml"),
                wandb
                        ? HOOKS + "act_fn:\n  desc: null\n  value: topk\nk:\n  desc: null\n  value: 20\n"
                        : where.equals("tensor") ? HOOKS : HOOKS + where);
        SafetensorsWriter writer = four();
        if (where.equals("tensor")) {
            writer.add("k", new long[] {20});
        }
        writer.write(file);
        double[][] features = Worked.largest(p, p, 20);
        assertThat(Arrays.stream(features).flatMapToDouble(Arrays::stream)).anyMatch(value -> value < 0);

        SaeFile opened = SaeFile.read(folder, SaeOptions.AS_STORED);

        assertThat(opened.activation()).isEqualTo("topk");
        assertThat(opened.config().hook()).contains(new HookPoint(Site.MLP_MODULE_IN, 3));
        Worked.compare(opened, x, features, Worked.decoded(features, decoder, decoderBias));
    }

    @Test
    void aTopKWithoutKAsksForIt() throws IOException {
        Files.writeString(folder.resolve("config.yaml"), HOOKS + "activation: topk\n");
        four().write(file);

        assertThat(SaeFile.read(file, SaeOptions.AS_STORED).proposal().missing())
                .containsExactly(Missing.K);
    }

    @ParameterizedTest
    @CsvSource({"relu, true, false", "topk, true, false", "jumprelu, false, false", "relu, false, true"})
    void settingsAndTensorsThatContradictEachOtherAreRefused(String activation, boolean threshold, boolean k)
            throws IOException {
        Files.writeString(folder.resolve("config.yaml"), HOOKS + "activation: " + activation + "\n");
        SafetensorsWriter writer = four();
        if (threshold) {
            writer.add("activation_function.threshold", Worked.tensor(thresholds));
        }
        if (k) {
            writer.add("k", new long[] {3});
        }
        writer.write(file);

        assertThatThrownBy(() -> SaeFile.read(file, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("contradict");
    }

    @ParameterizedTest
    @ValueSource(strings = {"activation: gelu\n", "activation: batchtopk\n"})
    void anActivationThatIsNotKnownIsRefused(String activation) throws IOException {
        Files.writeString(folder.resolve("config.yaml"), HOOKS + activation);
        four().write(file);

        assertThatThrownBy(() -> SaeFile.read(file, SaeOptions.AS_STORED)).hasMessageContaining("not supported");
    }

    /**
     * The shapes decide; with the settings beside it, b_dec is not subtracted as in a file of the same four tensors.
     */
    @Test
    void anEncoderThatLiesTheOtherWayRoundGivesTheSame() throws IOException {
        Files.writeString(folder.resolve("config.yaml"), HOOKS);
        new SafetensorsWriter()
                .add("W_enc", Worked.tensor(Worked.turned(encoder)))
                .add("W_dec", Worked.tensor(Worked.turned(decoder)))
                .add("b_enc", Worked.tensor(encoderBias))
                .add("b_dec", Worked.tensor(decoderBias))
                .write(file);
        double[][] features = Worked.each(p, value -> Math.max(value, 0));
        SaeFile opened = SaeFile.read(file, SaeOptions.AS_STORED);
        assertThat(opened.format()).isEqualTo("circuit-tracer");
        Worked.compare(opened, x, features, Worked.decoded(features, decoder, decoderBias));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatItWritesMayHaveAnotherWidth(boolean skipTurned) throws IOException {
        int out = 5;
        double[][] narrow = Worked.random(7, N, out);
        double[] bias = Worked.random(8, 1, out)[0];
        double[][] across = Worked.random(9, out, D);
        Files.writeString(folder.resolve("config.yaml"), HOOKS);
        new SafetensorsWriter()
                .add("W_enc", Worked.tensor(encoder))
                .add("W_dec", Worked.tensor(narrow))
                .add("b_enc", Worked.tensor(encoderBias))
                .add("b_dec", Worked.tensor(bias))
                .add("W_skip", Worked.tensor(skipTurned ? Worked.turned(across) : across))
                .write(file);
        double[][] features = Worked.each(p, value -> Math.max(value, 0));

        Worked.compare(
                SaeFile.read(file, SaeOptions.AS_STORED),
                x,
                features,
                Worked.sum(Worked.decoded(features, narrow, bias), Worked.preActivations(x, across, new double[out])));
    }

    @Test
    void withoutSettingsItAsksWhereItReads() {
        four().write(file);

        SaeFile opened = SaeFile.read(file, SaeOptions.AS_STORED);

        assertThat(opened.format()).isEqualTo("circuit-tracer");
        assertThat(opened.proposal().missing()).containsExactly(Missing.HOOK);
        assertThat(opened.config().transcodes()).isTrue();
        assertThat(opened.warnings())
                .anyMatch(warning -> warning.contains("does not say where in the model it writes"));
    }

    @Test
    void hooksNobodyKnowsAreNamed() throws IOException {
        Files.writeString(folder.resolve("config.yaml"), "feature_input_hook: mlp.hook_somewhere\n");
        four().write(file);
        Path unnamed = Files.copy(file, folder.resolve("transcoder.safetensors"));

        assertThat(SaeFile.read(file, SaeOptions.AS_STORED).warnings())
                .anyMatch(warning -> warning.contains("mlp.hook_somewhere, which is none of the known hook points"));
        Files.writeString(folder.resolve("config.yaml"), HOOKS);
        assertThat(SaeFile.read(unnamed, SaeOptions.AS_STORED).warnings())
                .anyMatch(warning -> warning.contains("called after a layer"));
    }

    @Test
    void aLayersOwnFolderHasItsSettingsOneFolderUp() throws IOException {
        Files.writeString(folder.resolve("config.yaml"), HOOKS);
        Path own = Files.createDirectories(folder.resolve("layer_7")).resolve("transcoder.safetensors");
        four().write(own);
        double[][] features = Worked.each(p, value -> Math.max(value, 0));

        for (Path chosen : new Path[] {own, own.getParent()}) {
            SaeFile opened = SaeFile.read(chosen, SaeOptions.AS_STORED);
            assertThat(opened.config().hook()).contains(new HookPoint(Site.MLP_MODULE_IN, 7));
            assertThat(opened.config().hookOut()).contains(new HookPoint(Site.MLP_OUT, 7));
            Worked.compare(opened, x, features, Worked.decoded(features, decoder, decoderBias));
        }
    }

    @Test
    void halfPrecisionIsReadAsItIsStored() throws IOException {
        Map<String, double[][]> stored = new LinkedHashMap<>();
        stored.put("W_enc", rounded(encoder));
        stored.put("W_dec", rounded(decoder));
        stored.put("b_enc", rounded(new double[][] {encoderBias}));
        stored.put("b_dec", rounded(new double[][] {decoderBias}));
        writeBf16(stored);
        double[][] features = Worked.each(
                Worked.preActivations(x, stored.get("W_enc"), stored.get("b_enc")[0]), value -> Math.max(value, 0));

        SaeFile opened = SaeFile.read(file, SaeOptions.AS_STORED);

        Worked.compare(opened, x, features, Worked.decoded(features, stored.get("W_dec"), stored.get("b_dec")[0]));
        assertThat(SaeAudit.of(opened, new Cancellation()))
                .anyMatch(finding -> finding.sentence().contains("BF16"));
    }

    @ParameterizedTest
    @CsvSource({"PLAIN, plain.safetensors", "SAELENS, lens"})
    void itIsSavedAndReadBackWithTheSameNumbers(Form form, String name) {
        SaeFile opened = SaeFile.read(trial.resolve("skip/layer_1.safetensors"), SaeOptions.AS_STORED);
        Path saved = SaeSaving.save(opened, form, folder.resolve(name), new Cancellation());
        Path weights = trial.resolve("skip/layer_1.safetensors");
        double[][] features = Worked.each(
                Worked.preActivations(x, Worked.matrix(weights, "W_enc"), Worked.vector(weights, "b_enc")),
                value -> Math.max(value, 0));

        SaeFile read = SaeFile.read(saved, SaeOptions.AS_STORED);

        assertThat(read.config().hook()).isEqualTo(opened.config().hook());
        assertThat(read.config().hookOut()).isEqualTo(opened.config().hookOut());
        Worked.compare(
                read,
                x,
                features,
                Worked.sum(
                        Worked.decoded(features, Worked.matrix(weights, "W_dec"), Worked.vector(weights, "b_dec")),
                        Worked.preActivations(x, Worked.matrix(weights, "W_skip"), new double[D])));
    }

    private SafetensorsWriter four() {
        return new SafetensorsWriter()
                .add("W_enc", Worked.tensor(encoder))
                .add("W_dec", Worked.tensor(decoder))
                .add("b_enc", Worked.tensor(encoderBias))
                .add("b_dec", Worked.tensor(decoderBias));
    }

    /** Cut to what bfloat16 holds: the upper half of a float. */
    private static double[][] rounded(double[][] values) {
        return Worked.each(values, value -> Float.intBitsToFloat(Float.floatToIntBits((float) value) & 0xFFFF0000));
    }

    private void writeBf16(Map<String, double[][]> tensors) throws IOException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        Map<String, String> entries = new LinkedHashMap<>();
        for (Map.Entry<String, double[][]> tensor : tensors.entrySet()) {
            int begin = data.size();
            for (double[] row : tensor.getValue()) {
                for (double value : row) {
                    int bits = Float.floatToIntBits((float) value) >>> 16;
                    data.write(bits & 0xFF);
                    data.write(bits >>> 8);
                }
            }
            double[][] rows = tensor.getValue();
            String shape = rows.length == 1 ? "" + rows[0].length : rows.length + "," + rows[0].length;
            entries.put(
                    tensor.getKey(),
                    "{\"dtype\":\"BF16\",\"shape\":[" + shape + "],\"data_offsets\":[" + begin + "," + data.size()
                            + "]}");
        }
        byte[] header = entries.entrySet().stream()
                .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
                .collect(Collectors.joining(",", "{", "}"))
                .getBytes(StandardCharsets.UTF_8);
        ByteBuffer whole = ByteBuffer.allocate(8 + header.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
        whole.putLong(header.length).put(header).put(data.toByteArray());
        Files.write(file, whole.array());
    }
}
