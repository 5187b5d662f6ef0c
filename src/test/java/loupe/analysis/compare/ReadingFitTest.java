package loupe.analysis.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import loupe.TinyModel;
import loupe.analysis.compare.ReadingFit.Reading;
import loupe.analysis.prompts.ForwardPass;
import loupe.analysis.prompts.TokenRows;
import loupe.base.HookPoint;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.inference.ModelId;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Autoencoders that are perfect when they are read in one way. What the others come to is worked out from the model's
 * activations by loops in double precision; tolerance 1e-4.
 */
class ReadingFitTest {
    private static final int D = TinyModel.CONFIG.dModel();
    private static final HookPoint HOOK = HookPoint.residPost(0);
    private static final TokenRows ROWS = rows();

    @TempDir
    static Path folder;

    private static LocalInferenceService service;
    private static ModelId model;
    /** Activations at the hook point, first positions left out. */
    private static double[][] x;

    @BeforeAll
    static void open() throws IOException {
        service = new LocalInferenceService(Device.CPU);
        model = service.openModel(TinyModel.writeTo(folder.resolve("tiny")), Processing.RAW)
                .toCompletableFuture()
                .join()
                .id();
        x = new double[ROWS.count() * (ROWS.row(0).length - 1)][D];
        int at = 0;
        for (int r = 0; r < ROWS.count(); r++) {
            HostTensor values = service.submit(
                            new ForwardPass(
                                    model, Arrays.stream(ROWS.row(r)).boxed().toList(), Map.of(), Set.of(HOOK), false),
                            Priority.VISIBLE)
                    .answer()
                    .toCompletableFuture()
                    .join()
                    .values()
                    .get(HOOK);
            for (int t = 1; t < ROWS.row(r).length; t++, at++) {
                for (int j = 0; j < D; j++) {
                    x[at][j] = values.get(t, j);
                }
            }
        }
    }

    @AfterAll
    static void giveBack() {
        service.close();
    }

    @Test
    void aBiasThatShouldBeSubtractedIsFound() {
        double[] bias = new double[D];
        Arrays.setAll(bias, j -> 0.5 + 0.1 * j);
        ReadingFit.Answer answer =
                fit(write("bias", identity(), bias, Map.of("apply_b_dec_to_input", false)), SaeOptions.AS_STORED);
        assertThat(answer.tokens()).isEqualTo(x.length);
        assertThat(answer.readings()).hasSize(4);
        // as it is open, x^ = x + b for every x
        assertReading(
                answer.asOpen(),
                false,
                false,
                1 - x.length * Arrays.stream(bias).map(b -> b * b).sum() / spread(x));
        assertThat(answer.best().subtracts()).isTrue();
        assertThat(answer.best().explainedVariance()).isCloseTo(1, within(1e-4));
        assertThat(answer.best().l0()).isCloseTo(D, within(0.1));
    }

    @Test
    void centringIsFound() {
        double[][] projection = identity();
        for (double[] row : projection) {
            for (int j = 0; j < D; j++) {
                row[j] -= 1.0 / D;
            }
        }
        ReadingFit.Answer answer = fit(write("centred", projection, new double[D], Map.of()), SaeOptions.AS_STORED);
        double lost = 0;
        for (double[] row : x) {
            double mean = Arrays.stream(row).average().orElseThrow();
            lost += D * mean * mean;
        }
        assertReading(answer.asOpen(), false, true, 1 - lost / spread(x));
        assertThat(answer.best().centred()).isTrue();
        assertThat(answer.best().explainedVariance()).isCloseTo(1, within(1e-4));
    }

    @Test
    void theFactorOfTheInputIsEstimatedFromTheText() {
        double mean = 0;
        for (double[] row : x) {
            mean += Math.sqrt(Arrays.stream(row).map(v -> v * v).sum()) / x.length;
        }
        double factor = Math.sqrt(D) / mean;
        // made for scaled activations: a bias that is right there only
        double[] bias = new double[D];
        Arrays.setAll(bias, j -> 2.0);
        Path sae = write(
                "scaled",
                identity(),
                bias,
                Map.of("apply_b_dec_to_input", false, "normalize_activations", "expected_average_only_in"));
        ReadingFit.Answer answer = fit(sae, SaeOptions.AS_STORED);
        assertThat(answer.factor()).isCloseTo(factor, within(1e-4 * factor));
        assertThat(answer.readings()).hasSize(8);
        double squares = x.length * D * 4.0;
        assertReading(answer.asOpen(), false, false, 1 - squares / spread(x));
        Reading scaled = answer.readings().stream()
                .filter(r -> !r.centred() && !r.subtracts() && r.factor() != 1)
                .findFirst()
                .orElseThrow();
        assertReading(scaled, false, false, 1 - squares / (factor * factor * spread(x)));
    }

    @Test
    void whatIsReadPerfectlyAlreadyStaysAsItIs() {
        ReadingFit.Answer answer = fit(write("perfect", identity(), new double[D], Map.of()), SaeOptions.AS_STORED);
        assertThat(answer.asOpen().explainedVariance()).isCloseTo(1, within(1e-4));
        assertThat(answer.best().explainedVariance() - answer.asOpen().explainedVariance())
                .isLessThan(1e-4);
        assertThat(answer.asOpen().centred()).isFalse();
    }

    @Test
    void withoutAHookPointThereIsNothingToFit() {
        Path sae =
                write("nowhere", identity(), new double[D], Map.of("metadata", Map.of("sae_lens_version", "6.18.0")));
        assertThatThrownBy(() -> fit(sae, SaeOptions.AS_STORED))
                .hasMessageContaining("does not say where in the model it reads");
    }

    private static ReadingFit.Answer fit(Path sae, SaeOptions options) {
        OpenSae open = service.openSae(sae, options).toCompletableFuture().join();
        return service.submit(new ReadingFit(model, open.id(), ROWS), Priority.BACKGROUND)
                .answer()
                .toCompletableFuture()
                .join();
    }

    private static void assertReading(Reading reading, boolean centred, boolean subtracts, double explainedVariance) {
        assertThat(reading.centred()).isEqualTo(centred);
        assertThat(reading.subtracts()).isEqualTo(subtracts);
        assertThat(reading.explainedVariance())
                .isCloseTo(explainedVariance, within(1e-4 * Math.max(1, Math.abs(explainedVariance))));
    }

    private static double spread(double[][] rows) {
        double spread = 0;
        for (int j = 0; j < D; j++) {
            double mean = 0;
            for (double[] row : rows) {
                mean += row[j] / rows.length;
            }
            for (double[] row : rows) {
                spread += (row[j] - mean) * (row[j] - mean);
            }
        }
        return spread;
    }

    private static double[][] identity() {
        double[][] identity = new double[D][D];
        for (int j = 0; j < D; j++) {
            identity[j][j] = 1;
        }
        return identity;
    }

    /** Encoder (P, -P), decoder (I, -I): reconstructs P x. */
    private static Path write(String name, double[][] p, double[] bias, Map<String, Object> more) {
        float[] encoder = new float[D * 2 * D];
        float[] decoder = new float[2 * D * D];
        for (int i = 0; i < D; i++) {
            for (int j = 0; j < D; j++) {
                encoder[j * 2 * D + i] = (float) p[i][j];
                encoder[j * 2 * D + D + i] = (float) -p[i][j];
            }
            decoder[i * D + i] = 1;
            decoder[(D + i) * D + i] = -1;
        }
        float[] offset = new float[D];
        for (int j = 0; j < D; j++) {
            offset[j] = (float) bias[j];
        }
        Path at = folder.resolve(name);
        new SafetensorsWriter()
                .add("W_enc", new HostTensor(encoder, D, 2 * D))
                .add("b_enc", new HostTensor(new float[2 * D], 2 * D))
                .add("W_dec", new HostTensor(decoder, 2 * D, D))
                .add("b_dec", new HostTensor(offset, D))
                .write(at.resolve("sae_weights.safetensors"));
        Map<String, Object> cfg = new HashMap<>(Map.of(
                "d_in", D, "d_sae", 2 * D, "metadata", Map.of("sae_lens_version", "6.18.0", "hook_name", HOOK.name())));
        cfg.putAll(more);
        JsonFiles.write(at.resolve("cfg.json"), cfg);
        return at;
    }

    private static TokenRows rows() {
        Random random = new Random(4);
        int[][] rows = new int[12][16];
        for (int[] row : rows) {
            Arrays.setAll(row, t -> random.nextInt(TinyModel.CONFIG.vocabularySize()));
        }
        return new TokenRows(rows);
    }
}
