package loupe.analysis.geometry;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.base.MemoryBudget;
import loupe.base.Refusal;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * For each vector of a set the k-th largest cosine with any other, for several k, and the other with the largest one;
 * of equal ones the lowest. A vector of norm 0 has cosine 0 with all.
 *
 * <p>The matrix of cosines is symmetric: only its upper half is computed, in tiles, each of which serves its rows and
 * its columns, so the whole never exists. Once a band of rows has been done, all its rows are final.
 *
 * @param ranks the k, ascending, from 1
 * @param rows how many vectors are asked about, the first ones, each against all; all if there are fewer
 * @see <a href="https://github.com/jacobcd52/SAE-geometry">SAE geometry</a>
 */
public record LargestCosines(VectorSet of, List<Integer> ranks, int rows)
        implements Query.Stepped<LargestCosines.Answer> {
    /** The ranks that are shown if nothing else is asked for. */
    public static final List<Integer> USUAL_RANKS = List.of(1, 10, 100);

    /** The largest k. */
    public static final int MOST_RANK = 1000;

    /** Products of a tile: 4 MiB, which stay in the processor's cache while they are looked through. */
    private static final int TILE = 1 << 20;

    private static final int BAND = 512;
    /** Tiles of a step: some 50 ms on two cores for vectors of usual width. */
    private static final int TILES = 4;

    private static final int SAMPLE = 2048;
    /** Parts of a tile that different threads may look through. */
    private static final int PARTS = 8;
    /** Sets whose products take at most as many operations are compared in float64. */
    private static final double DOUBLE_OPERATIONS = 1L << 34;

    public LargestCosines {
        ranks = List.copyOf(ranks);
        if (ranks.isEmpty() || ranks.get(0) < 1 || ranks.get(ranks.size() - 1) > MOST_RANK || !isAscending(ranks)) {
            throw new IllegalArgumentException("ranks are " + ranks);
        }
    }

    /** About all vectors of a set. */
    public LargestCosines(VectorSet of, List<Integer> ranks) {
        this(of, ranks, Integer.MAX_VALUE);
    }

    /**
     * About some of many random vectors, which stand for all: how far each is from the others does not depend on which.
     */
    public static LargestCosines sampled(VectorSet of, List<Integer> ranks) {
        return new LargestCosines(of, ranks, SAMPLE);
    }

    private static boolean isAscending(List<Integer> ranks) {
        return IntStream.range(1, ranks.size()).allMatch(i -> ranks.get(i - 1) < ranks.get(i));
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Tiles(this);
    }

    @Override
    public long bytes(Answer answer) {
        return (ranks.size() + 1L) * Float.BYTES * answer.nearest().length;
    }

    /**
     * The largest cosines of the vectors that were asked about. The arrays are not to be written.
     *
     * @param count vectors that each was compared with, itself included
     * @param width their dimension
     * @param ranks the k, as they were asked for
     * @param done how many vectors are final, the first ones
     * @param largest for each k one entry a vector: its k-th largest cosine; NaN where it is not final, and where there
     *     are fewer than k others
     * @param nearest the other vector with the largest cosine; -1 where it is not final, and where there is no other
     */
    public record Answer(int count, int width, List<Integer> ranks, int done, List<float[]> largest, int[] nearest) {
        /** Vectors that were asked about. */
        public int rows() {
            return nearest.length;
        }
    }

    private static final class Tiles implements Query.Sweep<Answer> {
        private final LargestCosines query;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private RunningLargest running;

        private float[] tile = {};
        private List<float[]> largest = List.of();
        private int[] nearest = {};
        private int count = 1;
        private int width = 1;
        private int bandRows = 1;
        private int done;
        /** The first column of the next tile of the band that begins at {@link #done}. */
        private int column;

        Tiles(LargestCosines query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            NDArray units = query.of.units(scope);
            if (running == null) {
                begin((int) units.getShape().get(0), (int) units.getShape().get(1));
            }
            for (int i = 0; i < TILES && done < nearest.length; i++) {
                tile(scope, units);
            }
            return done < nearest.length;
        }

        private void tile(Scope scope, NDArray units) {
            int end = Math.min(nearest.length, done + bandRows);
            int until = Math.min(count, column + Math.max(1, TILE / bandRows));
            products(scope, units, end, until);
            take(end, until);
            column = until;
            if (column == count) {
                finish(end);
                done = end;
                column = done;
            }
        }

        private void begin(int vectors, int dimension) {
            count = vectors;
            width = dimension;
            int rows = Math.min(query.rows, vectors);
            requireRoom(rows);
            bandRows = Math.min(BAND, rows);
            nearest = new int[rows];
            Arrays.fill(nearest, -1);
            largest = query.ranks.stream().map(rank -> nan(rows)).toList();
            int most = query.ranks.get(query.ranks.size() - 1);
            running = new RunningLargest(rows, Math.max(1, Math.min(most, vectors - 1)));
        }

        /** The k largest of every vector are held at once. */
        private void requireRoom(int rows) {
            int most = query.ranks.get(query.ranks.size() - 1);
            long bytes = (long) rows * (most + query.ranks.size() + 4) * Float.BYTES;
            long room = Runtime.getRuntime().maxMemory() / 3;
            if (bytes > room) {
                throw new Refusal(
                        "The " + most + " largest cosines of " + rows + " vectors take " + MemoryBudget.size(bytes),
                        "at most " + MemoryBudget.size(room),
                        "Choose a smaller k");
            }
        }

        private static float[] nan(int size) {
            float[] values = new float[size];
            Arrays.fill(values, Float.NaN);
            return values;
        }

        /** Puts the cosines of the band's rows with the columns of the next tile, row-major, into {@link #tile}. */
        private void products(Scope scope, NDArray units, int end, int until) {
            boolean exact = 2.0 * count * nearest.length * width <= DOUBLE_OPERATIONS;
            try (NDManager step = scope.arrays().newSubManager()) {
                NDArray rows = DeviceArrays.rows(step, units, done, end);
                NDArray columns = DeviceArrays.rows(step, units, column, until);
                NDArray products = exact
                        ? rows.toType(DataType.FLOAT64, false)
                                .matMul(columns.toType(DataType.FLOAT64, false).transpose())
                        : rows.matMul(columns.transpose());
                tile = tile.length == products.size() ? tile : new float[(int) products.size()];
                DeviceArrays.floats(products, tile);
            }
        }

        /** Offers a tile to its rows and to its columns, each pair once and no vector itself. */
        private void take(int end, int until) {
            int columns = until - column;
            int beside = Math.max(column, end); // columns from here on are no rows of the band
            for (int row = done; row < end; row++) {
                int first = Math.max(row + 1, column);
                int from = (row - done) * columns + first - column;
                running.offerRow(row, tile, from, beside - first, first);
                running.offerColumn(first, tile, from, beside - first, row);
            }
            int wanted = Math.max(beside, Math.min(until, nearest.length)); // later columns are not asked about
            IntStream.range(0, PARTS).parallel().forEach(part -> {
                for (int row = part(part, done, end); row < part(part + 1, done, end); row++) {
                    int from = (row - done) * columns + beside - column;
                    running.offerRow(row, tile, from, until - beside, beside);
                }
                int first = part(part, beside, wanted);
                int last = part(part + 1, beside, wanted);
                for (int row = done; row < end; row++) {
                    running.offerColumn(first, tile, (row - done) * columns + first - column, last - first, row);
                }
            });
        }

        private static int part(int part, int from, int to) {
            return from + (int) ((long) (to - from) * part / PARTS);
        }

        private void finish(int end) {
            for (int row = done; row < end; row++) {
                float[] sorted = running.sorted(row);
                for (int i = 0; i < largest.size(); i++) {
                    int rank = query.ranks.get(i);
                    largest.get(i)[row] = rank <= sorted.length ? sorted[rank - 1] : Float.NaN;
                }
                nearest[row] = running.bestId(row);
            }
        }

        /** Shares the arrays with later answers: what is final does not change. */
        @Override
        public Answer result() {
            return new Answer(count, width, query.ranks, done, largest, nearest);
        }

        @Override
        public double fraction() {
            if (nearest.length == 0) {
                return 0;
            }
            double left = (double) count - done;
            double most = (double) count - nearest.length;
            double pairs = (double) count * count - most * most;
            double ofBand = (double) (column - done) / Math.max(1, count - done);
            double bands = (double) count * count - left * left;
            double nextLeft = Math.max(most, left - bandRows);
            return Math.min(1, (bands + ofBand * (left * left - nextLeft * nextLeft)) / pairs);
        }
    }
}
