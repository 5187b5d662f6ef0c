package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchObject;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.InputNormalisation;
import loupe.sae.Reconstruction;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeProposal.Missing;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that say things about themselves in words of their own: {@code {state_dict, config, mean}}, as several public
 * repositories save their autoencoders. Expected numbers are those of plain loops in float64.
 */
class SelfDescriptionTest {
    private static final int D = 4;
    private static final int N = 12;
    private static final int K = 3;
    private static final int ROWS = 5;

    private final HostTensor encoder = random(1, D, N);
    private final HostTensor decoder = random(2, N, D);
    private final HostTensor encoderBias = random(3, N);
    private final HostTensor decoderBias = random(4, D);
    private final HostTensor mean = random(5, D);
    private final HostTensor x = random(6, ROWS, D);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"config", "cfg", "hparams"})
    void whatTheConfigurationInTheFileSaysIsUsed(String under) {
        Path file = write(Map.of(
                "state_dict",
                state(),
                under,
                Map.of("k", K, "activation", "topk", "hook", "resid_post", "layer", 6, "model", "gpt2", "lr", 0.0004)));

        SaeFile read = SaeFile.read(file, SaeOptions.AS_STORED);
        SaeConfig config = read.config();
        assertThat(config.activation()).isEqualTo(new Activation.TopK(K, true, false));
        assertThat(config.hook()).contains(HookPoint.residPost(6));
        assertThat(config.trained().model()).isEqualTo("gpt2");
        assertThat(read.settings()).containsEntry("lr", 0.0004);
        assertThat(read.warnings()).noneMatch(warning -> warning.contains("not used"));
        assertNumbers(read, plainLoops(K, false, true));
    }

    @Test
    void anObjectWithAttributesSaysTheSame() {
        Path file = write(Map.of(
                "state_dict",
                state(),
                "cfg",
                new TorchObject.Instance(
                        "argparse",
                        "Namespace",
                        Map.of("top_k", K, "activation_fn", "TopK", "hook_name", "blocks.3.hook_mlp_out"))));

        SaeFile read = SaeFile.read(file, SaeOptions.AS_STORED);
        assertThat(read.config().hook()).contains(new HookPoint(HookPoint.Site.MLP_OUT, 3));
        assertNumbers(read, plainLoops(K, false, true));
    }

    @Test
    void whateverFamilyTheTensorsAreOfItsKIsUsed() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("encoder.weight", turned(encoder));
        state.put("encoder.bias", encoderBias);
        state.put("decoder.weight", turned(decoder));
        state.put("b_dec", decoderBias);
        SaeFile dictionary =
                SaeFile.read(write(Map.of("state_dict", state, "config", Map.of("k", K))), SaeOptions.AS_STORED);
        assertThat(dictionary.format()).isEqualTo("dictionary-learning");
        assertNumbers(dictionary, plainLoops(K, false, true));

        Map<String, Object> tokenized = new LinkedHashMap<>();
        tokenized.put("W_enc", turned(encoder));
        tokenized.put("W_dec", turned(decoder));
        tokenized.put("b_enc", encoderBias);
        tokenized.put("b_dec", decoderBias);
        SaeFile relu = SaeFile.read(
                write(Map.of("state_dict", tokenized, "config", Map.of("activation", "relu"))), SaeOptions.AS_STORED);
        assertThat(relu.format()).isEqualTo("tokenized");
        assertNumbers(relu, plainLoops(N, false, true));
    }

    @Test
    void aKWithoutAFunctionMeansTopKAndThatIsSaid() {
        SaeFile read = SaeFile.read(write(Map.of("state_dict", state(), "k", K)), SaeOptions.AS_STORED);
        assertNumbers(read, plainLoops(K, false, true));
        assertThat(read.warnings()).anyMatch(warning -> warning.contains("taken to be topk"));
    }

    @Test
    void anUnknownFunctionIsRefusedByItsName() {
        Path file = write(Map.of("state_dict", state(), "config", Map.of("activation", "softplus")));
        assertThatThrownBy(() -> SaeFile.read(file, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("softplus");
    }

    @Test
    void aLayerAloneIsProposedAndAskedFor() {
        SaeProposal proposal = SaeFile.read(
                        write(Map.of("state_dict", state(), "config", Map.of("layer", 7))), SaeOptions.AS_STORED)
                .proposal();
        assertThat(proposal.missing()).containsExactly(Missing.HOOK);
        assertThat(proposal.hook()).contains(HookPoint.residPost(7));
    }

    @Test
    void aConfigurationBesideTheWeightsIsHeardWhereTheFamilyHasNone() {
        write(state());
        JsonFiles.write(folder.resolve("config.json"), Map.of("k", K, "activation", "topk", "layer", 2));
        assertNumbers(SaeFile.read(folder.resolve("sae.pt"), SaeOptions.AS_STORED), plainLoops(K, false, true));

        JsonFiles.write(
                folder.resolve("config.json"), Map.of("model_type", "gpt2", "architectures", List.of("x"), "k", K));
        assertNumbers(SaeFile.read(folder.resolve("sae.pt"), SaeOptions.AS_STORED), plainLoops(N, false, true));
    }

    @Test
    void wordsInTheMetadataOfSafetensorsAreHeard() {
        Path file = folder.resolve("sae.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter();
        state().forEach((name, tensor) -> writer.add(name, (HostTensor) tensor));
        writer.metadata("k", "3").metadata("activation", "topk").write(file);
        assertNumbers(SaeFile.read(file, SaeOptions.AS_STORED), plainLoops(K, false, true));

        SafetensorsWriter other = new SafetensorsWriter();
        state().forEach((name, tensor) -> other.add(name, (HostTensor) tensor));
        other.metadata("config", "{\"k\": 3, \"activation\": \"topk\"}").write(file);
        assertNumbers(SaeFile.read(file, SaeOptions.AS_STORED), plainLoops(K, false, true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mean", "act_mean", "activation_mean"})
    void aStoredMeanIsSubtractedAndAddedBack(String name) {
        SaeFile read = SaeFile.read(write(Map.of("state_dict", state(), name, mean)), SaeOptions.AS_STORED);
        assertThat(read.normalisation()).isEqualTo(InputNormalisation.STORED_MEAN);
        assertThat(read.warnings()).anyMatch(warning -> warning.contains(name));
        assertNumbers(read, plainLoops(N, true, true));
    }

    @Test
    void aMeanWithALeadingAxisOrInTheConfigurationIsTheSame() {
        HostTensor row = new HostTensor(mean.data(), 1, D);
        assertNumbers(
                SaeFile.read(write(Map.of("state_dict", state(), "mean", row)), SaeOptions.AS_STORED),
                plainLoops(N, true, true));
        assertNumbers(
                SaeFile.read(
                        write(Map.of("state_dict", state(), "config", Map.of("k", K, "act_mean", mean))),
                        SaeOptions.AS_STORED),
                plainLoops(K, true, true));
    }

    @Test
    void whoeverSaysSoReadsItWithoutItsMean() {
        SaeFile read = SaeFile.read(
                write(Map.of("state_dict", state(), "mean", mean)), SaeOptions.AS_STORED.withSubtractMean(false));
        assertNumbers(read, plainLoops(N, false, true));
        assertThat(read.warnings()).contains("A tensor is not used: mean");
    }

    @Test
    void withoutSubtractingTheDecoderBiasTheMeanStillIs() {
        SaeFile read = SaeFile.read(
                write(Map.of("state_dict", state(), "mean", mean)),
                SaeOptions.AS_STORED.withSubtractDecoderBias(false));
        assertNumbers(read, plainLoops(N, true, false));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void savedInAnyFormItComputesTheSame(boolean subtracts) {
        SaeFile read = SaeFile.read(
                write(Map.of("state_dict", state(), "mean", mean)),
                SaeOptions.AS_STORED.withSubtractDecoderBias(subtracts));
        float[][] expected = plainLoops(N, true, subtracts);
        for (SaeSaving.Form form : List.of(SaeSaving.Form.PLAIN, SaeSaving.Form.SAELENS)) {
            Path saved = SaeSaving.save(read, form, folder.resolve("saved" + form + form.suffix()), new Cancellation());
            assertNumbers(SaeFile.read(saved, SaeOptions.AS_STORED), expected);
        }
        assertThat(SaeFile.read(folder.resolve("savedPLAIN.safetensors"), SaeOptions.AS_STORED)
                        .normalisation())
                .isEqualTo(InputNormalisation.STORED_MEAN);
        Path dictionary = SaeSaving.save(
                read, SaeSaving.Form.DICTIONARY_LEARNING, folder.resolve("dictionary"), new Cancellation());
        float[] xHat = run(SaeFile.read(dictionary, SaeOptions.AS_STORED))[1];
        for (int i = 0; i < xHat.length; i++) {
            assertThat(xHat[i]).isCloseTo(expected[1][i], within(1e-4f));
        }
    }

    @Test
    void theAuditSaysThatAMeanIsSubtracted() {
        SaeFile read = SaeFile.read(write(Map.of("state_dict", state(), "mean", mean)), SaeOptions.AS_STORED);
        SaeAudit.Finding input = SaeAudit.of(read, new Cancellation()).stream()
                .filter(finding -> finding.topic().equals("Input"))
                .findFirst()
                .orElseThrow();
        assertThat(input.sentence()).contains("mean that the file stores");
        assertThat(input.remedy().orElseThrow().options().subtractMean()).contains(false);
    }

    @Test
    void aDeviationBesideTheMeanIsRefused() {
        Path file = write(Map.of("state_dict", state(), "mean", mean, "std", random(9, D)));
        assertThatThrownBy(() -> SaeFile.read(file, SaeOptions.AS_STORED))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("std");
    }

    /** {features, reconstruction} of a ReLU whose k largest are kept. */
    private float[][] plainLoops(int k, boolean less, boolean subtracts) {
        float[] features = new float[ROWS * N];
        float[] xHat = new float[ROWS * D];
        for (int row = 0; row < ROWS; row++) {
            double[] p = new double[N];
            for (int i = 0; i < N; i++) {
                p[i] = encoderBias.data()[i];
                for (int j = 0; j < D; j++) {
                    double value = x.data()[row * D + j]
                            - (less ? mean.data()[j] : 0)
                            - (subtracts ? decoderBias.data()[j] : 0);
                    p[i] += value * encoder.data()[j * N + i];
                }
            }
            double[] sorted = p.clone();
            Arrays.sort(sorted);
            for (int i = 0; i < N; i++) {
                features[row * N + i] = p[i] >= sorted[N - k] ? (float) Math.max(p[i], 0) : 0;
            }
            for (int j = 0; j < D; j++) {
                double sum = decoderBias.data()[j] + (less ? mean.data()[j] : 0);
                for (int i = 0; i < N; i++) {
                    sum += (double) features[row * N + i] * decoder.data()[i * D + j];
                }
                xHat[row * D + j] = (float) sum;
            }
        }
        return new float[][] {features, xHat};
    }

    private void assertNumbers(SaeFile file, float[][] expected) {
        float[][] found = run(file);
        for (int part = 0; part < 2; part++) {
            for (int i = 0; i < expected[part].length; i++) {
                assertThat(found[part][i]).as("value " + i).isCloseTo(expected[part][i], within(1e-4f));
            }
        }
    }

    private float[][] run(SaeFile file) {
        HostWeights weights = file.readWeights(new Cancellation());
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae = SparseAutoencoder.upload(manager, file.config(), weights)) {
            NDArray input = manager.create(x.data(), new Shape(ROWS, D));
            Reconstruction result = sae.reconstruct(input, null);
            return new float[][] {
                result.features().toFloatArray(), result.xHat().toFloatArray()
            };
        }
    }

    private Path write(Map<String, ?> root) {
        Path file = folder.resolve("sae.pt");
        TorchObject.write(file, root);
        return file;
    }

    /** Four tensors as neel files have them. */
    private Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("W_enc", encoder);
        state.put("W_dec", decoder);
        state.put("b_enc", encoderBias);
        state.put("b_dec", decoderBias);
        return state;
    }

    private static HostTensor turned(HostTensor matrix) {
        int rows = matrix.shape()[0];
        int columns = matrix.shape()[1];
        float[] turned = new float[rows * columns];
        for (int i = 0; i < turned.length; i++) {
            turned[i % columns * rows + i / columns] = matrix.data()[i];
        }
        return new HostTensor(turned, columns, rows);
    }

    private static HostTensor random(long seed, int... shape) {
        Random random = new Random(seed);
        float[] values = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new HostTensor(values, shape);
    }
}
