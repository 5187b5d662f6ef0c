package loupe.analysis.compare;

import java.util.Arrays;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * One column for each row, no column twice, with the least sum of costs among candidates: shortest augmenting paths, a
 * row at a time, after each row has taken its cheapest column if that is free. Exact but for the rounding of doubles.
 * What a row cannot have without another going without stays unassigned.
 *
 * @see <a href="https://doi.org/10.1007/BF02278710">Jonker and Volgenant 1987</a>
 * @see <a href="https://doi.org/10.1109/TAES.2016.140952">Crouse 2016</a>, for fewer rows than columns
 */
final class LinearAssignment {
    private static final int NONE = -1;

    private final int[][] candidates;
    private final float[][] costs;
    private final double[] rowPrices;
    private final double[] columnPrices;
    private final int[] columnOf;
    private final int[] rowOf;

    private final double[] distances;
    private final int[] reachedFrom;
    private final int[] reachedIn;
    private final int[] settledIn;
    private int next;

    /**
     * @param columns how many there are, at least as many as rows
     * @param candidates the columns that each row may have
     * @param costs of each candidate
     */
    LinearAssignment(int columns, int[][] candidates, float[][] costs) {
        this.candidates = candidates;
        this.costs = costs;
        int rows = candidates.length;
        rowPrices = new double[rows];
        columnPrices = new double[columns];
        columnOf = filled(rows);
        rowOf = filled(columns);
        distances = new double[columns];
        reachedFrom = new int[columns];
        reachedIn = filled(columns);
        settledIn = filled(columns);
        for (int row = 0; row < rows; row++) {
            takeCheapest(row);
        }
    }

    private static int[] filled(int length) {
        int[] values = new int[length];
        Arrays.fill(values, NONE);
        return values;
    }

    private void takeCheapest(int row) {
        double least = Double.POSITIVE_INFINITY;
        int column = NONE;
        for (int k = 0; k < candidates[row].length; k++) {
            if (costs[row][k] < least) {
                least = costs[row][k];
                column = candidates[row][k];
            }
        }
        if (column == NONE) {
            return;
        }
        rowPrices[row] = least;
        if (rowOf[column] == NONE) {
            rowOf[column] = row;
            columnOf[row] = column;
        }
    }

    /**
     * Assigns some more rows.
     *
     * @param rows how many at most
     * @return whether there are more
     */
    boolean advance(int rows) {
        int end = Math.min(candidates.length, next + rows);
        while (next < end) {
            if (columnOf[next] == NONE) {
                assign(next);
            }
            next++;
        }
        return next < candidates.length;
    }

    /** Share of the rows that have been looked at. */
    double fraction() {
        return candidates.length == 0 ? 1 : (double) next / candidates.length;
    }

    /** The column of a row; -1 if it has none. */
    int columnOf(int row) {
        return columnOf[row];
    }

    /** The row that has a column; -1 if none has. */
    int rowOf(int column) {
        return rowOf[column];
    }

    /**
     * What having a column costs a row beside the cost of the pair, at most 0 for a column that is wanted twice: no row
     * can do better by changing to another candidate, whose cost less this is at least as large.
     */
    double priceOf(int column) {
        return columnPrices[column];
    }

    /** A column that has been reached, and at what distance; it may have been reached at a smaller one since. */
    private record Reached(double distance, int column) implements Comparable<Reached> {
        @Override
        public int compareTo(Reached other) {
            return Double.compare(distance, other.distance);
        }
    }

    /** The shortest way from a row to a free column, over columns whose rows change to others. */
    private void assign(int start) {
        PriorityQueue<Reached> frontier = new PriorityQueue<>();
        int[] settled = new int[16];
        int settledCount = 0;
        int row = start;
        double walked = 0;
        int free = NONE;
        while (free == NONE) {
            reach(start, row, walked, frontier);
            Reached nearest = nearest(start, frontier);
            if (nearest == null) {
                return;
            }
            walked = nearest.distance;
            int column = nearest.column;
            settledIn[column] = start;
            if (settledCount == settled.length) {
                settled = Arrays.copyOf(settled, 2 * settledCount);
            }
            settled[settledCount++] = column;
            if (rowOf[column] == NONE) {
                free = column;
            } else {
                row = rowOf[column];
            }
        }
        rowPrices[start] += walked;
        for (int i = 0; i < settledCount; i++) {
            int column = settled[i];
            double spared = walked - distances[column];
            columnPrices[column] -= spared;
            if (rowOf[column] != NONE) {
                rowPrices[rowOf[column]] += spared;
            }
        }
        turnOver(start, free);
    }

    private void reach(int start, int row, double walked, PriorityQueue<Reached> frontier) {
        int[] columns = candidates[row];
        for (int k = 0; k < columns.length; k++) {
            int column = columns[k];
            if (settledIn[column] == start) {
                continue;
            }
            double distance = walked + costs[row][k] - rowPrices[row] - columnPrices[column];
            if (reachedIn[column] != start || distance < distances[column]) {
                reachedIn[column] = start;
                distances[column] = distance;
                reachedFrom[column] = row;
                frontier.add(new Reached(distance, column));
            }
        }
    }

    private @Nullable Reached nearest(int start, PriorityQueue<Reached> frontier) {
        Reached nearest = frontier.poll();
        while (nearest != null && settledIn[nearest.column] == start) {
            nearest = frontier.poll();
        }
        return nearest;
    }

    private void turnOver(int start, int free) {
        int column = free;
        int row;
        do {
            row = reachedFrom[column];
            rowOf[column] = row;
            int given = columnOf[row];
            columnOf[row] = column;
            column = given;
        } while (row != start);
    }
}
