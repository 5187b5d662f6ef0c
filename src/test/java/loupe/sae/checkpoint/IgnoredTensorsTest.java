package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import loupe.Trial;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.format.TorchWriter;
import loupe.sae.HostWeights.Part;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that hold a tensor more than their family knows, as people met them with other programs, which dropped it
 * without a word.
 */
class IgnoredTensorsTest {
    private static final int D = 8;
    private static final int N = 24;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"w_skip.safetensors, W_skip", "gates.safetensors, r_mag", "saelens-standard-with-threshold, threshold"})
    void theCopiesOfWhatPeopleMetAreRefusedByName(String file, String tensor) {
        assertRefused(Trial.folder("ignored-tensors").resolve(file), SaeOptions.AS_STORED, tensor);
    }

    @ParameterizedTest
    @CsvSource({
        "thresholds, vector",
        "jumprelu_threshold, vector",
        "log_threshold, vector",
        "topk_threshold, scalar",
        "W_skip, square",
        "b_dec_out, input",
        "r_mag, vector",
        "b_gate, vector",
        "k, scalar",
        "act_std, input",
        "post_bias, input",
        "scaling_factor, vector",
        "lookup.W_scale, vector",
        "W_E_glu, square"
    })
    void aFurtherTensorThatChangesTheMathematicsIsRefusedByName(String name, String kind) {
        assertRefused(write("neel.pt", Map.of(name, tensor(kind))), SaeOptions.AS_STORED, name);
    }

    @Test
    void aFamilyNamedByHandIsNoExcuse() {
        Path file = write("neel.pt", Map.of("W_skip", tensor("square")));
        assertRefused(file, options("neel", null), "W_skip");
        assertRefused(
                Trial.folder("circuit-tracer-plt").resolve("skip/layer_0.safetensors"), options("neel", null), "");
        assertRefused(
                Trial.folder("circuit-tracer-plt").resolve("relu/layer_0.safetensors"), options("neel", null), "");
        assertRefused(
                Trial.folder("circuit-tracer-plt").resolve("relu/layer_0.safetensors"), options("tokenized", null), "");
    }

    @Test
    void theChoiceThatTheRefusalOffersMakesUseOfTheTensor() {
        HostTensor thresholds = tensor("vector");
        Path jumps = write("jumps.pt", Map.of("thresholds", thresholds));
        assertThat(offer(jumps)).isEqualTo(Remedy.give(Choice.ACTIVATION, "jumprelu"));
        assertThat(SaeFile.read(jumps, options(null, "jumprelu"))
                        .readWeights(new Cancellation())
                        .vector(Part.THRESHOLD))
                .containsExactly(thresholds.data());

        Path logarithms = write("logarithms.pt", Map.of("log_threshold", thresholds));
        assertThat(offer(logarithms)).isEqualTo(Remedy.give(Choice.ACTIVATION, "jumprelu"));
        assertThat(SaeFile.read(logarithms, options(null, "jumprelu"))
                        .readWeights(new Cancellation())
                        .vector(Part.THRESHOLD)[3])
                .isEqualTo((float) Math.exp(thresholds.data()[3]));

        Path gates = Trial.folder("ignored-tensors").resolve("gates.safetensors");
        assertThat(offer(gates)).isEqualTo(Remedy.give(Choice.ACTIVATION, "gated"));
        SaeFile gated = SaeFile.read(gates, options(null, "gated"));
        assertThat(gated.activation()).isEqualTo("gated");
        assertThat(gated.readWeights(new Cancellation()).vector(Part.ENCODER_BIAS))
                .containsExactly(stored(gates, "b_gate"));
        assertThat(gated.warnings()).anyMatch(warning -> warning.contains("b_enc"));

        Path topK = write("topk.pt", Map.of("k", tensor("scalar")));
        assertThat(offer(topK)).isEqualTo(Remedy.give(Choice.ACTIVATION, "topk"));
        assertThat(SaeFile.read(topK, options(null, "topk")).proposal().k()).hasValue(3);

        Path batch = write("batch.pt", Map.of("topk_threshold", tensor("scalar"), "k", tensor("scalar")));
        SaeFile ofBatch = SaeFile.read(batch, options(null, "batchtopk"));
        assertThat(ofBatch.config().activation().toString()).contains("3");
        assertThat(ofBatch.warnings()).noneMatch(warning -> warning.contains("not used"));
    }

    @Test
    void whoSaysWhichFunctionItIsMayLeaveAThresholdOutAndIsTold() {
        Path file = write("jumps.pt", Map.of("thresholds", tensor("vector")));
        assertThat(SaeFile.read(file, options(null, "relu")).warnings())
                .anyMatch(warning -> warning.equals("A tensor is not used: thresholds"));
    }

    @Test
    void aTensorOfUnknownMeaningIsNamed() {
        assertThat(SaeFile.read(write("neel.pt", Map.of("history", tensor("vector"))), SaeOptions.AS_STORED)
                        .warnings())
                .contains("A tensor is not used: history");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "step",
                "optimizer.state.0.exp_avg",
                "n_forward_passes_since_fired",
                "num_tokens_since_fired",
                "steps_not_active"
            })
    void theStateOfATrainingRunIsNoReasonForAWord(String name) {
        assertThat(SaeFile.read(write("neel.pt", Map.of(name, tensor("vector"))), SaeOptions.AS_STORED)
                        .warnings())
                .noneMatch(warning -> warning.contains("not used"));
    }

    private static void assertRefused(Path file, SaeOptions options, String tensor) {
        assertThatThrownBy(() -> SaeFile.read(file, options))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(tensor)
                .satisfies(refusal -> assertThat(refusal.getMessage().replace(file.toString(), ""))
                        .hasSizeLessThan(300));
    }

    private static Remedy offer(Path file) {
        try {
            SaeFile.read(file, SaeOptions.AS_STORED);
            throw new AssertionError(file + " was not refused");
        } catch (CheckpointException refused) {
            return refused.remedies().get(0);
        }
    }

    /** Four tensors as neel files have them, and more. */
    private Path write(String name, Map<String, HostTensor> more) {
        Path file = folder.resolve(name);
        Map<String, HostTensor> all = new LinkedHashMap<>();
        all.put("W_enc", random(D, N));
        all.put("W_dec", random(N, D));
        all.put("b_enc", random(N));
        all.put("b_dec", random(D));
        all.putAll(more);
        TorchWriter writer = new TorchWriter();
        all.forEach((tensor, values) -> {
            if (tensor.equals("k")) {
                writer.add(tensor, new long[] {3});
            } else {
                writer.add(tensor, values);
            }
        });
        writer.write(file);
        return file;
    }

    private static HostTensor tensor(String kind) {
        return switch (kind) {
            case "scalar" -> new HostTensor(new float[] {0.3f});
            case "vector" -> random(N);
            case "input" -> random(D);
            default -> random(D, D);
        };
    }

    private static HostTensor random(int... shape) {
        int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        java.util.Random random = new java.util.Random(size);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new HostTensor(values, shape);
    }

    private static float[] stored(Path file, String tensor) {
        try (TensorArchive archive = TensorArchives.open(file)) {
            return archive.tensor(tensor).toHost().data();
        }
    }

    private static SaeOptions options(String format, String activation) {
        return SaeOptions.builder()
                .format(Optional.ofNullable(format))
                .activation(Optional.ofNullable(activation))
                .build();
    }
}
