package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.Reconstruction;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written reads back as the same configuration and the same weights, bit for bit. */
class SaeWriterTest {
    private static final int D = 6;
    private static final int N = 20;

    @TempDir
    Path folder;

    @Test
    void dictionaryLearningFoldersReadBack() {
        SaeConfig config = SaeConfig.of("dictionary-learning", D, N, new Activation.TopK(3, true, false), true)
                .trainedAt("tiny", HookPoint.residPost(2), false);
        HostWeights weights = weights(false);
        SaeWriter.dictionaryLearning(
                folder.resolve("run/trainer_0"), config, weights, Map.of("lr", 0.001, "steps", 100));
        SaeFile read = SaeFile.read(folder.resolve("run/trainer_0"), SaeOptions.AS_STORED);
        assertThat(read.config()).isEqualTo(config);
        assertThat(read.warnings()).isEmpty();
        assertSame(config, read.readWeights(new Cancellation()), weights);
    }

    @ParameterizedTest
    @ValueSource(strings = {"topk", "relu", "gated"})
    void tokenizedFilesReadBack(String which) {
        Activation activation = which.equals("topk")
                ? new Activation.TopK(4, false, false)
                : which.equals("relu") ? new Activation.Relu() : new Activation.Gated();
        SaeConfig config = SaeConfig.of("tokenized", D, N, activation, true)
                .withLookup(true)
                .trainedAt("tiny", HookPoint.residPre(1), true);
        HostWeights weights = weights(true).matrix(Part.LOOKUP, normal(new Random(5), 9 * D), 9, D, false);
        Path file = folder.resolve("tiny_resid_pre_1_ot4.pt");
        SaeWriter.tokenized(file, config, weights);
        SaeOptions options = SaeOptions.builder()
                .k(which.equals("topk") ? OptionalInt.of(4) : OptionalInt.empty())
                .activation(which.equals("relu") ? Optional.of("relu") : Optional.empty())
                .build();
        SaeFile read = SaeFile.read(file, options);
        assertThat(read.config()).isEqualTo(config);
        assertThat(read.proposal().k()).isEqualTo(OptionalInt.of(4));
        HostWeights back = read.readWeights(new Cancellation());
        assertSame(config, back, weights);
        assertThat(back.matrix(Part.LOOKUP, true)).containsExactly(weights.matrix(Part.LOOKUP, true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"topk", "topk-norm", "relu", "gated", "jumprelu"})
    void saeLensFoldersReadBack(String which) {
        Activation activation =
                switch (which) {
                    case "topk" -> new Activation.TopK(4, true, false);
                    case "topk-norm" -> new Activation.TopK(4, true, true);
                    case "gated" -> new Activation.Gated();
                    case "jumprelu" -> new Activation.JumpRelu();
                    default -> new Activation.Relu();
                };
        SaeConfig config = SaeConfig.of("saelens", D, N, activation, false)
                .withNormalisation(InputNormalisation.LAYER_NORM)
                .trainedAt("tiny", HookPoint.residPre(1), true);
        HostWeights weights = weights(true);
        SaeWriter.saeLens(folder, config, weights, Optional.of(normal(new Random(2), N)));
        SaeFile read = SaeFile.read(folder, SaeOptions.AS_STORED);
        assertThat(read.config()).isEqualTo(config);
        assertSame(config, read.readWeights(new Cancellation()), weights);
        assertThat(read.logSparsity()).hasValueSatisfying(s -> assertThat(s).containsExactly(normal(new Random(2), N)));
    }

    @Test
    void whatAFormatCannotSayIsRefused() {
        SaeConfig relu = SaeConfig.of("test", D, N, new Activation.Relu(), true);
        assertThatThrownBy(() -> SaeWriter.dictionaryLearning(folder, relu.withLookup(true), weights(true), Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dictionary_learning cannot express");
        assertThatThrownBy(() -> SaeWriter.saeLens(folder, relu.withLookup(true), weights(true), Optional.empty()))
                .hasMessageContaining("SAELens cannot express");
    }

    private static HostWeights weights(boolean featuresInRows) {
        Random random = new Random(3);
        int rows = featuresInRows ? N : D;
        int columns = featuresInRows ? D : N;
        return new HostWeights()
                .matrix(Part.ENCODER, normal(random, N * D), rows, columns, featuresInRows)
                .vector(Part.ENCODER_BIAS, normal(random, N))
                .matrix(Part.DECODER, normal(random, N * D), columns, rows, !featuresInRows)
                .vector(Part.DECODER_BIAS, normal(random, D))
                .vector(Part.THRESHOLD, normal(random, N))
                .vector(Part.MAGNITUDE_SCALE, normal(random, N))
                .vector(Part.MAGNITUDE_BIAS, normal(random, N));
    }

    /**
     * Weights bit for bit; what they compute within 2e-5, because a matrix that lies the other way round is summed in
     * another order.
     */
    private static void assertSame(SaeConfig config, HostWeights actual, HostWeights expected) {
        assertThat(actual.matrix(Part.ENCODER, true)).containsExactly(expected.matrix(Part.ENCODER, true));
        assertThat(actual.matrix(Part.DECODER, true)).containsExactly(expected.matrix(Part.DECODER, true));
        assertThat(features(config, actual)).containsExactly(features(config, expected), within(2e-5f));
    }

    private static float[] features(SaeConfig config, HostWeights weights) {
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae = SparseAutoencoder.upload(manager, config, weights)) {
            NDArray x = manager.create(normal(new Random(11), 7 * D), new Shape(7, D));
            Reconstruction r = sae.reconstruct(
                    x, config.lookup() ? manager.zeros(new Shape(7), ai.djl.ndarray.types.DataType.INT64) : null);
            return r.features().concat(r.xHat(), 1).toFloatArray();
        }
    }

    private static float[] normal(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
