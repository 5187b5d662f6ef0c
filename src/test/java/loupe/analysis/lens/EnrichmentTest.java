package loupe.analysis.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import loupe.base.Refusal;
import org.junit.jupiter.api.Test;

class EnrichmentTest {
    private static final Cancellation NEVER = new Cancellation();

    /** The definition: sort, add up, look where the sum is furthest from 0. */
    private static double plain(float[] weights, TokenSet set) {
        Integer[] order = IntStream.range(0, weights.length).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.<Integer>comparingDouble(t -> -weights[t]).thenComparing(t -> t));
        double sum = 0;
        double furthest = 0;
        for (int token : order) {
            sum += set.has(token) ? 1.0 / set.size() : -1.0 / (weights.length - set.size());
            if (Math.abs(sum) > Math.abs(furthest) + 1e-12) {
                furthest = sum;
            }
        }
        return furthest;
    }

    private static float[] weights(Random random, int tokens, boolean ties) {
        float[] weights = new float[tokens];
        for (int t = 0; t < tokens; t++) {
            weights[t] = ties ? random.nextInt(4) - 2 : (float) Math.pow(random.nextGaussian(), 5);
        }
        return weights;
    }

    @Test
    void scoresAreThoseOfTheDefinitionForSetsOfEverySizeWithTiesAndWithout() {
        Random random = new Random(3);
        for (int round = 0; round < 40; round++) {
            int tokens = 2 + random.nextInt(60);
            // more than one word of bits
            List<TokenSet> sets = new ArrayList<>();
            for (int s = 0; s < 70; s++) {
                int size = 1 + random.nextInt(tokens - 1);
                sets.add(new TokenSet(
                        "s" + s, random.ints(0, tokens).distinct().limit(size).toArray()));
            }
            float[] weights = weights(random, tokens, round % 2 == 0);
            double[] scores = new Enrichment(sets, tokens).scores(weights);
            for (int s = 0; s < sets.size(); s++) {
                assertThat(scores[s]).isCloseTo(plain(weights, sets.get(s)), within(1e-9));
            }
        }
    }

    @Test
    void setsAtTheEndsScoreOneAndMinusOneAndSetsOfNoneOrAllNothing() {
        float[] weights = {0.5f, -2, 3, 1};
        List<TokenSet> sets = List.of(
                new TokenSet("top", new int[] {2, 3}),
                new TokenSet("bottom", new int[] {1}),
                new TokenSet("none", new int[0]),
                new TokenSet("all", new int[] {0, 1, 2, 3}));
        assertThat(new Enrichment(sets, 4).scores(weights)).containsExactly(1, -1, Double.NaN, Double.NaN);
    }

    @Test
    void equalWeightsAreInTheOrderOfTheirIdsAndZeroHasNoSign() {
        TokenOrder order = new TokenOrder(6);
        order.sort(new float[] {0f, -0f, 2, 0f, 2, -1}, 0);
        assertThat(IntStream.range(0, 6).map(order::token)).containsExactly(2, 4, 0, 1, 3, 5);
        assertThat(order.lowest(4)).containsExactly(5, 0, 1, 3);
        order.sort(new float[] {7, 7, 7, 7, 7, 7}, 0);
        assertThat(IntStream.range(0, 6).map(order::token)).containsExactly(0, 1, 2, 3, 4, 5);
        order.sort(new float[] {-3e38f, 3e38f, 0, 1, -1, 2}, 0);
        assertThat(IntStream.range(0, 6).map(order::token))
                .as("a range that is no float")
                .containsExactly(1, 5, 3, 2, 4, 0);
    }

    @Test
    void oneFarTokenAmongThousandsThatLieTogetherIsSortedToo() {
        Random random = new Random(5);
        float[] weights = new float[3000];
        for (int t = 0; t < weights.length; t++) {
            weights[t] = (float) random.nextGaussian();
        }
        weights[1234] = 1e9f;
        TokenOrder order = new TokenOrder(weights.length);
        order.sort(weights, 0);
        assertThat(IntStream.range(0, 3000).map(order::token).boxed())
                .isSortedAccordingTo(
                        Comparator.<Integer>comparingDouble(t -> -weights[t]).thenComparing(t -> t));
    }

    /** Of four tokens a pair's sums: first two 1, first and third or fourth 1/2, and so on. */
    @Test
    void theExactNullOfPairsAmongFourIsWorkedByHand() {
        EnrichmentNull pairs = EnrichmentNull.exact(4, 2, NEVER);
        // by ranks 01: 1; 02: 0.5; 03: 0.5; 12: -0.5; 13: -0.5; 23: -1
        assertThat(pairs.p(1)).isEqualTo(2 / 6.0);
        assertThat(pairs.p(0.5)).isEqualTo(1);
        assertThat(pairs.signedP(1)).isEqualTo(1 / 6.0);
        assertThat(pairs.signedP(0.5)).isEqualTo(3 / 6.0);
        assertThat(pairs.signedP(-0.5)).isEqualTo(3 / 6.0);
        assertThat(pairs.signedP(-1)).isEqualTo(1 / 6.0);
    }

    @Test
    void drawnSetsComeNearToAllOfThemAndTheSameSeedDrawsTheSame() {
        for (int members : new int[] {3, 9}) {
            EnrichmentNull exact = EnrichmentNull.exact(12, members, NEVER);
            EnrichmentNull drawn = EnrichmentNull.sampled(12, members, 20_000, 1, NEVER);
            EnrichmentNull again = EnrichmentNull.sampled(12, members, 20_000, 1, NEVER);
            for (double score : new double[] {0.3, 0.5, -0.6, 0.9}) {
                assertThat(drawn.p(score)).isCloseTo(exact.p(score), within(0.015));
                assertThat(drawn.signedP(score)).isCloseTo(exact.signedP(score), within(0.015));
                assertThat(again.p(score)).isEqualTo(drawn.p(score));
            }
        }
        assertThat(EnrichmentNull.sampled(1000, 20, 99, 0, NEVER).p(1)).isEqualTo(1 / 100.0);
    }

    @Test
    void allSetsOfALargeVocabularyAreRefusedWithWhatToDo() {
        assertThatThrownBy(() -> EnrichmentNull.exact(50_257, 12, NEVER))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("--permutations 10000");
    }

    @Test
    void falseDiscoveryRatesAreThoseOfBenjaminiAndHochberg() {
        // 0.01 4/1, 0.02 4/2, 0.03 4/3, 0.5 4/4: the third pulls both before it down
        assertThat(FalseDiscovery.adjusted(new double[] {0.5, 0.01, Double.NaN, 0.03, 0.02}))
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(0.5, 0.04, Double.NaN, 0.04, 0.04);
        assertThat(FalseDiscovery.adjusted(new double[0])).isEmpty();
    }

    @Test
    void aSetWithoutAScoreIsNotCountedAmongTheSets() {
        List<TokenSet> sets = List.of(new TokenSet("none", new int[0]), new TokenSet("two", new int[] {0, 1}));
        EnrichmentNulls.Judged judged =
                new EnrichmentNulls(4, OptionalInt.empty(), 0).judge(sets, new double[] {Double.NaN, 1}, NEVER);
        assertThat(judged.q()).containsExactly(Double.NaN, 2 / 6.0);
        assertThat(judged.manhattan(1)).isInfinite();
    }
}
