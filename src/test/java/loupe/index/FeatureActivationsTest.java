package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FeatureActivationsTest {
    private static FeatureActivations of(float... values) {
        return new FeatureActivations(3, IntStream.range(0, values.length).toArray(), values, 1_000);
    }

    @Test
    void binsOfAnyWidthHaveTheirLowerEdgeAndTheLastOneBoth() {
        FeatureActivations activations = of(0.5f, 1, 1.5f, 2, 4, 8, 9, -3);
        assertThat(activations.histogram(new double[] {1, 2, 4, 8}).counts()).containsExactly(2, 1, 2);
    }

    @Test
    void equalBinsGivenAsEdgesCountAsEqualBinsDo() {
        Random random = new Random(8);
        float[] values = new float[5_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextInt(6) == 0 ? 0.5 * random.nextInt(9) : 4 * random.nextDouble());
        }
        FeatureActivations activations = of(values);
        FeatureActivations.Histogram equal = activations.histogram(16, 0, 4);
        assertThat(activations.histogram(equal.edges()).counts()).isEqualTo(equal.counts());
        assertThat(Arrays.stream(equal.counts()).sum()).isEqualTo(activations.count());
    }

    @Test
    void theSmallestPositiveActivationPassesOverZeroAndBelow() {
        assertThat(of(3, -1, 0, 0.25f, 2).minPositive()).isEqualTo(0.25f);
        assertThat(of(-1, 0).minPositive()).isZero();
    }

    @Test
    void theDeviationOfThePositiveActivationsIsTheirPopulationDeviation() {
        FeatureStatistics statistics = FeatureStatistics.empty(2);
        for (float value : new float[] {1, 2, 3, 6, -5, 0}) {
            statistics.add(0, value);
        }
        assertThat(statistics.deviation(0))
                .as("of 1, 2, 3, 6: mean 3, mean square 12.5")
                .isCloseTo(Math.sqrt(3.5), within(1e-12));
        assertThat(statistics.deviation(1)).isZero();
    }
}
