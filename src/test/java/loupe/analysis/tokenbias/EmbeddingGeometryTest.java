package loupe.analysis.tokenbias;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.features.Neighbours;
import loupe.inference.ModelId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;

class EmbeddingGeometryTest {
    private static final int D = 4;

    private static ModelId model(TestDevice device, float[] rows) {
        ModelConfig config = ModelConfig.gpt2(rows.length / D, 8, D, 1, 2);
        Map<String, HostTensor> weights = new HashMap<>(TinyModel.weights(config, 3));
        weights.put("transformer.wte.weight", new HostTensor(rows, rows.length / D, D));
        return device.model("m", config, weights);
    }

    @Test
    void distancesAndShellsAreThoseWorkedByHand() {
        // rows 3, 4 and 5 long in the plane; their mean is (1, 1, 0, 0)
        float[] rows = {3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0};
        try (TestDevice device = new TestDevice()) {
            EmbeddingGeometry.Answer answer = device.ask(new EmbeddingGeometry(model(device, rows), TokenMatrix.INPUT));
            assertThat(answer.centroidNorm()).isEqualTo(Math.sqrt(2));
            assertThat(answer.norms()).containsExactly(3, 4, 0, 1);
            assertThat(answer.distances()).containsExactly(Math.sqrt(5), Math.sqrt(10), Math.sqrt(2), 1);
            assertThat(answer.cosineDistances()[0]).isCloseTo(1 - 1 / Math.sqrt(2), within(1e-12));
            assertThat(answer.cosineDistances()[2]).as("a row of zeros").isEqualTo(1);
            assertThat(answer.shells(2))
                    .extracting(EmbeddingGeometry.Shell::tokens)
                    .containsExactly(2, 2);
            ValueSummary norms = ValueSummary.of(answer.norms());
            assertThat(new double[] {
                        norms.mean(), norms.sd(), norms.min(), norms.p5(), norms.median(), norms.p95(), norms.max()
                    })
                    .containsExactly(new double[] {2, Math.sqrt(2.5), 0, 0.15, 2, 3.85, 4}, within(1e-12));
        }
    }

    @Test
    void shellsOfOneDistanceHoldAllTokensInTheFirst() {
        var answer = new EmbeddingGeometry.Answer(1, new double[3], new double[] {2, 2, 2}, new double[3], 3);
        assertThat(answer.shells(4)).extracting(EmbeddingGeometry.Shell::tokens).containsExactly(3, 0, 0, 0);
        assertThat(answer.unused(EmbeddingGeometry.UNUSED_BELOW)).isEmpty();
    }

    @Test
    void tokensThatStayedAtTheCentroidAndPaddingAreUnused() {
        double[] distances = DoubleStream.concat(
                        IntStream.range(0, 98).mapToDouble(t -> 10 + Math.sin(t)), DoubleStream.of(0.1, 9.5))
                .toArray();
        var answer = new EmbeddingGeometry.Answer(1, new double[100], distances, new double[100], 99);
        assertThat(answer.unused(EmbeddingGeometry.UNUSED_BELOW))
                .extracting(EmbeddingGeometry.Unused::id, EmbeddingGeometry.Unused::padding)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(98, false), org.assertj.core.groups.Tuple.tuple(99, true));
    }

    @Test
    void eachRandomVectorHasTheCoherenceOfItsNeighbours() {
        Random random = new Random(7);
        float[] rows = new float[60 * D];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (float) random.nextGaussian();
        }
        try (TestDevice device = new TestDevice()) {
            ModelId model = model(device, rows);
            RandomNeighbours.Answer drawn = device.ask(new RandomNeighbours(model, TokenMatrix.INPUT, 5, 30, 11));
            assertThat(drawn.coherences()).hasSize(30);
            for (int i = 0; i < 30; i++) {
                Neighbours.Answer alone = device.ask(
                        new Neighbours(new NeighbourQuery.RandomVector(11 + i), new NeighbourSpace.Tokens(model), 5));
                assertThat(drawn.coherences()[i]).isCloseTo(alone.meanPairwiseCosine(), within(1e-6));
            }
        }
    }
}
