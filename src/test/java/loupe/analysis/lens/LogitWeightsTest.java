package loupe.analysis.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.Vectors;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Logit weights of a tiny model, and their moments, against plain loops in float64. */
class LogitWeightsTest {
    private static final int FEATURES = 150;
    private static final HostTensor DECODER = gaussian(FEATURES, 8, 2);
    private static final HostTensor ENCODER = gaussian(8, FEATURES, 1);

    private TestDevice device;
    private ModelId model;
    private SaeId sae;

    @BeforeEach
    void open() {
        device = new TestDevice();
        model = device.tiny();
        sae = device.sae("sae", ENCODER, DECODER);
    }

    @AfterEach
    void close() {
        device.close();
    }

    private static HostTensor gaussian(int rows, int columns, long seed) {
        Random random = new Random(seed);
        float[] data = new float[rows * columns];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new HostTensor(data, rows, columns);
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static double cosine(float[] a, float[] b) {
        return Vectors.dot(Vectors.unit(doubles(a)), Vectors.unit(doubles(b)));
    }

    private static double[] logitWeights(int feature) {
        Map<String, HostTensor> weights = TinyModel.weights();
        HostTensor embedding = weights.get("transformer.wte.weight");
        float[] gain = weights.get("transformer.ln_f.weight").data();
        double[] logits = new double[embedding.size(0)];
        for (int t = 0; t < logits.length; t++) {
            for (int i = 0; i < 8; i++) {
                logits[t] += (double) DECODER.get(feature, i) * gain[i] * embedding.get(t, i);
            }
        }
        return logits;
    }

    @Test
    void logitWeightsAreTheDecoderDirectionThroughTheGainAndTheUnembedding() {
        double[] expected = logitWeights(11);
        LogitWeights.Answer answer = device.ask(new LogitWeights(model, sae, 11, LogitProjection.DEFAULT, 6));
        for (int t = 0; t < expected.length; t++) {
            assertThat((double) answer.weights()[t]).isCloseTo(expected[t], within(1e-5));
        }
        int[] sorted = IntStream.range(0, expected.length)
                .boxed()
                .sorted((i, j) -> Double.compare(expected[j], expected[i]))
                .mapToInt(i -> i)
                .toArray();
        assertThat(answer.promoted()).containsExactly(Arrays.copyOf(sorted, 6));
        for (int i = 0; i < 6; i++) {
            assertThat(answer.suppressed()[i]).isEqualTo(sorted[sorted.length - 1 - i]);
            assertThat(answer.suppressedWeights()[i]).isEqualTo(answer.weights()[answer.suppressed()[i]]);
        }
        assertThat(Arrays.stream(answer.histogram().counts()).sum()).isEqualTo(300);
        assertThat(answer.histogram().bins()).isEqualTo(50);
    }

    @Test
    void centredLogitWeightsHaveMeanZeroAndUnitOnesAreCosines() {
        double[] plain = logitWeights(11);
        double mean = Arrays.stream(plain).average().orElseThrow();
        float[] centred = device.ask(new LogitWeights(model, sae, 11, LogitProjection.DEFAULT.withCentred(true), 3))
                .weights();
        float[] unit = device.ask(new LogitWeights(model, sae, 11, LogitProjection.DEFAULT.withUnitColumns(true), 3))
                .weights();
        HostTensor embedding = TinyModel.weights().get("transformer.wte.weight");
        float[] gain = TinyModel.weights().get("transformer.ln_f.weight").data();
        for (int t = 0; t < plain.length; t++) {
            assertThat((double) centred[t]).isCloseTo(plain[t] - mean, within(1e-5));
            float[] column = embedding.row(t);
            for (int i = 0; i < 8; i++) {
                column[i] *= gain[i];
            }
            assertThat((double) unit[t]).isCloseTo(cosine(column, DECODER.row(11)), within(1e-5));
        }
    }

    @Test
    void theMomentsOfEveryFeatureAreThoseOfItsLogitWeights() {
        LogitMoments.Answer all = device.ask(new LogitMoments(model, sae, LogitProjection.DEFAULT, 3, List.of()));
        assertThat(all.done()).isEqualTo(FEATURES);
        for (int feature = 0; feature < FEATURES; feature += 37) {
            LogitWeights.Answer one = device.ask(new LogitWeights(model, sae, feature, LogitProjection.DEFAULT, 3));
            assertThat((double) all.mean()[feature]).isCloseTo(one.moments().mean(), within(1e-5));
            assertThat((double) all.deviation()[feature])
                    .isCloseTo(one.moments().deviation(), within(1e-5));
            assertThat((double) all.skewness()[feature]).isCloseTo(one.moments().skewness(), within(1e-4));
            assertThat((double) all.kurtosis()[feature]).isCloseTo(one.moments().kurtosis(), within(1e-4));
            assertThat(all.tokens(feature)).containsExactly(one.promoted());
        }
    }

    @Test
    void momentsOfGaussianNumbersAreZeroAndThreeAndSkewnessFlipsWithTheSign() {
        float[] normal = gaussian(1, 1_000_000, 8).data();
        Moments moments = Moments.of(normal);
        // Standard errors sqrt(6/n) = 0.0024 and sqrt(24/n) = 0.0049.
        assertThat(moments.skewness()).isCloseTo(0, within(0.01));
        assertThat(moments.kurtosis()).isCloseTo(3, within(0.02));
        Moments hand = Moments.of(new float[] {0, 0, 0, 4});
        assertThat(hand)
                .isEqualTo(new Moments(
                        1, Math.sqrt(3), (27.0 - 3) / 4 / Math.pow(3, 1.5), (81.0 + 3) / 4 / 9, hand.entropy(), 0.5));
        assertThat(Moments.of(new float[] {0, 0, 0, -4}).skewness()).isEqualTo(-hand.skewness());
        assertThat(Moments.of(new float[] {2, 2}))
                .isEqualTo(new Moments(2, 0, Double.NaN, Double.NaN, Math.log(2), Double.NaN));
    }

    @Test
    void theProjectionOfAllFeaturesIsThatOfOneWhateverItLeavesOut() {
        HostTensor embedding = TinyModel.weights().get("transformer.wte.weight");
        double[] norms = new double[TinyModel.VOCABULARY];
        Arrays.setAll(norms, t -> Vectors.norm(doubles(embedding.row(t))));
        TokenSet odd = new TokenSet(
                "odd", IntStream.range(0, norms.length).filter(t -> t % 2 == 1).toArray());
        for (LogitProjection projection : List.of(
                new LogitProjection(false, false, false, 90),
                new LogitProjection(false, true, true, 50),
                new LogitProjection(true, true, false, 99.5))) {
            double most = KeptTokens.percentile(norms, projection.keptPercentile());
            int[] dropped = IntStream.range(0, norms.length)
                    .filter(t -> norms[t] > most)
                    .toArray();
            LogitMoments.Answer all = device.ask(new LogitMoments(model, sae, projection, 4, List.of(odd)));
            assertThat(all.leftOut()).containsExactly(dropped).isNotEmpty();
            for (int feature = 0; feature < FEATURES; feature += 41) {
                LogitWeights.Answer one = device.ask(new LogitWeights(model, sae, feature, projection, 4));
                assertThat(one.leftOut()).containsExactly(dropped);
                assertThat(all.tokens(feature)).containsExactly(one.promoted());
                assertThat(all.suppressed(feature)).containsExactly(one.suppressed());
                assertThat((double) all.entropy()[feature])
                        .isCloseTo(one.moments().entropy(), within(1e-5));
                assertThat((double) all.twoSidedMass()[feature])
                        .isCloseTo(one.moments().twoSidedMass(), within(1e-5));
                KeptTokens.Answer kept = device.ask(new KeptTokens(model, projection.keptPercentile()));
                assertThat(all.scores(feature))
                        .containsExactly(new Enrichment(kept.among(List.of(odd)), kept.kept().length)
                                .scores(kept.compact(one.weights())));
            }
        }
    }

    @Test
    void entropyAndTwoSidedMassAreTheirDefinitions() {
        float[] values = {1, 2, 4, -3};
        double partition = 0;
        for (float value : values) {
            partition += Math.exp(value);
        }
        double entropy = 0;
        for (float value : values) {
            double p = Math.exp(value) / partition;
            entropy -= p * Math.log(p);
        }
        Moments moments = Moments.of(values);
        assertThat(moments.entropy()).isCloseTo(entropy, within(1e-12));
        // squared deviations from 1: 0, 1, 9 above and 16 below
        assertThat(moments.twoSidedMass()).isCloseTo(2 * 10.0 / 26, within(1e-12));
        assertThat(Moments.of(new float[] {1000, 1000, -1000}).entropy())
                .as("no overflow")
                .isCloseTo(Math.log(2), within(1e-12));
    }

    @Test
    void oneTokenHasNoShapeAndNoEntropy() {
        assertThat(Moments.of(new float[] {7})).isEqualTo(new Moments(7, 0, Double.NaN, Double.NaN, 0, Double.NaN));
    }

    @Test
    void aPercentileLiesBetweenTwoNormsByStraightLine() {
        double[] norms = {4, 1, 3, 2};
        assertThat(KeptTokens.percentile(norms, 0)).isEqualTo(1);
        assertThat(KeptTokens.percentile(norms, 50)).isEqualTo(2.5);
        assertThat(KeptTokens.percentile(norms, 90)).isCloseTo(3.7, within(1e-12));
        assertThat(KeptTokens.percentile(norms, 100)).isEqualTo(4);
        assertThat(KeptTokens.percentile(new double[] {5}, 99)).isEqualTo(5);
    }

    @Test
    void anotherWidthThanTheModelsIsRefused() {
        ModelId wider = device.model(
                "wider", ModelConfig.gpt2(20, 8, 4, 1, 1), TinyModel.weights(ModelConfig.gpt2(20, 8, 4, 1, 1), 1));
        assertThatThrownBy(() -> device.ask(new LogitWeights(wider, sae, 0, LogitProjection.DEFAULT, 3)))
                .hasMessageContaining("vectors of 8 numbers")
                .hasMessageContaining("has 4");
    }
}
