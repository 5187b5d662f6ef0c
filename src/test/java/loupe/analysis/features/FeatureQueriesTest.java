package loupe.analysis.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
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
}
