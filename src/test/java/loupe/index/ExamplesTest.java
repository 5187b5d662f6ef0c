package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExamplesTest {
    /**
     * Tokens 0, 10, 20 ... with values 1 to 100, so that value v is at index v - 1; one of no activation at the end.
     */
    private static final FeatureActivations RAMP = new FeatureActivations(
            0, IntStream.rangeClosed(0, 100).map(i -> 10 * i).toArray(), ramp(), 10_000);

    private static float[] ramp() {
        float[] values = new float[101];
        for (int i = 0; i < 100; i++) {
            values[i] = i + 1;
        }
        values[100] = 0;
        return values;
    }

    private static float[] values(int[] chosen) {
        float[] values = new float[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
            values[i] = RAMP.values()[chosen[i]];
        }
        return values;
    }

    @Test
    void topExamplesAreTheLargestFirst() {
        assertThat(values(Examples.top(RAMP, 3, 1))).containsExactly(100, 99, 98);
    }

    @Test
    void aFewOfManyAreThoseThatComeFirstAmongAll() {
        Random random = new Random(9);
        float[] values = new float[20_000];
        for (int i = 0; i < values.length; i++) {
            boolean together = i / 3_000 == 2; // the strongest are in one stretch, of which few are taken
            values[i] = random.nextInt(together ? 900 : 300) * (together ? 1 : 0.5f);
        }
        FeatureActivations activations =
                new FeatureActivations(0, IntStream.range(0, values.length).toArray(), values, values.length);
        for (int apart : new int[] {1, 10, 1_000}) {
            int[] all = Examples.top(activations, values.length, apart);
            for (int count : new int[] {0, 1, 5, 18, 40, 120}) {
                assertThat(Examples.top(activations, count, apart))
                        .containsExactly(Arrays.copyOf(all, Math.min(count, all.length)));
            }
        }
    }

    @Test
    void manyValuesComeStrongestFirstAndEqualOnesInTheOrderOfTheText() {
        Random random = new Random(4);
        float[] values = new float[5_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(10) == 0
                    ? Float.MIN_VALUE * random.nextInt(3)
                    : (random.nextInt(400) - 100) * (float) Math.pow(10, random.nextInt(40) - 20);
        }
        FeatureActivations activations =
                new FeatureActivations(0, IntStream.range(0, values.length).toArray(), values, values.length);
        assertThat(Examples.top(activations, values.length, 1))
                .containsExactly(IntStream.range(0, values.length)
                        .boxed()
                        .filter(i -> values[i] != 0)
                        .sorted(Comparator.comparingDouble((Integer i) -> -Math.abs(values[i]))
                                .thenComparing(i -> i))
                        .mapToInt(i -> i)
                        .toArray());
    }

    /** Tokens 0, 10 ... with values 1 and -1, 2 and -2 to 10 and -10. */
    @Test
    void examplesOfSignedActivationsAreChosenByAbsoluteValue() {
        float[] values = new float[20];
        for (int i = 0; i < 20; i++) {
            values[i] = (i / 2 + 1) * (i % 2 == 0 ? 1 : -1);
        }
        FeatureActivations signed = new FeatureActivations(
                0, IntStream.range(0, 20).map(i -> 10 * i).toArray(), values, 1_000);
        assertThat(Examples.top(signed, 3, 1)).containsExactly(18, 19, 16);
        List<int[]> intervals = Examples.intervals(signed, 10, 5, 1, 7);
        for (int i = 0; i < 10; i++) {
            assertThat(intervals.get(i)).containsExactlyInAnyOrder(18 - 2 * i, 19 - 2 * i);
        }
        assertThat(Examples.random(signed, 100, 1, 7)).hasSize(20);
        assertThat(Examples.between(signed, -8.5, -6, 10, 1))
                .as("of a range below zero, the furthest from zero first")
                .containsExactly(15, 13, 11);
        int[] drawn = Examples.uniformAsDrawn(signed, 10, 10, 1, 3);
        assertThat(Arrays.stream(drawn).map(i -> i / 2).distinct().count())
                .as("one of each of ten strengths")
                .isEqualTo(10);
    }

    @Test
    void topExamplesComeFromDifferentStretchesOfText() {
        assertThat(values(Examples.top(RAMP, 3, 25)))
                .as("tokens 25 apart: every third")
                .containsExactly(100, 97, 94);
    }

    @Test
    void intervalsDivideTheValueAxisFromZeroToTheMaximumEqually() {
        List<int[]> intervals = Examples.intervals(RAMP, 10, 5, 1, 7);
        assertThat(intervals).hasSize(10);
        for (int i = 0; i < 10; i++) {
            float high = 100 - 10 * i;
            for (float value : values(intervals.get(i))) {
                assertThat(value).isGreaterThan(high - 10).isLessThanOrEqualTo(high);
            }
            assertThat(intervals.get(i)).hasSize(5).doesNotHaveDuplicates();
        }
    }

    @Test
    void uniformExamplesGiveEveryValueBinTheSameShare() {
        float[] skewed = new float[1_010];
        Arrays.fill(skewed, 0, 1_000, 1);
        for (int i = 1_000; i < 1_010; i++) {
            skewed[i] = 10;
        }
        FeatureActivations activations = new FeatureActivations(
                0, IntStream.range(0, 1_010).map(i -> 50 * i).toArray(), skewed, 100_000);
        int[] chosen = Examples.uniformAsDrawn(activations, 10, 10, 1, 3);
        assertThat(Arrays.stream(chosen).filter(i -> skewed[i] == 10).count())
                .as("1 % of the tokens, half of the bins that are not empty")
                .isEqualTo(5);
    }

    @Test
    void aBrushedRangeHoldsItsEndsAndNothingElse() {
        assertThat(values(Examples.between(RAMP, 40, 42, 10, 1))).containsExactly(42, 41, 40);
    }

    @Test
    void histogramBinsRunFromTheSmallestToTheLargestValue() {
        FeatureActivations.Histogram histogram = RAMP.histogram(9);
        assertThat(histogram.edges()[0]).isEqualTo(1);
        assertThat(histogram.edges()[9]).isEqualTo(100);
        assertThat(histogram.counts())
                .as("11 values a bin, the maximum in the last")
                .containsExactly(11, 11, 11, 11, 11, 11, 11, 11, 12);
    }

    @Test
    void aFeatureThatNeverFiresHasAnEmptyHistogram() {
        FeatureActivations silent = new FeatureActivations(0, new int[0], new float[0], 100);
        assertThat(silent.histogram(50).counts()).hasSize(50).containsOnly(0);
        assertThat(silent.density()).isZero();
        assertThat(Examples.top(silent, 5, 1)).isEmpty();
    }

    @Test
    void randomExamplesAreDrawnFromTheActivationsAlike() {
        int[] drawn = new int[100];
        for (int seed = 0; seed < 400; seed++) {
            for (int i : Examples.random(RAMP, 10, 1, seed)) {
                drawn[i]++;
            }
        }
        assertThat(Examples.random(RAMP, 1_000, 1, 7)).hasSize(100).doesNotHaveDuplicates();
        assertThat(Arrays.stream(drawn).min().orElseThrow())
                .as("40 expected; six standard deviations are 36")
                .isGreaterThan(4);
        assertThat(Arrays.stream(drawn).max().orElseThrow()).isLessThan(76);
        assertThat(Examples.random(RAMP, 10, 1, 7))
                .as("fewer are the beginning of more")
                .isEqualTo(Arrays.copyOf(Examples.random(RAMP, 30, 1, 7), 10));
    }

    @Test
    void fewerUniformExamplesAreTheBeginningOfMore() {
        int[] drawn = Examples.uniformAsDrawn(RAMP, 20, 10, 1, 3);
        assertThat(drawn).isEqualTo(Arrays.copyOf(Examples.uniformAsDrawn(RAMP, 60, 10, 1, 3), 20));
        for (int bin = 0; bin < 10; bin++) {
            float low = 10 * bin;
            assertThat(Arrays.stream(drawn)
                            .filter(i -> RAMP.values()[i] > low && RAMP.values()[i] <= low + 10)
                            .count())
                    .as("two of each of ten bins")
                    .isEqualTo(2);
        }
    }

    @Test
    void ofExamplesThatShowTheSameTokensTheFirstIsKept() {
        Example one = new Example(new int[] {1, 2, 3}, new float[] {0, 5, 0}, 1, 0, 11, 11);
        Example same = new Example(new int[] {1, 2, 3}, new float[] {0, 4, 0}, 1, 2, 71, 7);
        Example otherFocus = new Example(new int[] {1, 2, 3}, new float[] {0, 0, 3}, 2, 3, 90, 2);
        assertThat(Examples.distinct(List.of(one, same, otherFocus))).containsExactly(one, otherFocus);
    }
}
