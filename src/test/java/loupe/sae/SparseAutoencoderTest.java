package loupe.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import loupe.base.Refusal;
import loupe.sae.HostWeights.Part;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Hand-worked: two inputs, three features whose encoder rows are (1, 0), (0, 1) and (1, -1), so p = (x0, x1, x0 - x1) +
 * b_enc.
 */
class SparseAutoencoderTest {
    private static final float[] ENCODER_ROWS = {1, 0, 0, 1, 1, -1};
    private static final float[] DECODER_ROWS = {2, 0, 0, 3, 1, 1};

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static HostWeights weights() {
        return new HostWeights()
                .matrix(Part.ENCODER, ENCODER_ROWS, 3, 2, true)
                .vector(Part.ENCODER_BIAS, 0, 0, 0)
                .matrix(Part.DECODER, DECODER_ROWS, 3, 2, true)
                .vector(Part.DECODER_BIAS, 1, -1);
    }

    private SparseAutoencoder sae(Activation activation, HostWeights weights) {
        return SparseAutoencoder.upload(manager, SaeConfig.of("test", 2, 3, activation, false), weights);
    }

    private float[] encode(SparseAutoencoder sae, float... x) {
        return sae.encode(manager.create(x, new Shape(x.length / 2, 2))).toFloatArray();
    }

    @Test
    void reluKeepsWhatIsPositive() {
        try (SparseAutoencoder sae = sae(new Activation.Relu(), weights())) {
            assertThat(encode(sae, 1, 3, -2, -5)).containsExactly(1, 3, 0, 0, 0, 3);
        }
    }

    @Test
    void decoderBiasIsSubtractedOnlyWhereTheConventionSaysSo() {
        SaeConfig config = SaeConfig.of("test", 2, 3, new Activation.Relu(), true);
        try (SparseAutoencoder sae = SparseAutoencoder.upload(manager, config, weights())) {
            // x - (1, -1) = (0, 4)
            assertThat(encode(sae, 1, 3)).containsExactly(0, 4, 0);
        }
    }

    @Test
    void reconstructionIsTheWeightedSumOfDecoderDirectionsAndTheBias() {
        try (SparseAutoencoder sae = sae(new Activation.Relu(), weights())) {
            Reconstruction r = sae.reconstruct(manager.create(new float[] {5, 3}, new Shape(1, 2)), null);
            // features (5, 3, 2): 5(2, 0) + 3(0, 3) + 2(1, 1) + (1, -1)
            assertThat(r.features().toFloatArray()).containsExactly(5, 3, 2);
            assertThat(r.xHat().toFloatArray()).containsExactly(13, 10);
        }
    }

    @Test
    void tanhReluIsTheHyperbolicTangentOfThePositivePart() {
        try (SparseAutoencoder sae = sae(new Activation.TanhRelu(), weights())) {
            float[] f = encode(sae, 0.5f, -1);
            assertThat(f[0]).isCloseTo((float) Math.tanh(0.5), within(1e-6f));
            assertThat(f[1]).isZero();
            assertThat(f[2]).isCloseTo((float) Math.tanh(1.5), within(1e-6f));
        }
    }

    @Test
    void topKWithoutReluKeepsNegativeValuesAmongTheLargest() {
        try (SparseAutoencoder sae = sae(new Activation.TopK(2, false, false), weights())) {
            // p = (-1, -3, 2): the two largest are 2 and -1
            assertThat(encode(sae, -1, -3)).containsExactly(-1, 0, 2);
        }
    }

    @Test
    void topKWithReluDropsThem() {
        try (SparseAutoencoder sae = sae(new Activation.TopK(2, true, false), weights())) {
            assertThat(encode(sae, -1, -3)).containsExactly(0, 0, 2);
        }
    }

    @Test
    void topKTiesGoToTheLowerIndex() {
        try (SparseAutoencoder one = sae(new Activation.TopK(1, false, false), weights());
                SparseAutoencoder two = sae(new Activation.TopK(2, true, false), weights())) {
            // p = (2, 2, 0) and (2, 1, 1)
            assertThat(encode(one, 2, 2)).containsExactly(2, 0, 0);
            assertThat(encode(two, 2, 1)).containsExactly(2, 1, 0);
            SparseFeatures sparse = two.encodeSparse(manager.create(new float[] {2, 1}, new Shape(1, 2)));
            assertThat(sparse.features()).containsExactly(0, 1);
            assertThat(sparse.values()).containsExactly(2, 1);
        }
    }

    @Test
    void topKNeverGivesNegativeZero() {
        try (SparseAutoencoder sae = sae(new Activation.TopK(1, false, false), weights())) {
            assertThat(Float.floatToRawIntBits(encode(sae, 3, -3)[1])).isZero();
        }
    }

    @Test
    void topKByDecoderNormChoosesByWhatAFeatureWrites() {
        try (SparseAutoencoder sae = sae(new Activation.TopK(1, true, true), weights())) {
            // p = (2, 1.5, 0.5), norms (2, 3, sqrt 2): 4, 4.5 and 0.7
            Reconstruction r = sae.reconstruct(manager.create(new float[] {2, 1.5f}, new Shape(1, 2)), null);
            assertThat(r.features().toFloatArray()).containsExactly(0, 4.5f, 0);
            // decoded as 4.5 / 3 times (0, 3), plus the bias
            assertThat(r.xHat().toFloatArray()).containsExactly(1, 3.5f);
        }
    }

    @Test
    void batchTopKComparesStrictlyWithOneThreshold() {
        try (SparseAutoencoder sae = sae(new Activation.BatchTopK(1, OptionalDouble.of(2)), weights())) {
            assertThat(encode(sae, 3, 2, 1, -1.5f)).containsExactly(3, 0, 0, 0, 0, 2.5f);
        }
    }

    @Test
    void batchTopKWithoutAThresholdKeepsTheLargestOfTheWholeBatch() {
        try (SparseAutoencoder sae = sae(new Activation.BatchTopK(1, OptionalDouble.empty()), weights())) {
            // p = (3, 2, 1) and (1, 0, 1): of six values the two largest
            assertThat(encode(sae, 3, 2, 1, 0)).containsExactly(3, 2, 0, 0, 0, 0);
            assertThat(sae.encodeSparse(manager.create(new float[] {3, 2, 1, 0}, new Shape(2, 2)))
                            .l0(1))
                    .isZero();
        }
    }

    @Test
    void jumpReluComparesStrictlyWithTheFeaturesOwnThreshold() {
        HostWeights weights = weights().vector(Part.THRESHOLD, 1, 2, -5);
        try (SparseAutoencoder sae = sae(new Activation.JumpRelu(), weights)) {
            // p = (1, 2.5, -1.5): not above 1; above 2; above -5 but not positive
            assertThat(encode(sae, 1, 2.5f)).containsExactly(0, 2.5f, 0);
        }
    }

    @Test
    void gatedTakesTheChoiceFromTheGateAndTheSizeFromTheMagnitude() {
        HostWeights weights = weights()
                .vector(Part.ENCODER_BIAS, -2, 0, 0)
                .vector(Part.MAGNITUDE_SCALE, 0, (float) Math.log(2), 0)
                .vector(Part.MAGNITUDE_BIAS, 10, 1, -4);
        try (SparseAutoencoder sae = sae(new Activation.Gated(), weights)) {
            // p = (1, -1, 2): gate (-1, -1, 2)
            assertThat(encode(sae, 1, -1)).containsExactly(0, 0, 0);
            // p = (3, 1, 2): gate (1, 1, 2), magnitude (13, 2 * 1 + 1, -2)
            assertThat(encode(sae, 3, 1)).containsExactly(13, 3, 0);
        }
    }

    @Test
    void constantNormRescaleGivesEveryInputTheSameNormAndUndoesIt() {
        SaeConfig config = SaeConfig.of("test", 2, 3, new Activation.Relu(), false)
                .withNormalisation(InputNormalisation.CONSTANT_NORM_RESCALE);
        try (SparseAutoencoder sae = SparseAutoencoder.upload(manager, config, weights())) {
            Reconstruction r = sae.reconstruct(manager.create(new float[] {3, 4, 0, 0}, new Shape(2, 2)), null);
            float c = (float) (Math.sqrt(2) / 5);
            assertThat(r.features().get(0).toFloatArray())
                    .containsExactly(new float[] {3 * c, 4 * c, 0}, within(1e-6f));
            assertThat(r.xHat().get(0).toFloatArray())
                    .containsExactly(new float[] {6 + 1 / c, 12 - 1 / c}, within(1e-5f));
            assertThat(r.features().get(1).toFloatArray()).containsOnly(Float.NaN);
            assertThat(sae.encodeSparse(manager.zeros(new Shape(1, 2))).values())
                    .containsOnly(Float.NaN);
        }
    }

    @Test
    void layerNormUsesTheUnbiasedDeviationWithEpsilonOutside() {
        SaeConfig config = SaeConfig.of("test", 2, 3, new Activation.Relu(), false)
                .withNormalisation(InputNormalisation.LAYER_NORM);
        try (SparseAutoencoder sae = SparseAutoencoder.upload(manager, config, weights())) {
            Reconstruction r = sae.reconstruct(manager.create(new float[] {4, 2}, new Shape(1, 2)), null);
            // mean 3, deviation sqrt((1 + 1) / 1)
            double sigma = Math.sqrt(2);
            double z = 1 / (sigma + 1e-5);
            assertThat(r.features().toFloatArray())
                    .containsExactly(new float[] {(float) z, 0, (float) (2 * z)}, within(1e-6f));
            assertThat(r.xHat().toFloatArray())
                    .containsExactly(
                            new float[] {(float) ((2 * z + 2 * z + 1) * sigma + 3), (float) ((2 * z - 1) * sigma + 3)},
                            within(1e-5f));
        }
    }

    @Test
    void lookupIsAddedAfterDecodingByTheTokenAtTheSamePosition() {
        SaeConfig config =
                SaeConfig.of("test", 2, 3, new Activation.Relu(), false).withLookup(true);
        HostWeights weights = weights().matrix(Part.LOOKUP, new float[] {10, 20, 30, 40}, 2, 2, false);
        try (SparseAutoencoder sae = SparseAutoencoder.upload(manager, config, weights)) {
            NDArray x = manager.create(new float[] {5, 3, 0, 0}, new Shape(2, 2));
            assertThat(sae.reconstruct(x, manager.create(new long[] {1, 0}))
                            .xHat()
                            .toFloatArray())
                    .containsExactly(43, 50, 11, 19);
            assertThatThrownBy(() -> sae.reconstruct(x, manager.create(new long[] {1, 2})))
                    .isInstanceOf(Refusal.class)
                    .hasMessageContaining("2 rows")
                    .hasMessageContaining("token 2");
            assertThatThrownBy(() -> sae.reconstruct(x, null)).hasMessageContaining("no token ids for 2 vectors");
        }
    }

    @Test
    void joinedHeadsComeBackAsHeads() {
        SaeConfig plain = SaeConfig.of("test", 2, 3, new Activation.Relu(), false);
        SaeConfig config =
                plain.withReading(new SaeConfig.Reading(Optional.empty(), 2, new SaeConfig.Heads.Joined(), false));
        try (SparseAutoencoder sae = SparseAutoencoder.upload(manager, config, weights())) {
            Reconstruction r = sae.reconstruct(manager.create(new float[] {5, 3, 5, 3}, new Shape(2, 2, 1)), null);
            assertThat(r.features().getShape()).isEqualTo(new Shape(2, 3));
            assertThat(r.xHat().getShape()).isEqualTo(new Shape(2, 2, 1));
            assertThat(r.xHat().toFloatArray()).containsExactly(13, 10, 13, 10);
            assertThat(sae.encode(manager.create(new float[] {5, 3}, new Shape(1, 2)))
                            .getShape())
                    .isEqualTo(new Shape(1, 3));
        }
    }

    @Test
    void featureScaleMultipliesBeforeDecodingOnly() {
        try (SparseAutoencoder sae = sae(new Activation.Relu(), weights().vector(Part.FEATURE_SCALE, 2, 1, 0))) {
            Reconstruction r = sae.reconstruct(manager.create(new float[] {5, 3}, new Shape(1, 2)), null);
            assertThat(r.features().toFloatArray()).containsExactly(5, 3, 2);
            assertThat(r.xHat().toFloatArray()).containsExactly(21, 8);
        }
    }

    @Test
    void anInputBiasIsSubtractedInPlaceOfTheDecoderBias() {
        try (SparseAutoencoder sae = sae(new Activation.Relu(), weights().vector(Part.INPUT_BIAS, 4, 2))) {
            Reconstruction r = sae.reconstruct(manager.create(new float[] {5, 3}, new Shape(1, 2)), null);
            // x - (4, 2) = (1, 1): features (1, 1, 0), output (2, 3) + (1, -1)
            assertThat(r.features().toFloatArray()).containsExactly(1, 1, 0);
            assertThat(r.xHat().toFloatArray()).containsExactly(3, 2);
        }
    }

    @Test
    void skipReadsTheInputAsItIs() {
        HostWeights weights = weights().matrix(Part.SKIP, new float[] {1, 10, 0, 0}, 2, 2, false);
        try (SparseAutoencoder sae = sae(new Activation.Relu(), weights)) {
            assertThat(sae.reconstruct(manager.create(new float[] {5, 3}, new Shape(1, 2)), null)
                            .xHat()
                            .toFloatArray())
                    .containsExactly(13 + 35, 10);
        }
    }

    @Test
    void leadingAxesAreKept() {
        try (SparseAutoencoder sae = sae(new Activation.TopK(1, true, false), weights())) {
            Reconstruction r = sae.reconstruct(manager.ones(new Shape(4, 5, 2)), null);
            assertThat(r.features().getShape()).isEqualTo(new Shape(4, 5, 3));
            assertThat(r.xHat().getShape()).isEqualTo(new Shape(4, 5, 2));
            assertThatThrownBy(() -> sae.encode(manager.ones(new Shape(4, 3))))
                    .hasMessageContaining("[4, 3]")
                    .hasMessageContaining("vectors of 2");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void directionsDoNotDependOnHowTheMatrixLies(boolean turned) {
        HostWeights weights = weights();
        if (turned) {
            weights.matrix(Part.ENCODER, new float[] {1, 0, 1, 0, 1, -1}, 2, 3, false)
                    .matrix(Part.DECODER, new float[] {2, 0, 1, 0, 3, 1}, 2, 3, false);
        }
        try (SparseAutoencoder sae = sae(new Activation.Relu(), weights)) {
            assertThat(sae.encoderDirection(2)).containsExactly(1, -1);
            assertThat(sae.decoderDirection(1)).containsExactly(0, 3);
            assertThat(sae.encoder().getShape()).isEqualTo(new Shape(2, 3));
            assertThat(sae.decoder().getShape()).isEqualTo(new Shape(3, 2));
            assertThat(sae.decoderDirections(manager.create(new long[] {2, 0})).toFloatArray())
                    .containsExactly(1, 1, 2, 0);
            assertThat(encode(sae, 1, 3)).containsExactly(1, 3, 0);
        }
    }

    @Test
    void nothingIsLeftInTheWeightsManager() {
        HostWeights weights = weights().matrix(Part.LOOKUP, new float[] {10, 20}, 1, 2, false);
        SaeConfig config = SaeConfig.of("test", 2, 3, new Activation.TopK(2, false, false), true)
                .withLookup(true)
                .withNormalisation(InputNormalisation.LAYER_NORM);
        try (SparseAutoencoder sae = SparseAutoencoder.upload(manager, config, weights)) {
            int before = sae.weights().get(0).getManager().getManagedArrays().size();
            try (NDManager step = manager.newSubManager()) {
                NDArray x = step.ones(new Shape(3, 2));
                sae.reconstruct(x, step.zeros(new Shape(3), ai.djl.ndarray.types.DataType.INT64));
                sae.encodeSparse(x);
                sae.encoderDirection(0);
            }
            assertThat(sae.weights().get(0).getManager().getManagedArrays()).hasSize(before);
            // what the step had made in between is gone, and what is left can be lent
            try (NDManager step = manager.newSubManager()) {
                step.tempAttachAll(sae.weights());
                assertThat(sae.encoder().mul(2).getManager()).isSameAs(step);
            }
            assertThat(encode(sae, 1, 3)).hasSize(3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"relu", "topk", "topk-signed", "jumprelu", "gated"})
    void sparseAndDenseEncodingAgree(String which) {
        Random random = new Random(17);
        int dIn = 8;
        int dSae = 40;
        Activation activation =
                switch (which) {
                    case "topk" -> new Activation.TopK(5, true, false);
                    case "topk-signed" -> new Activation.TopK(30, false, false);
                    case "jumprelu" -> new Activation.JumpRelu();
                    case "gated" -> new Activation.Gated();
                    default -> new Activation.Relu();
                };
        HostWeights weights = new HostWeights()
                .matrix(Part.ENCODER, normal(random, dIn * dSae), dIn, dSae, false)
                .vector(Part.ENCODER_BIAS, normal(random, dSae))
                .matrix(Part.DECODER, normal(random, dIn * dSae), dSae, dIn, true)
                .vector(Part.DECODER_BIAS, normal(random, dIn))
                .vector(Part.THRESHOLD, normal(random, dSae))
                .vector(Part.MAGNITUDE_SCALE, normal(random, dSae))
                .vector(Part.MAGNITUDE_BIAS, normal(random, dSae));
        try (SparseAutoencoder sae =
                SparseAutoencoder.upload(manager, SaeConfig.of("test", dIn, dSae, activation, true), weights)) {
            NDArray x = manager.create(normal(random, 50 * dIn), new Shape(50, dIn));
            assertThat(sae.encodeSparse(x).dense().data())
                    .containsExactly(sae.encode(x).toFloatArray());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"relu", "jumprelu", "gated", "topk"})
    void foldingTheDecoderNormsLeavesTheReconstructionAlone(String which) {
        Activation activation =
                switch (which) {
                    case "jumprelu" -> new Activation.JumpRelu();
                    case "gated" -> new Activation.Gated();
                    case "topk" -> new Activation.TopK(2, true, true);
                    default -> new Activation.Relu();
                };
        HostWeights plain = new HostWeights();
        HostWeights folded = new HostWeights();
        for (HostWeights w : new HostWeights[] {plain, folded}) {
            w.matrix(Part.ENCODER, ENCODER_ROWS, 3, 2, true)
                    .vector(Part.ENCODER_BIAS, 0.1f, -0.2f, 0.3f)
                    .matrix(Part.DECODER, DECODER_ROWS, 3, 2, true)
                    .vector(Part.DECODER_BIAS, 1, -1)
                    .vector(Part.THRESHOLD, 0.5f, 0, 1)
                    .vector(Part.MAGNITUDE_SCALE, 0.2f, -0.3f, 0)
                    .vector(Part.MAGNITUDE_BIAS, 0.4f, 0.1f, -0.2f);
        }
        folded.foldDecoderNorms();
        NDArray x = manager.create(new float[] {1, 3, -2, 0.5f, 4, 1, 0, -6}, new Shape(4, 2));
        double[] norms = plain.decoderNorms();
        try (SparseAutoencoder a = sae(activation, plain);
                SparseAutoencoder b = sae(activation, folded)) {
            Reconstruction before = a.reconstruct(x, null);
            Reconstruction after = b.reconstruct(x, null);
            assertThat(after.xHat().toFloatArray())
                    .containsExactly(before.xHat().toFloatArray(), within(2e-5f));
            float[] was = before.features().toFloatArray();
            float[] is = after.features().toFloatArray();
            for (int i = 0; i < was.length; i++) {
                // a TopK by decoder norm has them multiplied already
                double factor = which.equals("topk") ? 1 : norms[i % 3];
                assertThat((double) is[i]).isCloseTo(was[i] * factor, within(1e-5));
            }
        }
    }

    @Test
    void weightsOfAnotherSizeAreRefused() {
        SaeConfig config = SaeConfig.of("test", 2, 4, new Activation.Relu(), false);
        assertThatThrownBy(() -> SparseAutoencoder.upload(manager, config, weights()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("ENCODER is [3, 2], expected [4, 2]");
        assertThatThrownBy(() -> SaeConfig.of("test", 2, 3, new Activation.TopK(4, true, false), false))
                .hasMessage("k is 4, dictionary has 3 features");
    }

    private static float[] normal(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
