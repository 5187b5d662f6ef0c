package loupe.state.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import loupe.search.FeatureFilter;
import org.junit.jupiter.api.Test;

class DensityBinsTest {
    @Test
    void everyActiveFeatureIsInTheBinItsFilterSelects() {
        Random random = new Random(4);
        double[] densities =
                random.doubles(2_000).map(x -> Math.pow(10, -5 * x)).toArray();
        densities[0] = 0;
        densities[1] = Double.NaN;
        densities[2] = 1;
        densities[3] = 1e-3;
        DensityBins bins = DensityBins.of(densities);
        assertThat(bins.silent()).isEqualTo(1);
        assertThat(Arrays.stream(bins.counts()).sum()).isEqualTo(1_998);
        assertThat(bins.edges()).isSorted().contains(1e-4, 1e-3, 0.01, 0.1, 1, 0.158);
        for (int i = 0; i < bins.counts().length; i++) {
            FeatureFilter filter = FeatureFilter.parse(DensityBins.filter(bins.edges()[i], bins.edges()[i + 1]));
            assertThat(filter.search().isEmpty()).isTrue();
            assertThat(Arrays.stream(densities)
                            .filter(density -> filter.bounds().stream().allMatch(bound -> bound.holds(density)))
                            .count())
                    .as("bin from %s", bins.edges()[i])
                    .isEqualTo(bins.counts()[i]);
        }
    }

    @Test
    void featuresOfOneDensityFillOneBin() {
        DensityBins bins = DensityBins.of(new double[] {0.25, 0.25, 0});
        assertThat(bins.counts()).containsExactly(2);
        assertThat(bins.edges()).containsExactly(0.158, 0.251);
    }

    @Test
    void withoutAnyActiveFeatureThereIsAnEmptyBin() {
        assertThat(DensityBins.of(new double[] {0, 0}).counts()).containsOnly(0);
        assertThat(DensityBins.of(new double[0]).silent()).isZero();
    }

    @Test
    void otherPartsOfAFilterStay() {
        assertThat(DensityBins.withoutBounds("bird density>=1.00e-03 density<2.51e-02 skew>3"))
                .isEqualTo("bird skew>3");
        assertThat(DensityBins.withoutBounds("density < 0.1%")).isEmpty();
    }
}
