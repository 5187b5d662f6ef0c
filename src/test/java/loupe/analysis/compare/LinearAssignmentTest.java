package loupe.analysis.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LinearAssignmentTest {
    private static final int MATRICES = 500;

    private final Random random = new Random(18);

    /** All cells of a matrix as candidates. */
    private static LinearAssignment dense(float[][] costs) {
        int columns = costs[0].length;
        int[][] all = new int[costs.length][];
        Arrays.fill(all, IntStream.range(0, columns).toArray());
        return solved(new LinearAssignment(columns, all, costs));
    }

    private static LinearAssignment solved(LinearAssignment assignment) {
        while (assignment.advance(3)) {
            // goes on
        }
        return assignment;
    }

    private float[][] matrix(int rows, int columns, boolean ties) {
        float[][] costs = new float[rows][columns];
        for (float[] row : costs) {
            for (int j = 0; j < columns; j++) {
                row[j] = ties ? random.nextInt(4) : (float) random.nextGaussian();
            }
        }
        return costs;
    }

    private static double sum(LinearAssignment assignment, float[][] costs) {
        boolean[] taken = new boolean[costs[0].length];
        double sum = 0;
        for (int i = 0; i < costs.length; i++) {
            int column = assignment.columnOf(i);
            assertThat(taken[column]).isFalse();
            taken[column] = true;
            assertThat(assignment.rowOf(column)).isEqualTo(i);
            sum += costs[i][column];
        }
        return sum;
    }

    /** Least sum over all ways to give the rows from one on columns that are not taken. */
    private static double tryAll(float[][] costs, int row, int taken) {
        if (row == costs.length) {
            return 0;
        }
        double least = Double.POSITIVE_INFINITY;
        for (int j = 0; j < costs[row].length; j++) {
            if ((taken >> j & 1) == 0) {
                least = Math.min(least, costs[row][j] + tryAll(costs, row + 1, taken | 1 << j));
            }
        }
        return least;
    }

    /** Least sum by dynamic programming over the sets of columns that are taken: none of the solver's ideas. */
    private static double overSets(float[][] costs) {
        int columns = costs[0].length;
        double[] least = new double[1 << columns];
        Arrays.fill(least, Double.POSITIVE_INFINITY);
        least[0] = 0;
        double best = Double.POSITIVE_INFINITY;
        for (int set = 0; set < least.length; set++) {
            int row = Integer.bitCount(set);
            if (row == costs.length) {
                best = Math.min(best, least[set]);
                continue;
            }
            for (int j = 0; j < columns && row < costs.length; j++) {
                if ((set >> j & 1) == 0) {
                    least[set | 1 << j] = Math.min(least[set | 1 << j], least[set] + costs[row][j]);
                }
            }
        }
        return best;
    }

    @Test
    void theSumIsTheLeastOfAllWaysOnFiveHundredMatrices() {
        for (int n = 0; n < MATRICES; n++) {
            int rows = 1 + random.nextInt(8);
            int columns = rows + random.nextInt(4);
            float[][] costs = matrix(rows, columns, n % 2 == 0);
            double least = overSets(costs);
            assertThat(sum(dense(costs), costs)).isCloseTo(least, within(1e-5));
            if (rows <= 5) {
                assertThat(tryAll(costs, 0, 0)).isCloseTo(least, within(1e-5));
            }
        }
    }

    @Test
    void pricesShowThatNoRowCouldDoBetter() {
        float[][] costs = matrix(60, 75, false);
        LinearAssignment assignment = dense(costs);
        double bound = 0;
        for (float[] row : costs) {
            bound += IntStream.range(0, row.length)
                    .mapToDouble(j -> row[j] - assignment.priceOf(j))
                    .min()
                    .orElseThrow();
        }
        for (int j = 0; j < 75; j++) {
            assertThat(assignment.priceOf(j)).isLessThanOrEqualTo(0);
            if (assignment.rowOf(j) < 0) {
                assertThat(assignment.priceOf(j)).isZero();
            }
            bound += assignment.priceOf(j);
        }
        assertThat(bound).isCloseTo(sum(assignment, costs), within(1e-5));
    }

    @Test
    void aRowWithoutAWayToAFreeColumnGoesWithout() {
        LinearAssignment assignment = solved(new LinearAssignment(
                3, new int[][] {{0}, {0}, {0, 2}, {}}, new float[][] {{2}, {1}, {0, 5}, {}}));
        assertThat(IntStream.range(0, 4).map(assignment::columnOf).filter(column -> column < 0))
                .hasSize(2);
        assertThat(assignment.columnOf(2)).isEqualTo(2);
        assertThat(assignment.rowOf(1)).isEqualTo(-1);
    }
}
