package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.analysis.features.NeighbourSpace;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;

/**
 * For every token's bias of an autoencoder the other bias with the largest cosine: of the biases as they are, and with
 * the mean of all removed, which they have in common. All pairs, in blocks of rows; the matrix of cosines never exists.
 */
public record NearestBiases(SaeId sae) implements Query.Stepped<NearestBiases.Answer> {
    private static final long ELEMENTS_PER_STEP = 1 << 22;

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(sae);
    }

    @Override
    public long bytes(Answer answer) {
        return 20L * answer.norms().length;
    }

    /**
     * One entry per token; the arrays are not to be written.
     *
     * @param done tokens reached; later ones have no neighbour yet
     * @param norms of the biases
     * @param nearest the other token with the largest cosine, -1 if there is none
     * @param cosines with it; NaN if there is none
     * @param nearestCentred the same of the biases less their mean
     */
    public record Answer(
            int done, float[] norms, int[] nearest, float[] cosines, int[] nearestCentred, float[] cosinesCentred) {
        /** Where the cosines of those reached lie. */
        public ValueSummary summary(boolean centred) {
            float[] of = centred ? cosinesCentred : cosines;
            double[] known = new double[done];
            Arrays.setAll(known, i -> of[i]);
            return ValueSummary.of(Arrays.stream(known).filter(Double::isFinite).toArray());
        }
    }

    /** The biases less their mean, kept between steps. */
    private record Centred(SaeId sae) {}

    private static final class Blocks implements Query.Sweep<Answer> {
        private final SaeId sae;
        private double[] mean = new double[0];
        private float[] products = new float[0];
        private float[] norms = new float[0];
        private float[] inverse = new float[0];
        private float[] inverseCentred = new float[0];
        private int[][] nearest = new int[0][];
        private float[][] cosines = new float[0][];
        private int done;

        Blocks(SaeId sae) {
            this.sae = sae;
        }

        @Override
        public boolean step(Scope scope) {
            NDArray biases = new NeighbourSpace.Biases(sae).rows(scope);
            if (norms.length == 0) {
                measure(scope, biases);
            }
            int count = norms.length;
            NDManager step = scope.arrays();
            NDArray centred = scope.kept(new Centred(sae), () -> biases.sub(step.create(narrow(mean))));
            int end = (int) Math.min(count, done + Math.max(1, ELEMENTS_PER_STEP / count));
            NDArray rows = DeviceArrays.rows(step, centred, done, end);
            NDArray turned = centred.transpose();
            turned.attach(step);
            // C_i . C_j of the centred; B_i . B_j = C_i . C_j + m . B_i + m . B_j - m . m
            NDArray inner = rows.matMul(turned);
            NDArray withMean = step.create(products);
            NDArray raw = inner.add(withMean)
                    .addi(withMean.get(done + ":" + end).expandDims(1))
                    .subi((float) Vectors.dot(mean, mean));
            keep(raw.muli(step.create(inverse)), inverse, 0, end);
            keep(inner.muli(step.create(inverseCentred)), inverseCentred, 1, end);
            done = end;
            return done < count;
        }

        private void measure(Scope scope, NDArray biases) {
            int count = (int) biases.getShape().get(0);
            double[] sum = new double[(int) biases.getShape().get(1)];
            DeviceArrays.forEachBlock(
                    scope,
                    biases,
                    DataType.FLOAT64,
                    (first, rows) ->
                            Vectors.addScaled(sum, 1.0 / count, DeviceArrays.doubles(rows.sum(new int[] {0}))));
            float[] products = new float[count];
            float[] norms = new float[count];
            float[] inverse = new float[count];
            float[] inverseCentred = new float[count];
            DeviceArrays.forEachBlock(scope, biases, DataType.FLOAT64, (first, rows) -> {
                NDArray centre = rows.getManager().create(sum);
                double[] with = DeviceArrays.doubles(rows.matMul(centre.reshape(sum.length, 1)));
                double[] own = DeviceArrays.doubles(rows.square().sum(new int[] {1}));
                double[] apart = DeviceArrays.doubles(rows.sub(centre).square().sum(new int[] {1}));
                for (int i = 0; i < own.length; i++) {
                    products[first + i] = (float) with[i];
                    norms[first + i] = (float) Math.sqrt(own[i]);
                    inverse[first + i] = own[i] == 0 ? 0 : (float) (1 / Math.sqrt(own[i]));
                    inverseCentred[first + i] = apart[i] == 0 ? 0 : (float) (1 / Math.sqrt(apart[i]));
                }
            });
            this.mean = sum;
            this.products = products;
            this.inverse = inverse;
            this.inverseCentred = inverseCentred;
            nearest = new int[2][count];
            cosines = new float[2][count];
            for (int of = 0; of < 2; of++) {
                Arrays.fill(nearest[of], -1);
                Arrays.fill(cosines[of], Float.NaN);
            }
            this.norms = norms;
        }

        /** @param products of rows {@code done} on with unit vectors, (n, V) */
        private void keep(NDArray products, float[] inverseNorms, int of, int end) {
            int near = Math.min(2, norms.length);
            NDList best = products.topK(near, 1, true, true);
            float[] values = DeviceArrays.floats(best.get(0));
            long[] ids = DeviceArrays.longs(best.get(1));
            for (int i = done; i < end; i++) {
                int at = (i - done) * near;
                // the bias itself may be missing among equal ones; then the first of them stands for another
                int other = ids[at] == i ? at + 1 : at;
                if (other < at + near) {
                    nearest[of][i] = (int) ids[other];
                    cosines[of][i] = values[other] * inverseNorms[i];
                }
            }
        }

        private static float[] narrow(double[] values) {
            float[] narrow = new float[values.length];
            for (int i = 0; i < narrow.length; i++) {
                narrow[i] = (float) values[i];
            }
            return narrow;
        }

        /** Shares the arrays with later answers: a token once reached does not change. */
        @Override
        public Answer result() {
            return new Answer(done, norms, nearest[0], cosines[0], nearest[1], cosines[1]);
        }

        @Override
        public double fraction() {
            return norms.length == 0 ? 0 : (double) done / norms.length;
        }
    }
}
