package loupe.analysis.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.analysis.TestDevice;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;

class FeatureAssignmentTest {
    private static final int WIDTH = 12;

    private final Random random = new Random(7);

    private float[][] directions(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    float[] row = new float[WIDTH];
                    for (int j = 0; j < WIDTH; j++) {
                        row[j] = (float) random.nextGaussian();
                    }
                    return row;
                })
                .toArray(float[][]::new);
    }

    private static SaeId sae(TestDevice device, String name, float[][] decoder) {
        float[] rows = new float[decoder.length * WIDTH];
        for (int i = 0; i < decoder.length; i++) {
            System.arraycopy(decoder[i], 0, rows, i * WIDTH, WIDTH);
        }
        return device.sae(
                name,
                new HostTensor(new float[rows.length], WIDTH, decoder.length),
                new HostTensor(rows, decoder.length, WIDTH));
    }

    private static float[][] cosines(float[][] a, float[][] b, boolean absolute) {
        float[][] all = new float[a.length][b.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b.length; j++) {
                double dot = 0;
                double left = 0;
                double right = 0;
                for (int k = 0; k < WIDTH; k++) {
                    dot += (double) a[i][k] * b[j][k];
                    left += (double) a[i][k] * a[i][k];
                    right += (double) b[j][k] * b[j][k];
                }
                all[i][j] = (float) (dot / Math.sqrt(left * right));
                all[i][j] = absolute ? Math.abs(all[i][j]) : all[i][j];
            }
        }
        return all;
    }

    /** The largest sum over all pairs, each feature of the fewer with one of the others. */
    private static double largestSum(float[][] cosines) {
        boolean tall = cosines.length > cosines[0].length;
        int rows = tall ? cosines[0].length : cosines.length;
        int columns = tall ? cosines.length : cosines[0].length;
        float[][] costs = new float[rows][columns];
        int[][] all = new int[rows][];
        Arrays.fill(all, IntStream.range(0, columns).toArray());
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                costs[i][j] = -(tall ? cosines[j][i] : cosines[i][j]);
            }
        }
        LinearAssignment solver = new LinearAssignment(columns, all, costs);
        solver.advance(rows);
        return IntStream.range(0, rows)
                .mapToDouble(i -> -costs[i][solver.columnOf(i)])
                .sum();
    }

    private void assertIsBest(float[][] a, float[][] b, boolean absolute) {
        try (TestDevice device = new TestDevice()) {
            FeatureAssignment.Answer answer = device.ask(
                    new FeatureAssignment(sae(device, "a", a), sae(device, "b", b), MatchSide.DECODER, absolute));
            int pairs = Math.min(a.length, b.length);
            double largest = largestSum(cosines(a, b, absolute));
            assertThat(answer.pairs()).isEqualTo(pairs);
            assertThat(Arrays.stream(answer.matchInB())
                            .filter(match -> match >= 0)
                            .distinct())
                    .hasSize(pairs);
            assertThat(pairs - answer.cost()).isCloseTo(largest, within(1e-4));
            assertThat(answer.lossBound()).isLessThan(1e-6 * pairs + 1e-4);
        }
    }

    @Test
    void amongFewCandidatesTheMatchingIsAsGoodAsAmongAll() {
        assertIsBest(directions(300), directions(300), false);
        assertIsBest(directions(400), directions(260), false);
        assertIsBest(directions(150), directions(500), true);
    }

    @Test
    void featuresThatAllWantTheSameFewGetOthers() {
        float[][] a = directions(200);
        for (int i = 0; i < 150; i++) {
            for (int j = 0; j < WIDTH; j++) {
                a[i][j] = a[0][j] + 0.001f * i * (j == i % WIDTH ? 1 : 0);
            }
        }
        assertIsBest(a, directions(200), false);
    }
}
