package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Random;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.Vectors;
import loupe.base.Cancellation;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;

class TokenGeometryTest {
    /** Four tokens in two dimensions: (3, 4), (0, 0), (-1, 0), (2, 0), whose centroid is (1, 1). */
    private static ModelId plane(TestDevice device) {
        ModelConfig config = ModelConfig.gpt2(4, 8, 2, 1, 1);
        Map<String, HostTensor> weights = TinyModel.weights(config, 3);
        weights.put("transformer.wte.weight", new HostTensor(new float[] {3, 4, 0, 0, -1, 0, 2, 0}, 4, 2));
        return device.model("plane", config, weights);
    }

    @Test
    void normsAndDistancesAreThoseWorkedOutByHand() {
        try (TestDevice device = new TestDevice()) {
            TokenGeometry.Answer geometry = device.ask(new TokenGeometry(plane(device)));
            assertThat(geometry.centroid()).containsExactly(1, 1);
            assertThat(geometry.norms()).containsExactly(5, 0, 1, 2);
            assertThat(geometry.centroidProducts()).containsExactly(7, 0, -1, 2);
            assertThat(geometry.distances())
                    .containsExactly(
                            new double[] {Math.sqrt(13), Math.sqrt(2), Math.sqrt(5), Math.sqrt(2)}, within(1e-12));
            assertThat(geometry.meanNorm()).isEqualTo(2);
            assertThat(geometry.inverseNorms()).containsExactly(0.2, 0, 1, 0.5);
            assertThat(geometry.centroidGaps())
                    .containsExactly(
                            new double[] {1 - 7 / (5 * Math.sqrt(2)), 1, 1 + 1 / Math.sqrt(2), 1 - 1 / Math.sqrt(2)},
                            within(1e-12));
        }
    }

    @Test
    void principalComponentsOfAPlaneAreThoseOfItsCovariance() {
        try (TestDevice device = new TestDevice()) {
            // Deviations (2, 3), (-1, -1), (-2, -1), (1, -1): sums of squares 10 and 12, of products 6 + 1 + 2 - 1 = 8.
            EmbeddingCovariance.Answer covariance = device.ask(new EmbeddingCovariance(plane(device)));
            assertThat(covariance.sums()).containsExactly(10, 8, 8, 12);
            assertThat(covariance.fourthMoment()).isEqualTo(169 + 4 + 25 + 4);
            assertThat(covariance.totalVariance()).isEqualTo(5.5);
            PrincipalComponents.Answer components = device.ask(new PrincipalComponents(plane(device), 2));
            assertThat(components.variances())
                    .containsExactly(new double[] {(11 + Math.sqrt(65)) / 4, (11 - Math.sqrt(65)) / 4}, within(1e-12));
            double slope = (1 + Math.sqrt(65)) / 8;
            double norm = Math.hypot(1, slope);
            assertThat(components.directions()[0])
                    .containsExactly(new double[] {1 / norm, slope / norm}, within(1e-12));
            assertThat(components.directions()[1])
                    .containsExactly(new double[] {slope / norm, -1 / norm}, within(1e-12));
        }
    }

    @Test
    void subspaceIterationFindsThePlantedEigenvectors() {
        int n = 150;
        Random random = new Random(4);
        double[][] basis = new double[n][n];
        double[] a = new double[n * n];
        for (int k = 0; k < n; k++) {
            for (int i = 0; i < n; i++) {
                basis[k][i] = random.nextGaussian();
            }
            for (int j = 0; j < k; j++) {
                Vectors.addScaled(basis[k], -Vectors.dot(basis[k], basis[j]), basis[j]);
            }
            basis[k] = Vectors.unit(basis[k]);
            double value = 100.0 / (1 + k);
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    a[i * n + j] += value * basis[k][i] * basis[k][j];
                }
            }
        }
        LeadingEigenvectors leading = LeadingEigenvectors.of(a, n, 6, new Cancellation());
        for (int k = 0; k < 6; k++) {
            assertThat(leading.values()[k]).isCloseTo(100.0 / (1 + k), within(1e-9));
            assertThat(Math.abs(Vectors.dot(leading.vectors()[k], basis[k]))).isCloseTo(1, within(1e-10));
        }
    }

    @Test
    void aMatrixOfLowRankHasItsEigenvectorsAndThenZeros() {
        int n = 100;
        double[] a = new double[n * n];
        a[0] = 3;
        a[n + 1] = 2;
        LeadingEigenvectors leading = LeadingEigenvectors.of(a, n, 4, new Cancellation());
        assertThat(leading.values()).containsExactly(new double[] {3, 2, 0, 0}, within(1e-12));
        assertThat(Math.abs(leading.vectors()[1][1])).isCloseTo(1, within(1e-12));
        assertThat(Vectors.norm(leading.vectors()[3])).isCloseTo(1, within(1e-12));
    }

    @Test
    void aGhostIsTheCombinationItsSettingsSay() {
        try (TestDevice device = new TestDevice()) {
            ModelId model = plane(device);
            // Encoder direction (0, 2), decoder direction (5, 0): unit vectors (0, 1) and (1, 0).
            SaeId sae = device.sae(
                    "sae", new HostTensor(new float[] {0, 2}, 2, 1), new HostTensor(new float[] {5, 0}, 1, 2));
            GhostSettings half =
                    GhostSettings.encoder(sae, 0).withEncoderMix(0.5).withScale(4);
            assertThat(ghost(device, model, half)).containsExactly(new float[] {3, 3}, within(1e-6f));
            assertThat(ghost(device, model, half.withCentroid(false)))
                    .containsExactly(new float[] {2, 2}, within(1e-6f));
            assertThat(ghost(device, model, half.withEncoderMix(1))).containsExactly(new float[] {1, 5}, within(1e-6f));
            double[] p = device.ask(new PrincipalComponents(model, 1)).directions()[0];
            GhostSettings pca = GhostSettings.decoder(sae, 0)
                    .withScale(2)
                    .withCentroid(false)
                    .withPca(PcaSign.NEGATIVE, 0.25);
            assertThat(ghost(device, model, pca))
                    .containsExactly(new float[] {(float) (1.5 - 0.5 * p[0]), (float) (-0.5 * p[1])}, within(1e-6f));
            GhostVector vector = device.ask(new GhostBasis(model, pca)).vector(pca);
            assertThat(vector.direction().data())
                    .containsExactly(new float[] {(float) (0.75 - 0.25 * p[0]), (float) (-0.25 * p[1])}, within(1e-6f));
        }
    }

    private static float[] ghost(TestDevice device, ModelId model, GhostSettings settings) {
        return device.ask(new GhostBasis(model, settings))
                .vector(settings)
                .ghost()
                .data();
    }

    @Test
    void settingsThatMeanTheSameAreEqual() {
        GhostSettings base = GhostSettings.encoder(new SaeId("a", "a"), 1);
        assertThat(base.withPca(PcaSign.NEGATIVE, 0, 0)).isEqualTo(base);
        HostTensor vector = new HostTensor(new float[] {1, 2}, 2);
        assertThat(GhostSettings.finished(vector).withScale(3).withCentroid(true))
                .isEqualTo(GhostSettings.finished(vector));
    }
}
