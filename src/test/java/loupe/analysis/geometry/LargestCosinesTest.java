package loupe.analysis.geometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.analysis.TestDevice;
import loupe.analysis.features.NeighbourSpace;
import loupe.base.Cancellation;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LargestCosinesTest {
    private TestDevice device;

    @BeforeEach
    void open() {
        device = new TestDevice();
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
        return aa == 0 || bb == 0 ? 0 : ab / Math.sqrt(aa * bb);
    }

    private LargestCosines.Answer ask(HostTensor vectors, Integer... ranks) {
        return device.ask(new LargestCosines(new VectorSet.Given(vectors), List.of(ranks)));
    }

    private static void assertAsByLoops(LargestCosines.Answer answer, HostTensor vectors, double tolerance) {
        int count = vectors.size(0);
        for (int i = 0; i < answer.rows(); i++) {
            int row = i;
            double[] sorted = IntStream.range(0, count)
                    .filter(j -> j != row)
                    .mapToDouble(j -> -cosine(vectors.row(row), vectors.row(j)))
                    .sorted()
                    .toArray();
            for (int r = 0; r < answer.ranks().size(); r++) {
                int rank = answer.ranks().get(r);
                float got = answer.largest().get(r)[i];
                if (rank > sorted.length) {
                    assertThat(got).isNaN();
                } else {
                    assertThat((double) got).isCloseTo(-sorted[rank - 1], within(tolerance));
                }
            }
            int near = answer.nearest()[i];
            assertThat(near).isNotEqualTo(i);
            assertThat(cosine(vectors.row(i), vectors.row(near))).isCloseTo(-sorted[0], within(tolerance));
        }
    }

    @Test
    void theLargestCosinesAreThoseOfSortingThem() {
        HostTensor vectors = gaussian(150, 8, 1);
        assertAsByLoops(ask(vectors, 1, 2, 10, 100, 149, 150), vectors, 1e-7);
    }

    @Test
    void manyTilesAndBandsInSinglePrecisionGiveTheSame() {
        int n = 5000; // ten bands, the first of three tiles
        HostTensor vectors = gaussian(n, 350, 2);
        LargestCosines.Answer answer = ask(vectors, 1, 7, 200);
        LargestCosines.Answer some =
                device.ask(new LargestCosines(new VectorSet.Given(vectors), List.of(1, 7, 200), 1500));
        for (int i : new int[] {0, 1, 511, 512, 2047, 2048, 4999}) {
            float[] row = vectors.row(i);
            double[] sorted = IntStream.range(0, n)
                    .filter(j -> j != i)
                    .mapToDouble(j -> -cosine(row, vectors.row(j)))
                    .sorted()
                    .toArray();
            for (int r = 0; r < 3; r++) {
                assertThat((double) answer.largest().get(r)[i])
                        .isCloseTo(-sorted[answer.ranks().get(r) - 1], within(1e-6));
            }
        }
        for (int r = 0; r < 3; r++) {
            assertThat(some.largest().get(r))
                    .containsExactly(Arrays.copyOf(answer.largest().get(r), 1500), within(1e-6f));
        }
        assertThat(some.nearest()).containsExactly(Arrays.copyOf(answer.nearest(), 1500));
    }

    @Test
    void ofEquallyNearTheLowestIsTheNearestAndAZeroVectorIsAtRightAnglesToAll() {
        HostTensor vectors = new HostTensor(new float[] {1, 0, 0, 3, 2, 0, 0, 0, 0.5f, 0, -1, 0}, 6, 2);
        LargestCosines.Answer answer = ask(vectors, 1, 2, 5, 6);
        // vectors 0, 2, 4 point along x; 1 along y; 3 is zero; 5 against x
        assertThat(answer.nearest()).containsExactly(2, 0, 0, 0, 0, 1);
        assertThat(answer.largest().get(0)).containsExactly(1, 0, 1, 0, 1, 0);
        assertThat(answer.largest().get(1)).containsExactly(1, 0, 1, 0, 1, 0);
        assertThat(answer.largest().get(2)).containsExactly(-1, 0, -1, 0, -1, -1);
        assertThat(answer.largest().get(3)).containsOnly(Float.NaN);
    }

    @Test
    void aVectorAloneHasNoNearest() {
        LargestCosines.Answer answer = ask(gaussian(1, 4, 1), 1);
        assertThat(answer.nearest()).containsExactly(-1);
        assertThat(answer.largest().get(0)).containsExactly(Float.NaN);
    }

    @Test
    void lengthsDoNotCountHoweverLargeOrSmall() {
        HostTensor vectors = gaussian(20, 4, 3);
        float[] scaled = vectors.data().clone();
        for (int i = 0; i < 4; i++) {
            scaled[i] *= 1e30f;
            scaled[4 + i] *= 1e-30f;
        }
        LargestCosines.Answer answer = ask(new HostTensor(scaled, 20, 4), 1);
        LargestCosines.Answer plain = ask(vectors, 1);
        assertThat(answer.nearest()).containsExactly(plain.nearest());
        assertThat(answer.largest().get(0)).containsExactly(plain.largest().get(0), within(1e-6f));
    }

    @Test
    void whatIsDoneIsFinalForTheFirstVectors() {
        HostTensor vectors = gaussian(2500, 4, 2);
        LargestCosines question = new LargestCosines(new VectorSet.Given(vectors), List.of(1));
        LargestCosines.Answer whole = device.ask(question);
        Query.Sweep<LargestCosines.Answer> sweep = question.begin();
        Cancellation never = new Cancellation();
        List<Double> fractions = new ArrayList<>();
        List<Integer> done = new ArrayList<>();
        boolean more = true;
        while (more) {
            more = device.step(sweep, never);
            int until = sweep.result().done();
            done.add(until);
            fractions.add(sweep.fraction());
            assertThat(Arrays.copyOf(sweep.result().nearest(), until))
                    .containsExactly(Arrays.copyOf(whole.nearest(), until));
            assertThat(Arrays.stream(sweep.result().nearest()).skip(until)).allMatch(near -> near == -1);
        }
        // bands of 512 rows: two of two tiles, then two of one and, in the next step, the last
        assertThat(done).containsExactly(1536, 2500);
        assertThat(fractions.get(0)).isCloseTo(1 - 964.0 * 964 / (2500.0 * 2500), within(1e-12));
        assertThat(fractions.get(1)).isEqualTo(1);
    }

    @Test
    void theLargestCosinesOfRandomVectorsFollowTheFormula() {
        int n = 2000;
        int d = 256;
        SaeId wide = device.sae("wide", gaussian(d, n, 3), gaussian(n, d, 4));
        NeighbourSpace space = new NeighbourSpace.Decoder(wide);
        LargestCosines.Answer features = device.ask(new LargestCosines(new VectorSet.Of(space), List.of(1)));
        LargestCosines.Answer random =
                device.ask(new LargestCosines(new VectorSet.RandomLike(space, 1), List.of(1), 500));
        double expected = CosineSummary.expectedLargest(n, d);
        double ofRandom = CosineSummary.of(random.largest().get(0), 10).mean();
        assertThat(random.rows()).isEqualTo(500);
        assertThat(ofRandom).isCloseTo(expected, within(0.05 * expected));
        assertThat(CosineSummary.of(features.largest().get(0), 10).mean()).isCloseTo(ofRandom, within(0.01 * expected));
    }

    @Test
    void theMatchedNullHasMeanAndCovarianceOfTheVectors() {
        int n = 4000;
        int d = 6;
        float[] data = gaussian(n, d, 5).data();
        for (int i = 0; i < data.length; i++) {
            data[i] = i % d == 0 ? 2 + data[i] : i % d == 5 ? 0.5f * data[i - 1] : data[i] * (1 + i % d);
        }
        SaeId sae = device.sae("skewed", gaussian(d, n, 1), new HostTensor(data, n, d));
        VectorSet.Of set = new VectorSet.Of(new NeighbourSpace.Decoder(sae));
        DirectionMoments.Answer moments = device.ask(new DirectionMoments(set));
        double[][] units = new double[n][d];
        double[] mean = new double[d];
        for (int i = 0; i < n; i++) {
            double norm = 0;
            for (int j = 0; j < d; j++) {
                norm += (double) data[i * d + j] * data[i * d + j];
            }
            for (int j = 0; j < d; j++) {
                units[i][j] = data[i * d + j] / Math.sqrt(norm);
                mean[j] += units[i][j] / n;
            }
        }
        assertThat(moments.mean()).containsExactly(mean, within(1e-7));
        for (int j = 0; j < d; j++) {
            for (int k = 0; k <= j; k++) {
                double covariance = 0;
                double product = 0;
                for (int i = 0; i < n; i++) {
                    covariance += (units[i][j] - mean[j]) * (units[i][k] - mean[k]) / n;
                }
                for (int l = 0; l < d; l++) {
                    product += moments.factor()[j * d + l] * moments.factor()[k * d + l];
                }
                assertThat(product).isCloseTo(covariance, within(1e-7));
            }
        }
        // the fifth coordinate follows from the fourth, so the covariance is singular
        assertThat(moments.factor()[5 * d + 5]).isLessThan(1e-6);
        LargestCosines.Answer matched =
                device.ask(LargestCosines.sampled(new VectorSet.MatchedLike(set.space(), 3), List.of(1)));
        LargestCosines.Answer random =
                device.ask(LargestCosines.sampled(new VectorSet.RandomLike(set.space(), 3), List.of(1)));
        assertThat(matched.rows()).isEqualTo(2048);
        assertThat(CosineSummary.of(matched.largest().get(0), 10).mean())
                .isGreaterThan(CosineSummary.of(random.largest().get(0), 10).mean());
    }

    @Test
    void ranksThatAreNotAscendingAreRefused() {
        VectorSet set = new VectorSet.Given(gaussian(2, 2, 1));
        assertThatThrownBy(() -> new LargestCosines(set, List.of(10, 1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LargestCosines(set, List.of(0))).isInstanceOf(IllegalArgumentException.class);
    }
}
