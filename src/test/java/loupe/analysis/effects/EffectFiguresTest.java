package loupe.analysis.effects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Figures of effects beside numbers worked by hand. */
class EffectFiguresTest {
    @Test
    void equalValuesShareTheMeanOfTheirRanks() {
        assertThat(RankCorrelation.ranks(new double[] {5, 1, 5, 3})).containsExactly(2.5, 0, 2.5, 1);
        // ranks 0 1 2 3 and 0 2 1 3: deviations -1.5 -.5 .5 1.5 and -1.5 .5 -.5 1.5, 4 / 5
        assertThat(RankCorrelation.of(new double[] {1, 2, 3, 4}, new double[] {-9, 7, 2, 1e9}))
                .hasValue(0.8);
        assertThat(RankCorrelation.of(new double[] {1, 2, 3}, new double[] {3, 2, 1}))
                .hasValue(-1);
        // ranks 0 1 2 and .5 .5 2: products 1 x .5 + 0 + 1 x 1 = 1.5, over the root of 2 x 1.5
        assertThat(RankCorrelation.of(new double[] {1, 2, 3}, new double[] {4, 4, 5})
                        .getAsDouble())
                .isCloseTo(Math.sqrt(0.75), within(1e-15));
        assertThat(RankCorrelation.of(new double[] {1, 2, 3}, new double[] {4, 4, 4}))
                .isEmpty();
    }

    @Test
    void anIntervalIsThatOfItsSeed() {
        double[] values = {0.5, Double.NaN, 2, -1, 0.25, 3, 0.11, 0.7, 1.3};
        Bootstrap one = Bootstrap.of(values, 500, 7);
        assertThat(one.count()).isEqualTo(8);
        assertThat(one.mean()).isCloseTo(6.86 / 8, within(1e-15));
        assertThat(one.low()).isBetween(-0.5, 0.8);
        assertThat(one.high()).isBetween(0.9, 2.5);
        assertThat(Bootstrap.of(values, 500, 7)).isEqualTo(one);
        assertThat(Bootstrap.of(values, 500, 8)).isNotEqualTo(one);
    }

    @Test
    void anIntervalOfTwoValuesReachesFromOneToTheOther() {
        // a quarter of the drawings are twice the first, a quarter twice the second
        assertThat(Bootstrap.of(new double[] {0, 1}, 2_000, 1)).isEqualTo(new Bootstrap(2, 0.5, 0, 1));
        assertThat(Bootstrap.of(new double[] {0.75}, 2_000, 1)).isEqualTo(new Bootstrap(1, 0.75, 0.75, 0.75));
        assertThat(Bootstrap.of(new double[] {Double.NaN}, 2_000, 1).count()).isZero();
        assertThat(Bootstrap.percentile(new double[] {0, 10, 20, 30}, 0.5)).isEqualTo(15);
        assertThat(Bootstrap.percentile(new double[] {0, 10, 20, 30}, 0.975)).isCloseTo(29.25, within(1e-12));
    }

    /** Units of 1 and 3 things with means 4 and 0: both drawn in half of the drawings, each twice in a quarter. */
    @Test
    void aMeanOverUnitsIsOverWhatIsInThem() {
        Bootstrap.OfUnits one = new Bootstrap.OfUnits(new double[] {4, 0}, new double[] {1, 3});
        Bootstrap.OfUnits twice = new Bootstrap.OfUnits(new double[] {8, 0}, new double[] {1, 3});
        assertThat(Bootstrap.of(List.of(one, twice), 500, 3))
                .containsExactly(new Bootstrap(2, 1, 0, 4), new Bootstrap(2, 2, 0, 8));
        Bootstrap.OfUnits empty = new Bootstrap.OfUnits(new double[2], new double[2]);
        assertThat(Bootstrap.of(List.of(empty), 10, 3).get(0).mean()).isNaN();
    }

    @Test
    void tokensAreHelpedAndHurtByTheChangeOfTheirLogProbability() {
        double[] before = {-1, -2, -3, -4};
        double[] change = {0.5, -2, 0, 1};
        MovedTokens moved = MovedTokens.of(before, change, new double[] {2, -1, 0, 1}, 3);
        assertThat(moved.helped())
                .containsExactly(new MovedTokens.Moved(3, -4, 1, 1), new MovedTokens.Moved(0, -1, 0.5, 2));
        assertThat(moved.hurt()).containsExactly(new MovedTokens.Moved(1, -2, -2, -1));
        assertThat(moved.correlation()).hasValue(0.8);

        MovedTokens unpredicted = MovedTokens.of(before, change, new double[0], 1);
        assertThat(unpredicted.helped()).hasSize(1);
        assertThat(unpredicted.helped().get(0).predicted()).isNaN();
        assertThat(unpredicted.correlation()).isEmpty();
        assertThat(Arrays.asList(MovedTokens.of(before, new double[4], new double[0], 3)
                        .helped()
                        .toArray()))
                .isEmpty();
    }
}
