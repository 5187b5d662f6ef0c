package loupe.analysis.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.Golden;
import loupe.base.Cancellation;
import loupe.format.JsonFiles;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.sae.Reconstruction;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Metrics of our reconstructions against dictionary_learning's {@code evaluate} and tokenized-sae's, both in float64;
 * relative tolerance 1e-4.
 */
class SaeMetricsGoldenTest {
    private static final double RELATIVE = 1e-4;
    /** The recorded evaluation leaves out the first three rows, which are extremes. */
    private static final int FIRST = 3;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AutoEncoder",
                "AutoEncoderNew",
                "AutoEncoderTopK",
                "BatchTopKSAE",
                "GatedAutoEncoder",
                "JumpReluAutoEncoder",
                "MatryoshkaBatchTopKSAE"
            })
    void evaluateIsThatOfDictionaryLearning(String dictClass) {
        Path folder = Golden.folder("dl_" + dictClass);
        JsonNode evaluate = JsonFiles.read(folder.resolve("golden.json")).get("evaluate");
        SaeFile file = SaeFile.read(folder.resolve("ae.pt"), SaeOptions.AS_STORED);
        try (TensorArchive golden = TensorArchives.open(folder.resolve("golden.safetensors"));
                NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae =
                        SparseAutoencoder.upload(manager, file.config(), file.readWeights(new Cancellation()))) {
            HostTensor whole = golden.tensor("x").toHost();
            int d = whole.size(-1);
            float[] rows = Arrays.copyOfRange(whole.data(), FIRST * d, whole.data().length);
            NDArray x = manager.create(rows, new Shape(rows.length / d, d));
            // its forward() gives AutoEncoderNew's features times the decoder norms, which l1_loss is made of
            NDArray norms = dictClass.equals("AutoEncoderNew") ? norms(manager, sae) : null;
            check(evaluate.get("one_batch").get("f64"), metrics(sae, x, norms));
            NDArray scaled =
                    x.mul(Math.sqrt(d)).div(x.norm(new int[] {1}, false).mean());
            check(evaluate.get("one_batch_normalize_batch").get("f64"), metrics(sae, scaled, norms));
            check(
                    evaluate.get("two_batches_of_half").get("f64"),
                    metrics(sae, x.get(":14"), norms),
                    metrics(sae, x.get("14:"), norms));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tok_topk", "tok_gated", "tok_vanilla"})
    void errorsAreThoseOfTokenizedSae(String name) {
        Path folder = Golden.folder(name);
        JsonNode expected = JsonFiles.read(folder.resolve("golden.json")).get("calculate_metrics_f64");
        SaeOptions options = SaeOptions.builder()
                .k(name.equals("tok_topk") ? OptionalInt.of(9) : OptionalInt.empty())
                .activation(name.equals("tok_vanilla") ? Optional.of("relu") : Optional.empty())
                .build();
        SaeFile file = SaeFile.read(folder.resolve("sae.pt"), options);
        try (TensorArchive golden = TensorArchives.open(folder.resolve("golden.safetensors"));
                NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae =
                        SparseAutoencoder.upload(manager, file.config(), file.readWeights(new Cancellation()))) {
            HostTensor x = golden.tensor("x.f64").toHost();
            int d = x.size(-1);
            Reconstruction r = sae.reconstruct(
                    manager.create(x.data(), new Shape(x.rows(), d)),
                    manager.create(golden.tensor("tokens").readIntegers(0, x.rows())));
            SaeMetrics metrics = new SaeMetrics(d, file.dSae());
            metrics.add(
                    x.rows(), x.data(), r.xHat().toFloatArray(), r.features().toFloatArray());
            close(metrics.nmse(), expected, "nmse");
            close(metrics.l0Positive(), expected, "l0");
        }
    }

    private static SaeMetrics metrics(SparseAutoencoder sae, NDArray x, NDArray norms) {
        Reconstruction r = sae.reconstruct(x, null);
        NDArray features = norms == null ? r.features() : r.features().mul(norms);
        SaeMetrics metrics = new SaeMetrics(sae.config().dIn(), sae.config().dSae());
        metrics.add((int) x.getShape().get(0), x.toFloatArray(), r.xHat().toFloatArray(), features.toFloatArray());
        return metrics;
    }

    private static NDArray norms(NDManager manager, SparseAutoencoder sae) {
        float[] norms = new float[sae.config().dSae()];
        for (int i = 0; i < norms.length; i++) {
            double sum = 0;
            for (float value : sae.decoderDirection(i)) {
                sum += (double) value * value;
            }
            norms[i] = (float) Math.sqrt(sum);
        }
        return manager.create(norms);
    }

    /** The library averages each batch's metrics, but counts a feature alive over all of them. */
    private static void check(JsonNode expected, SaeMetrics... batches) {
        close(
                Arrays.stream(batches)
                        .mapToDouble(SaeMetrics::errorNorm)
                        .average()
                        .orElseThrow(),
                expected,
                "l2_loss");
        close(Arrays.stream(batches).mapToDouble(SaeMetrics::l1).average().orElseThrow(), expected, "l1_loss");
        close(Arrays.stream(batches).mapToDouble(SaeMetrics::l0).average().orElseThrow(), expected, "l0");
        close(
                Arrays.stream(batches).mapToDouble(SaeMetrics::fve).average().orElseThrow(),
                expected,
                "frac_variance_explained");
        close(Arrays.stream(batches).mapToDouble(SaeMetrics::cosine).average().orElseThrow(), expected, "cossim");
        close(
                Arrays.stream(batches)
                        .mapToDouble(SaeMetrics::normRatio)
                        .average()
                        .orElseThrow(),
                expected,
                "l2_ratio");
        close(
                Arrays.stream(batches)
                        .mapToDouble(SaeMetrics::relativeReconstructionBias)
                        .average()
                        .orElseThrow(),
                expected,
                "relative_reconstruction_bias");
        if (batches.length == 1) {
            close(batches[0].alive(), expected, "frac_alive");
        }
    }

    private static void close(double actual, JsonNode expected, String key) {
        double value = expected.get(key).doubleValue();
        assertThat(actual).as(key).isCloseTo(value, within(RELATIVE * Math.max(1, Math.abs(value))));
    }
}
