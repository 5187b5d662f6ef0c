package loupe.analysis.geometry;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * Mean and covariance of the unit vectors of a set, in float64, the covariance as the lower triangular factor L with L
 * L^T = covariance.
 */
public record DirectionMoments(VectorSet of) implements Query.Stepped<DirectionMoments.Answer> {
    private static final long ELEMENTS_PER_STEP = 1 << 22;
    private static final long PRODUCTS_PER_STEP = 1 << 25;
    /** A variance left over that is smaller than this share of the largest is rounding. */
    private static final double ROUNDING = 1e-12;

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(of);
    }

    @Override
    public long bytes(Answer answer) {
        return (long) Double.BYTES * answer.factor.length;
    }

    /**
     * The moments.
     *
     * @param mean of the unit vectors, (width); not to be written
     * @param factor of their covariance, divided by their number, (width, width) row-major; not to be written
     */
    public record Answer(double[] mean, double[] factor) {}

    private static final class Blocks implements Query.Sweep<Answer> {
        private final VectorSet of;
        private double[] sums = {};
        private double[] products = {};
        private double[] factor = {};
        private int count = 1;
        private int width = 1;
        private int done;
        private int rowsOfFactor;

        Blocks(VectorSet of) {
            this.of = of;
        }

        @Override
        public boolean step(Scope scope) {
            if (done < count) {
                add(scope);
            } else {
                long left = PRODUCTS_PER_STEP;
                while (rowsOfFactor < width && left > 0) {
                    left -= (long) rowsOfFactor * rowsOfFactor / 2;
                    factorRow(rowsOfFactor++);
                }
            }
            return done < count || rowsOfFactor < width;
        }

        private void add(Scope scope) {
            NDArray units = of.units(scope);
            count = (int) units.getShape().get(0);
            width = (int) units.getShape().get(1);
            int end = (int) Math.min(count, done + Math.max(width, ELEMENTS_PER_STEP / width));
            NDManager step = scope.arrays();
            NDArray rows = DeviceArrays.rows(step, units, done, end).toType(DataType.FLOAT64, false);
            double[] addedProducts = DeviceArrays.doubles(rows.transpose().matMul(rows));
            double[] addedSums = DeviceArrays.doubles(rows.sum(new int[] {0}));
            if (done == 0) {
                products = new double[addedProducts.length];
                sums = new double[width];
            }
            Vectors.addScaled(products, 1, addedProducts);
            Vectors.addScaled(sums, 1, addedSums);
            done = end;
        }

        private double covariance(int i, int j) {
            return products[i * width + j] / count - sums[i] / count * (sums[j] / count);
        }

        /** Cholesky, row by row; what is left of a variance that others explain is 0. */
        private void factorRow(int i) {
            if (i == 0) {
                factor = new double[products.length];
            }
            double least = ROUNDING * Math.max(covariance(i, i), 1.0 / width);
            for (int j = 0; j <= i; j++) {
                double sum = covariance(i, j);
                for (int k = 0; k < j; k++) {
                    sum -= factor[i * width + k] * factor[j * width + k];
                }
                double pivot = factor[j * width + j];
                factor[i * width + j] = i == j ? (sum > least ? Math.sqrt(sum) : 0) : pivot == 0 ? 0 : sum / pivot;
            }
        }

        @Override
        public Answer result() {
            double[] mean = new double[sums.length];
            Vectors.addScaled(mean, 1.0 / count, sums);
            return new Answer(mean, factor);
        }

        @Override
        public double fraction() {
            return ((double) done / count + (double) rowsOfFactor / width) / 2;
        }
    }
}
