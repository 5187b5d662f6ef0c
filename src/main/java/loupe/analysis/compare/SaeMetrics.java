package loupe.analysis.compare;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * How well an autoencoder reconstructs vectors, summed over any number of rows in double precision. Rows whose
 * reconstruction or features are not finite, which the reference leaves undefined, are counted and left out of every
 * mean. Not thread-safe.
 *
 * <p>With x a row, x^ its reconstruction, r = x - x^, f its features, d the width; means are over rows.
 */
public final class SaeMetrics {
    private static final double NMSE_EPSILON = 1e-4;

    private final int width;
    private final int dSae;
    private final Spread input;
    private final Spread residual;
    private final BitSet alive;
    private final long[] activeRows;
    private long rows;
    private long undefined;
    private long nonZero;
    private long positive;
    private double absolute;
    private double squaredError;
    private double errorNorm;
    private double normalisedError;
    private double cosine;
    private double normRatio;
    private double squaredNorm;
    private double squaredOutput;
    private double product;
    private double legacyShare;

    /** @param width of the vectors compared; 0 if there is nothing to compare with, as for a transcoder's input */
    public SaeMetrics(int width, int dSae) {
        this.width = width;
        this.dSae = dSae;
        input = new Spread(width);
        residual = new Spread(width);
        alive = new BitSet(dSae);
        activeRows = new long[dSae];
    }

    /**
     * Adds rows.
     *
     * @param x (count, width), row-major; ignored if the width is 0
     * @param xHat of the same shape; ignored if the width is 0
     * @param features (count, dSae), row-major
     */
    public void add(int count, float[] x, float[] xHat, float[] features) {
        double[] batchMean = mean(count, x);
        for (int row = 0; row < count; row++) {
            if (isFinite(features, row * dSae, dSae)
                    && isFinite(xHat, row * width, width)
                    && isFinite(x, row * width, width)) {
                rows++;
                addFeatures(features, row * dSae);
                if (width > 0) {
                    addReconstruction(x, xHat, row * width, batchMean);
                }
            } else {
                undefined++;
            }
        }
    }

    private void addFeatures(float[] features, int offset) {
        for (int i = 0; i < dSae; i++) {
            float value = features[offset + i];
            if (value != 0) {
                nonZero++;
                absolute += Math.abs(value);
                alive.set(i);
                activeRows[i]++;
                if (value > 0) {
                    positive++;
                }
            }
        }
    }

    private void addReconstruction(float[] x, float[] xHat, int offset, double[] batchMean) {
        double error = 0;
        double norm = 0;
        double outNorm = 0;
        double dot = 0;
        double spread = 0;
        for (int j = 0; j < width; j++) {
            double in = x[offset + j];
            double out = xHat[offset + j];
            error += (in - out) * (in - out);
            norm += in * in;
            outNorm += out * out;
            dot += in * out;
            spread += (in - batchMean[j]) * (in - batchMean[j]);
        }
        input.add(x, null, offset);
        residual.add(x, xHat, offset);
        squaredError += error;
        errorNorm += Math.sqrt(error);
        normalisedError += error / (norm + NMSE_EPSILON);
        cosine += dot / Math.sqrt(norm * outNorm);
        normRatio += Math.sqrt(outNorm / norm);
        squaredNorm += norm;
        squaredOutput += outNorm;
        product += dot;
        legacyShare += 1 - error / spread;
    }

    private double[] mean(int count, float[] x) {
        double[] mean = new double[width];
        for (int i = 0; i < count * width; i++) {
            mean[i % width] += x[i] / (double) count;
        }
        return mean;
    }

    private static boolean isFinite(float[] values, int offset, int count) {
        for (int i = offset; i < offset + count; i++) {
            if (!Float.isFinite(values[i])) {
                return false;
            }
        }
        return true;
    }

    /** Rows with a defined answer. */
    public long rows() {
        return rows;
    }

    /** Rows without a defined answer. */
    public long undefined() {
        return undefined;
    }

    /** Mean number of features that are not 0. */
    public double l0() {
        return nonZero / (double) rows;
    }

    /** Mean number of features above 0, as SAELens counts. */
    public double l0Positive() {
        return positive / (double) rows;
    }

    /** Mean sum of |f|. */
    public double l1() {
        return absolute / rows;
    }

    /** Mean |r|^2, not divided by d. NaN if there is nothing to compare with; so are all that follow. */
    public double mse() {
        return perRow(squaredError);
    }

    /**
     * Fraction of variance explained, pooled over rows: 1 - sum_j Var(r_j) / sum_j Var(x_j). NaN for fewer than two
     * rows.
     */
    public double fve() {
        return width == 0 || rows < 2 ? Double.NaN : 1 - residual.sumOfSquares() / input.sumOfSquares();
    }

    /** Mean |r|, dictionary_learning's l2_loss. */
    public double errorNorm() {
        return perRow(errorNorm);
    }

    /** Mean |r|^2 / (|x|^2 + 1e-4), as tokenized-sae has it. */
    public double nmse() {
        return perRow(normalisedError);
    }

    /** Mean cosine of x and x^. */
    public double cosine() {
        return perRow(cosine);
    }

    /** Mean |x^| / |x|. */
    public double normRatio() {
        return perRow(normRatio);
    }

    /** E|x^|^2 / E(x . x^). */
    public double relativeReconstructionBias() {
        return width == 0 ? Double.NaN : squaredOutput / product;
    }

    /**
     * Mean over rows of 1 - |r|^2 / |x - mean|^2, with the mean of the rows that were added together; SAELens' legacy
     * formula.
     */
    public double explainedVarianceLegacy() {
        return perRow(legacyShare);
    }

    /**
     * SAELens 6.18's {@code explained_variance}: 1 - E|r|^2 / (E|x|^2 - m^2), where m is the mean of x^2 over rows and
     * dimensions. Not the usual quantity: it takes the square of a mean of squares for the square of a mean.
     */
    public double explainedVarianceSaeLens() {
        double meanSquare = squaredNorm / rows / width;
        return perRow(squaredError) == 0 ? 1 : 1 - mse() / (squaredNorm / rows - meanSquare * meanSquare);
    }

    /** Fraction of features that were not 0 in some row. */
    public double alive() {
        return alive.cardinality() / (double) dSae;
    }

    /** Fraction of features that were not 0 in more than this share of the rows. */
    public double denserThan(double density) {
        long dense = java.util.Arrays.stream(activeRows)
                .filter(active -> active > density * rows)
                .count();
        return dense / (double) dSae;
    }

    private double perRow(double sum) {
        return width == 0 ? Double.NaN : sum / rows;
    }

    /** Sum over dimensions of squared deviations from the mean, by Welford's method. */
    private static final class Spread {
        private final double[] mean;
        private final double[] squares;
        private long count;

        Spread(int width) {
            mean = new double[width];
            squares = new double[width];
        }

        /** Adds a row of {@code x}, less that of {@code minus} if there is one. */
        void add(float[] x, float @Nullable [] minus, int offset) {
            count++;
            for (int j = 0; j < mean.length; j++) {
                double value = minus == null ? x[offset + j] : (double) x[offset + j] - minus[offset + j];
                double before = value - mean[j];
                mean[j] += before / count;
                squares[j] += before * (value - mean[j]);
            }
        }

        double sumOfSquares() {
            return java.util.Arrays.stream(squares).sum();
        }
    }
}
