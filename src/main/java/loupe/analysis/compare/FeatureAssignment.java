package loupe.analysis.compare;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import org.jspecify.annotations.Nullable;

/**
 * A one-to-one matching of the features of two checkpoints: as many pairs as the smaller has features, no feature
 * twice, with the largest sum of cosines.
 *
 * <p>Features are first assigned among the few nearest of each. Prices of that solution bound what any matching can
 * reach, over all pairs; where a feature could do better with one that was not among its candidates, that one is added
 * and all are assigned anew, until nothing can be gained. The matrix of all cosines never exists.
 *
 * @param side which directions are compared
 * @param absolute whether the size of a cosine counts and not its sign
 */
public record FeatureAssignment(SaeId a, SaeId b, MatchSide side, boolean absolute)
        implements Query.Stepped<FeatureAssignment.Answer> {
    private static final long ELEMENTS_PER_STEP = 1 << 22;
    private static final int CANDIDATES = 48;
    private static final int MORE_CANDIDATES = 8;
    private static final int ROWS_PER_STEP = 256;
    private static final int MOST_ROUNDS = 24;
    /** A gain that rounding of the cosines makes. */
    private static final double ROUNDING = 2e-6;

    @Override
    public Query.Sweep<Answer> begin() {
        return new Sweep(this);
    }

    @Override
    public long bytes(Answer answer) {
        return 8L * answer.matchInB().length;
    }

    /**
     * The pairs. The arrays are not to be written.
     *
     * @param matchInB for each feature of a its partner, -1 without one
     * @param cosines with the partner, their sizes if these count; NaN without one
     * @param lossBound by how much at most the sum of the cosines, or of their sizes, could be larger
     */
    public record Answer(int[] matchInB, float[] cosines, double lossBound) {
        /** How many pairs there are. */
        public int pairs() {
            return (int) Arrays.stream(matchInB).filter(match -> match >= 0).count();
        }

        /** Mean of the pairs' cosines. */
        public double meanCosine() {
            return paired().mapToDouble(i -> cosines[i]).average().orElse(Double.NaN);
        }

        /** Sum of 1 less the cosine, or less its size if that counts: what no other matching makes smaller. */
        public double cost() {
            return paired().mapToDouble(i -> 1 - cosines[i]).sum();
        }

        /** Mean size of the pairs' cosines: PW-MCC ({@code src/site/markdown/methods.md}, section 5). */
        public double pwMcc() {
            return paired().mapToDouble(i -> Math.abs(cosines[i])).average().orElse(Double.NaN);
        }

        private IntStream paired() {
            return IntStream.range(0, matchInB.length).filter(i -> matchInB[i] >= 0);
        }
    }

    private enum Phase {
        COLLECTING,
        ASSIGNING,
        CHECKING,
        DONE
    }

    /** Rows are the features of the smaller checkpoint. */
    private static final class Sweep implements Query.Sweep<Answer> {
        private final FeatureAssignment query;
        private Phase phase = Phase.COLLECTING;
        private boolean turned;
        private int columns;
        private int[][] candidates = {};
        private float[][] cosines = {};
        private @Nullable LinearAssignment assignment;
        private int done;
        private int round;
        private boolean found;
        private double bound;

        Sweep(FeatureAssignment query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            switch (phase) {
                case COLLECTING -> collect(scope);
                case ASSIGNING -> assign();
                case CHECKING -> check(scope);
                case DONE -> throw new IllegalStateException("all are assigned");
            }
            return phase != Phase.DONE;
        }

        private NDArray cosines(Scope scope, int end) {
            NDArray all = turned
                    ? query.side.cosines(scope, query.b, query.a, done, end)
                    : query.side.cosines(scope, query.a, query.b, done, end);
            return query.absolute ? all.abs() : all;
        }

        private int end() {
            return (int) Math.min(candidates.length, done + Math.max(1, ELEMENTS_PER_STEP / columns));
        }

        private void collect(Scope scope) {
            if (candidates.length == 0) {
                int countA = scope.sae(query.a).config().dSae();
                int countB = scope.sae(query.b).config().dSae();
                turned = countA > countB;
                columns = Math.max(countA, countB);
                candidates = new int[Math.min(countA, countB)][];
                cosines = new float[candidates.length][];
            }
            int end = end();
            int most = Math.min(CANDIDATES, columns);
            NDList nearest = cosines(scope, end).topK(most, 1, true, false);
            float[] values = DeviceArrays.floats(nearest.get(0));
            long[] ids = DeviceArrays.longs(nearest.get(1));
            for (int i = done; i < end; i++) {
                int from = (i - done) * most;
                cosines[i] = Arrays.copyOfRange(values, from, from + most);
                candidates[i] = ints(ids, from, from + most);
            }
            done = end;
            if (done == candidates.length) {
                begin();
            }
        }

        private static int[] ints(long[] ids, int from, int to) {
            return Arrays.stream(ids, from, to).mapToInt(Math::toIntExact).toArray();
        }

        private void begin() {
            float[][] costs = new float[cosines.length][];
            for (int i = 0; i < costs.length; i++) {
                costs[i] = new float[cosines[i].length];
                for (int k = 0; k < costs[i].length; k++) {
                    costs[i][k] = 1 - cosines[i][k];
                }
            }
            assignment = new LinearAssignment(columns, candidates, costs);
            phase = Phase.ASSIGNING;
        }

        private void assign() {
            if (!solved().advance(ROWS_PER_STEP)) {
                done = 0;
                found = false;
                bound = 0;
                phase = Phase.CHECKING;
            }
        }

        private LinearAssignment solved() {
            if (assignment == null) {
                throw new IllegalStateException("assigned before there are candidates");
            }
            return assignment;
        }

        /** What each row could have at the prices of the columns, over all columns. */
        private void check(Scope scope) {
            LinearAssignment solved = solved();
            int end = end();
            int most = Math.min(MORE_CANDIDATES << Math.min(round, 8), columns);
            float[] prices = new float[columns];
            float[] taken = new float[columns];
            for (int j = 0; j < columns; j++) {
                prices[j] = (float) solved.priceOf(j);
                taken[j] = solved.rowOf(j) < 0 ? 0 : -4;
            }
            NDManager step = scope.arrays();
            NDArray all = cosines(scope, end);
            NDList best = all.add(step.create(prices, new Shape(columns))).topK(most, 1, true, false);
            float[] values = DeviceArrays.floats(best.get(0));
            long[] ids = DeviceArrays.longs(best.get(1));
            boolean isWhole = IntStream.range(done, end).allMatch(i -> solved.columnOf(i) >= 0);
            NDList free = isWhole
                    ? new NDList()
                    : all.add(step.create(taken, new Shape(columns))).topK(most, 1, true, false);
            float[] freeValues = isWhole ? new float[0] : DeviceArrays.floats(free.get(0));
            long[] freeIds = isWhole ? new long[0] : DeviceArrays.longs(free.get(1));
            for (int i = done; i < end; i++) {
                int from = (i - done) * most;
                double had = heldBy(i);
                double highest = Double.NEGATIVE_INFINITY;
                for (int k = from; k < from + most; k++) {
                    highest = Math.max(highest, values[k]);
                    if (values[k] > had + ROUNDING) {
                        add(i, (int) ids[k], values[k] - prices[(int) ids[k]]);
                    }
                    if (solved.columnOf(i) < 0 && freeValues[k] > -2) {
                        add(i, (int) freeIds[k], freeValues[k]);
                    }
                }
                bound += Math.max(highest, had);
            }
            done = end;
            if (done == candidates.length) {
                conclude();
            }
        }

        /** What a row has of its column at its price; nothing if it has none. */
        private double heldBy(int row) {
            int column = solved().columnOf(row);
            return column < 0 ? Double.NEGATIVE_INFINITY : cosine(row, column) + solved().priceOf(column);
        }

        private float cosine(int row, int column) {
            for (int k = 0; k < candidates[row].length; k++) {
                if (candidates[row][k] == column) {
                    return cosines[row][k];
                }
            }
            throw new IllegalStateException("feature " + row + " was given " + column + ", no candidate of it");
        }

        private void add(int row, int column, float cosine) {
            if (Arrays.stream(candidates[row]).anyMatch(there -> there == column)) {
                return;
            }
            int count = candidates[row].length;
            candidates[row] = Arrays.copyOf(candidates[row], count + 1);
            cosines[row] = Arrays.copyOf(cosines[row], count + 1);
            candidates[row][count] = column;
            cosines[row][count] = cosine;
            found = true;
        }

        private void conclude() {
            round++;
            if (found && (round < MOST_ROUNDS || !isWhole())) {
                begin();
            } else {
                phase = Phase.DONE;
            }
        }

        private boolean isWhole() {
            return IntStream.range(0, candidates.length).allMatch(i -> solved().columnOf(i) >= 0);
        }

        @Override
        public Answer result() {
            int[] matches = new int[turned ? columns : candidates.length];
            float[] values = new float[matches.length];
            Arrays.fill(matches, -1);
            Arrays.fill(values, Float.NaN);
            double sum = 0;
            double priced = bound;
            if (assignment != null) {
                for (int row = 0; row < candidates.length; row++) {
                    int column = assignment.columnOf(row);
                    if (column >= 0) {
                        float cosine = cosine(row, column);
                        matches[turned ? column : row] = turned ? row : column;
                        values[turned ? column : row] = cosine;
                        sum += cosine;
                        priced -= assignment.priceOf(column);
                    }
                }
            }
            return new Answer(matches, values, phase == Phase.DONE ? Math.max(0, priced - sum) : Double.NaN);
        }

        @Override
        public double fraction() {
            double inPhase = candidates.length == 0 ? 0 : (double) done / candidates.length;
            double part = 0.4;
            return switch (phase) {
                case COLLECTING -> part * inPhase;
                case ASSIGNING -> part + 0.2 * solved().fraction();
                case CHECKING -> 1 - part * (1 - inPhase);
                case DONE -> 1;
            };
        }
    }
}
