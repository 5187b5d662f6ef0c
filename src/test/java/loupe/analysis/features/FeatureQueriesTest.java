package loupe.analysis.features;

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
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FeatureQueriesTest {
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

    private static double cosine(float[] a, float[] b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return ab / Math.sqrt(aa * bb);
    }

    private static HostTensor transposed(HostTensor matrix) {
        float[] data = new float[matrix.data().length];
        for (int i = 0; i < matrix.size(0); i++) {
            for (int j = 0; j < matrix.size(1); j++) {
                data[j * matrix.size(0) + i] = matrix.get(i, j);
            }
        }
        return new HostTensor(data, matrix.size(1), matrix.size(0));
    }

    /** The ids of the rows nearest to a vector, by sorting all cosines. */
    private static int[] nearest(HostTensor rows, float[] vector, int leftOut, int top) {
        return IntStream.range(0, rows.size(0))
                .filter(i -> i != leftOut)
                .boxed()
                .sorted((i, j) -> Double.compare(cosine(rows.row(j), vector), cosine(rows.row(i), vector)))
                .limit(top)
                .mapToInt(i -> i)
                .toArray();
    }

    @Test
    void neighboursAreThoseOfSortingAllCosines() {
        HostTensor embedding = TinyModel.weights().get("transformer.wte.weight");
        Neighbours.Answer features = device.ask(Neighbours.ofFeature(sae, 7, 20));
        assertThat(features.ids()).containsExactly(nearest(DECODER, DECODER.row(7), 7, 20));
        assertThat(features.cosines()[0])
                .isCloseTo(cosine(DECODER.row(7), DECODER.row(features.ids()[0])), within(1e-6));

        HostTensor encoders = transposed(ENCODER);
        assertThat(device.ask(new Neighbours(new NeighbourQuery.Feature(sae, 7), new NeighbourSpace.Encoder(sae), 5))
                        .ids())
                .containsExactly(nearest(encoders, encoders.row(7), 7, 5));
        assertThat(device.ask(new Neighbours(new NeighbourQuery.Feature(sae, 7), new NeighbourSpace.Tokens(model), 5))
                        .ids())
                .containsExactly(nearest(embedding, DECODER.row(7), -1, 5));
        assertThat(device.ask(new Neighbours(new NeighbourQuery.Token(model, 12), new NeighbourSpace.Tokens(model), 5))
                        .ids())
                .containsExactly(nearest(embedding, embedding.row(12), 12, 5));
        assertThat(device.ask(new Neighbours(new NeighbourQuery.Token(model, 12), new NeighbourSpace.Decoder(sae), 5))
                        .ids())
                .containsExactly(nearest(DECODER, embedding.row(12), -1, 5));
        // The tiny model's unembedding is its embedding, so the token itself is there too.
        assertThat(device.ask(new Neighbours(
                                new NeighbourQuery.Token(model, 12), new NeighbourSpace.Unembedding(model), 5))
                        .ids())
                .containsExactly(nearest(embedding, embedding.row(12), 12, 5));
        HostTensor vector = gaussian(1, 8, 99).reshape(8);
        assertThat(device.ask(new Neighbours(
                                new NeighbourQuery.Vector(vector), new NeighbourSpace.Unembedding(model), 300))
                        .ids())
                .containsExactly(nearest(embedding, vector.data(), -1, 300));
    }

    @Test
    void aTextIsTheMeanOfItsTokensAndARandomVectorIsTheSameForTheSameSeed() {
        HostTensor embedding = TinyModel.weights().get("transformer.wte.weight");
        float[] mean = new float[8];
        for (int i = 0; i < 8; i++) {
            mean[i] = (embedding.get(3, i) + embedding.get(200, i)) / 2;
        }
        assertThat(device.ask(new Neighbours(
                                new NeighbourQuery.Text(model, List.of(3, 200)), new NeighbourSpace.Tokens(model), 9))
                        .ids())
                .containsExactly(nearest(embedding, mean, -1, 9));
        Neighbours random = new Neighbours(new NeighbourQuery.RandomVector(5), new NeighbourSpace.Tokens(model), 9);
        int[] first = device.ask(random).ids();
        device.forget();
        assertThat(device.ask(random).ids()).containsExactly(first);
        assertThat(device.ask(new Neighbours(new NeighbourQuery.RandomVector(6), new NeighbourSpace.Tokens(model), 9))
                        .ids())
                .isNotEqualTo(first);
    }

    @Test
    void aSumIsThatOfItsVectorsAsTheyAreAndLeavesThemOut() {
        HostTensor embedding = TinyModel.weights().get("transformer.wte.weight");
        float[] sum = new float[8];
        for (int i = 0; i < 8; i++) {
            sum[i] = DECODER.get(7, i) - 0.5f * embedding.get(12, i) + embedding.get(3, i);
        }
        NeighbourQuery asked = new NeighbourQuery.Sum(List.of(
                new NeighbourQuery.Term(1, new NeighbourQuery.Feature(sae, 7)),
                new NeighbourQuery.Term(-0.5, new NeighbourQuery.Token(model, 12)),
                new NeighbourQuery.Term(1, new NeighbourQuery.Token(model, 3))));
        int[] everything = nearest(embedding, sum, -1, 300);
        assertThat(device.ask(new Neighbours(asked, new NeighbourSpace.Tokens(model), 298))
                        .ids())
                .containsExactly(Arrays.stream(everything)
                        .filter(id -> id != 12 && id != 3)
                        .limit(298)
                        .toArray());
        assertThat(device.ask(new Neighbours(asked, new NeighbourSpace.Decoder(sae), 9))
                        .ids())
                .containsExactly(nearest(DECODER, sum, 7, 9));
    }

    @Test
    void theMeanPairwiseCosineIsTheMeanOverPairs() {
        Neighbours.Answer answer = device.ask(Neighbours.ofFeature(sae, 0, 4));
        double sum = 0;
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < i; j++) {
                sum += cosine(DECODER.row(answer.ids()[i]), DECODER.row(answer.ids()[j]));
            }
        }
        assertThat(answer.meanPairwiseCosine()).isCloseTo(sum / 6, within(1e-6));
        assertThat(device.ask(Neighbours.ofFeature(sae, 0, 1)).meanPairwiseCosine())
                .isNaN();
    }

    @Test
    void whatDoesNotFitOrIsNotThereIsRefused() {
        assertThatThrownBy(() -> device.ask(Neighbours.ofFeature(sae, FEATURES, 3)))
                .hasMessageContaining("row 150; expected 0 to 149");
        assertThatThrownBy(() ->
                        device.ask(new Neighbours(new NeighbourQuery.Bias(sae, 0), new NeighbourSpace.Biases(sae), 3)))
                .hasMessageContaining("no per-token biases");
        assertThatThrownBy(() -> device.ask(new Neighbours(
                        new NeighbourQuery.Vector(gaussian(1, 5, 1).reshape(5)), new NeighbourSpace.Tokens(model), 3)))
                .hasMessageContaining("5 dimensions");
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
        LogitWeights.Answer answer = device.ask(new LogitWeights(model, sae, 11, false, false, 6));
        for (int t = 0; t < expected.length; t++) {
            assertThat((double) answer.weights()[t]).isCloseTo(expected[t], within(1e-5));
        }
        int[] sorted = IntStream.range(0, expected.length)
                .boxed()
                .sorted((i, j) -> Double.compare(expected[j], expected[i]))
                .mapToInt(i -> i)
                .toArray();
        assertThat(answer.promoted()).containsExactly(java.util.Arrays.copyOf(sorted, 6));
        for (int i = 0; i < 6; i++) {
            assertThat(answer.suppressed()[i]).isEqualTo(sorted[sorted.length - 1 - i]);
            assertThat(answer.suppressedWeights()[i]).isEqualTo(answer.weights()[answer.suppressed()[i]]);
        }
        assertThat(java.util.Arrays.stream(answer.histogram().counts()).sum()).isEqualTo(300);
        assertThat(answer.histogram().bins()).isEqualTo(50);
    }

    @Test
    void centredLogitWeightsHaveMeanZeroAndUnitOnesAreCosines() {
        double[] plain = logitWeights(11);
        double mean = java.util.Arrays.stream(plain).average().orElseThrow();
        float[] centred =
                device.ask(new LogitWeights(model, sae, 11, true, false, 3)).weights();
        float[] unit =
                device.ask(new LogitWeights(model, sae, 11, false, true, 3)).weights();
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
        LogitMoments.Answer all = device.ask(new LogitMoments(model, sae, 3));
        assertThat(all.done()).isEqualTo(FEATURES);
        for (int feature = 0; feature < FEATURES; feature += 37) {
            LogitWeights.Answer one = device.ask(new LogitWeights(model, sae, feature, false, false, 3));
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
        assertThat(hand).isEqualTo(new Moments(1, Math.sqrt(3), (27.0 - 3) / 4 / Math.pow(3, 1.5), (81.0 + 3) / 4 / 9));
        assertThat(Moments.of(new float[] {0, 0, 0, -4}).skewness()).isEqualTo(-hand.skewness());
        assertThat(Moments.of(new float[] {2, 2})).isEqualTo(new Moments(2, 0, 0, 0));
    }

    @Test
    void aHistogramCountsItsUpperEdgeInTheLastBin() {
        Histogram histogram = Histogram.of(new float[] {0, 1, 1.9f, 2, 4, Float.NaN}, 4);
        assertThat(histogram.counts()).containsExactly(1, 2, 1, 1);
        assertThat(histogram.edges()).containsExactly(0, 1, 2, 3, 4);
        assertThat(Histogram.of(new float[] {3, 3}, 2).counts()).containsExactly(0, 2);
        assertThat(Histogram.of(new float[0], 3).counts()).containsExactly(0, 0, 0);
    }

    @Test
    void normsAndCosinesOfDirectionsAreTheirOwn() {
        DirectionNorms.Answer norms = device.ask(new DirectionNorms(sae));
        HostTensor encoders = transposed(ENCODER);
        for (int i = 0; i < FEATURES; i++) {
            assertThat((double) norms.cosines()[i]).isCloseTo(cosine(encoders.row(i), DECODER.row(i)), within(1e-5));
            double square = 0;
            for (float x : DECODER.row(i)) {
                square += (double) x * x;
            }
            assertThat((double) norms.decoder()[i]).isCloseTo(Math.sqrt(square), within(1e-5));
        }
    }

    @Test
    void theMatchOfAFeatureInItsOwnCheckpointIsTheFeatureItself() {
        HostTensor decoder = new HostTensor(new float[] {1, 2, 3, 2, 4, 6, 0, 0, 0}, 3, 3);
        SaeId sae = device.sae("duplicates", new HostTensor(new float[9], 3, 3), decoder);
        for (int feature = 0; feature < 3; feature++) {
            Neighbours.Answer match = device.ask(Neighbours.match(sae, feature, sae));
            assertThat(match.ids()).containsExactly(feature);
            assertThat(match.cosines()[0]).isCloseTo(feature == 2 ? 0 : 1, within(1e-12));
        }
    }

    @Test
    void anotherWidthThanTheModelsIsRefused() {
        ModelId wider = device.model(
                "wider", ModelConfig.gpt2(20, 8, 4, 1, 1), TinyModel.weights(ModelConfig.gpt2(20, 8, 4, 1, 1), 1));
        assertThatThrownBy(() -> device.ask(new LogitWeights(wider, sae, 0, false, false, 3)))
                .hasMessageContaining("vectors of 8 numbers")
                .hasMessageContaining("has 4");
    }
}
