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
    void theDeviationOfTheActivationsIsTheirPopulationDeviation() {
        FeatureStatistics statistics = FeatureStatistics.empty(2);
        for (float value : new float[] {1, 2, 3, 6, 0}) {
            statistics.add(0, value);
        }
        assertThat(statistics.deviation(0))
                .as("of 1, 2, 3, 6: mean 3, mean square 12.5")
                .isCloseTo(Math.sqrt(3.5), within(1e-12));
        assertThat(statistics.deviation(1)).isZero();
    }

    @Test
    void negativeActivationsCountAsPositiveOnesDo() {
        FeatureActivations activations = of(0.5f, -3, 0, 1, -0.25f, Float.NaN);
        assertThat(activations.count()).isEqualTo(4);
        assertThat(activations.density()).isEqualTo(4 / 1_000.0);
        assertThat(activations.mean()).isEqualTo((0.5 - 3 + 1 - 0.25) / 4);
        assertThat(activations.max()).isEqualTo(1);
        assertThat(activations.min()).isEqualTo(-3);
        assertThat(activations.strongest()).isEqualTo(3);
        FeatureActivations.Histogram histogram = activations.histogram(4);
        assertThat(histogram.edges()).containsExactly(-3, -2, -1, 0, 1);
        assertThat(histogram.counts()).containsExactly(1, 0, 1, 2);
        assertThat(activations.histogram(new double[] {-1, 0, 1}).counts()).containsExactly(1, 2);
        assertThat(of(-2, -1).max()).as("if all are negative").isEqualTo(-1);
        assertThat(of(0, Float.NaN).max()).isZero();
    }

    @Test
    void statisticsKeepTheSignsOfActivations() {
        FeatureStatistics statistics = FeatureStatistics.empty(3);
        for (float value : new float[] {1, -2, 0, 3, -6, Float.NaN}) {
            statistics.add(0, value);
        }
        statistics.add(1, -4);
        statistics.add(1, -1);
        assertThat(statistics.count()).containsExactly(4, 2, 0);
        assertThat(statistics.sum()).containsExactly(-4, -5, 0);
        assertThat(statistics.mass()).containsExactly(12, 5, 0);
        assertThat(statistics.sumOfSquares()).containsExactly(50, 17, 0);
        assertThat(statistics.max()).containsExactly(3, -1, 0);
        assertThat(statistics.min()).containsExactly(-6, -4, 0);
        assertThat(statistics.strongest(0)).isEqualTo(6);
        assertThat(statistics.deviation(0)).isCloseTo(Math.sqrt(12.5 - 1), within(1e-12));
        assertThat(statistics.dead()).isEqualTo(1);
    }
}
