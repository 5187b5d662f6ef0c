package loupe.analysis.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import loupe.Golden;
import loupe.analysis.features.Encoding;
import loupe.format.JsonFiles;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.inference.Priority;
import loupe.inference.SaeId;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SaeMetricsTest {
    /** x = (1, 0), (3, 4); x^ = (1, 1), (3, 0); so r = (0, -1), (0, 4). */
    @Test
    void followTheirFormulasOnNumbersWorkedByHand() {
        SaeMetrics metrics = new SaeMetrics(2, 3);
        metrics.add(2, new float[] {1, 0, 3, 4}, new float[] {1, 1, 3, 0}, new float[] {0, 2, 0, -1, 3, 0});
        assertThat(metrics.l0()).isEqualTo(1.5);
        assertThat(metrics.l0Positive()).isEqualTo(1);
        assertThat(metrics.l1()).isEqualTo(3);
        assertThat(metrics.alive()).isEqualTo(2 / 3.0);
        assertThat(metrics.mse()).isEqualTo((1 + 16) / 2.0);
        assertThat(metrics.errorNorm()).isEqualTo((1 + 4) / 2.0);
        // squared deviations: x has 2 x 1 and 2 x 4, r has 0 and 2 x 2.5^2
        assertThat(metrics.fve()).isCloseTo(1 - 12.5 / 10, within(1e-12));
        assertThat(metrics.cosine()).isCloseTo((1 / Math.sqrt(2) + 9.0 / 15) / 2, within(1e-12));
        assertThat(metrics.normRatio()).isCloseTo((Math.sqrt(2) + 3.0 / 5) / 2, within(1e-12));
        assertThat(metrics.relativeReconstructionBias()).isCloseTo((2 + 9) / (1.0 + 9), within(1e-12));
        assertThat(metrics.denserThan(0.5)).isEqualTo(1 / 3.0);
    }

    @Test
    void areTheSameHoweverTheRowsAreSplit() {
        float[] x = {1, 0, 3, 4, -2, 5};
        float[] xHat = {1, 1, 3, 0, 0, 5};
        float[] features = {0, 2, 1, 3, 5, 0};
        SaeMetrics whole = new SaeMetrics(2, 2);
        whole.add(3, x, xHat, features);
        SaeMetrics parts = new SaeMetrics(2, 2);
        parts.add(1, Arrays.copyOf(x, 2), Arrays.copyOf(xHat, 2), Arrays.copyOf(features, 2));
        parts.add(2, Arrays.copyOfRange(x, 2, 6), Arrays.copyOfRange(xHat, 2, 6), Arrays.copyOfRange(features, 2, 6));
        assertThat(parts.fve()).isCloseTo(whole.fve(), within(1e-12));
        assertThat(parts.mse()).isCloseTo(whole.mse(), within(1e-12));
        assertThat(parts.l0()).isEqualTo(whole.l0());
    }

    @Test
    void countRowsWithoutADefinedAnswerAndLeaveThemOut() {
        SaeMetrics metrics = new SaeMetrics(1, 1);
        metrics.add(2, new float[] {0, 2}, new float[] {Float.NaN, 1}, new float[] {Float.NaN, 1});
        assertThat(metrics.undefined()).isEqualTo(1);
        assertThat(metrics.rows()).isEqualTo(1);
        assertThat(metrics.l0()).isEqualTo(1);
        assertThat(metrics.mse()).isEqualTo(1);
    }

    @Test
    void compareNothingWhereTheOutputHasAnotherWidth() {
        SaeMetrics metrics = new SaeMetrics(0, 2);
        metrics.add(1, new float[] {1, 2, 3}, new float[] {1}, new float[] {0, 2});
        assertThat(metrics.l0()).isEqualTo(1);
        assertThat(metrics.mse()).isNaN();
        assertThat(metrics.fve()).isNaN();
    }

    /** dictionary_learning's evaluate() on x[3:] in one batch, in float64. Tolerance 1e-4 relative, for our float32. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "dl_AutoEncoder",
                "dl_AutoEncoderNew",
                "dl_AutoEncoderTopK",
                "dl_BatchTopKSAE",
                "dl_GatedAutoEncoder",
                "dl_JumpReluAutoEncoder"
            })
    void agreeWithDictionaryLearning(String name) {
        Path folder = Golden.folder(name);
        JsonNode expected = JsonFiles.read(folder.resolve("golden.json"))
                .get("evaluate")
                .get("one_batch")
                .get("f64");
        SaeMetrics metrics = metrics(folder);
        assertThat(metrics.errorNorm())
                .isCloseTo(expected.get("l2_loss").asDouble(), tolerance(expected.get("l2_loss")));
        if (!name.equals("dl_AutoEncoderNew")) {
            // its forward() multiplies features by the decoder norms, its encode(), which we follow, does not
            assertThat(metrics.l1()).isCloseTo(expected.get("l1_loss").asDouble(), tolerance(expected.get("l1_loss")));
        }
        assertThat(metrics.l0()).isCloseTo(expected.get("l0").asDouble(), tolerance(expected.get("l0")));
        assertThat(metrics.fve())
                .isCloseTo(
                        expected.get("frac_variance_explained").asDouble(),
                        tolerance(expected.get("frac_variance_explained")));
        assertThat(metrics.cosine()).isCloseTo(expected.get("cossim").asDouble(), tolerance(expected.get("cossim")));
        assertThat(metrics.normRatio())
                .isCloseTo(expected.get("l2_ratio").asDouble(), tolerance(expected.get("l2_ratio")));
        assertThat(metrics.relativeReconstructionBias())
                .isCloseTo(
                        expected.get("relative_reconstruction_bias").asDouble(),
                        tolerance(expected.get("relative_reconstruction_bias")));
        assertThat(metrics.alive())
                .isCloseTo(expected.get("frac_alive").asDouble(), tolerance(expected.get("frac_alive")));
    }

    private static org.assertj.core.data.Offset<Double> tolerance(JsonNode expected) {
        return within(1e-4 * Math.max(1, Math.abs(expected.asDouble())));
    }

    private static SaeMetrics metrics(Path folder) {
        HostTensor x;
        try (TensorArchive golden = TensorArchives.open(folder.resolve("golden.safetensors"))) {
            HostTensor all = golden.tensor("x").toHost();
            x = new HostTensor(
                    Arrays.copyOfRange(all.data(), 3 * all.size(1), all.data().length), all.size(0) - 3, all.size(1));
        }
        try (LocalInferenceService service = new LocalInferenceService(Device.CPU)) {
            SaeId sae = service.openSae(folder, SaeOptions.AS_STORED)
                    .toCompletableFuture()
                    .join()
                    .id();
            return service.submit(new Encoding(sae, x, Optional.empty()), Priority.VISIBLE)
                    .answer()
                    .toCompletableFuture()
                    .join()
                    .metrics();
        }
    }
}
