package loupe.analysis.ghost;

import java.util.Random;
import loupe.analysis.Vectors;
import loupe.base.Cancellation;

/**
 * The largest eigenvalues of a symmetric positive semidefinite matrix and their unit eigenvectors, in float64, by
 * subspace iteration with Rayleigh-Ritz projection until every wanted residual |A q - lambda q| is below 1e-12 of the
 * largest eigenvalue. A matrix hardly larger than what is wanted is diagonalised whole, by Jacobi rotations.
 *
 * @param values eigenvalues, largest first
 * @param vectors unit eigenvectors in the same order, of arbitrary sign
 * @see <a href="https://doi.org/10.1137/1.9781611970739">Saad, Numerical Methods for Large Eigenvalue Problems</a>,
 *     chapter 5
 */
record LeadingEigenvectors(double[] values, double[][] vectors) {
    private static final double TOLERANCE = 1e-12;
    private static final int SPARE_VECTORS = 16;
    private static final int MOST_ITERATIONS = 5000;
    private static final int WHOLE_SIZE = 64;

    /**
     * @param a (n, n) row-major
     * @param count at most n
     */
    static LeadingEigenvectors of(double[] a, int n, int count, Cancellation cancellation) {
        if (count < 0 || count > n) {
            throw new IllegalArgumentException("count is " + count + ", the matrix has " + n + " rows");
        }
        if (n <= Math.max(WHOLE_SIZE, count + SPARE_VECTORS)) {
            return first(jacobi(a, n), count);
        }
        int width = count + SPARE_VECTORS;
        Random random = new Random(1);
        double[][] basis = new double[width][n];
        for (double[] vector : basis) {
            for (int i = 0; i < n; i++) {
                vector[i] = random.nextGaussian();
            }
        }
        orthonormalise(basis);
        for (int iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
            cancellation.check();
            double[][] images = multiply(a, n, basis);
            double[] small = new double[width * width];
            for (int i = 0; i < width; i++) {
                for (int j = 0; j <= i; j++) {
                    small[i * width + j] = small[j * width + i] = Vectors.dot(basis[i], images[j]);
                }
            }
            LeadingEigenvectors ritz = jacobi(small, width);
            double[][] vectors = combine(ritz.vectors, basis);
            double[][] imagesOfVectors = combine(ritz.vectors, images);
            if (converged(ritz.values, vectors, imagesOfVectors, count)) {
                return first(new LeadingEigenvectors(ritz.values, vectors), count);
            }
            basis = imagesOfVectors;
            orthonormalise(basis);
        }
        throw new ArithmeticException(
                "the principal components did not converge in " + MOST_ITERATIONS + " iterations");
    }

    private static LeadingEigenvectors first(LeadingEigenvectors all, int count) {
        return new LeadingEigenvectors(
                java.util.Arrays.copyOf(all.values, count), java.util.Arrays.copyOf(all.vectors, count));
    }

    private static boolean converged(double[] values, double[][] vectors, double[][] images, int count) {
        for (int i = 0; i < count; i++) {
            double residual = 0;
            for (int j = 0; j < vectors[i].length; j++) {
                double difference = images[i][j] - values[i] * vectors[i][j];
                residual += difference * difference;
            }
            if (Math.sqrt(residual) > TOLERANCE * Math.abs(values[0])) {
                return false;
            }
        }
        return true;
    }

    private static double[][] multiply(double[] a, int n, double[][] vectors) {
        double[][] images = new double[vectors.length][n];
        for (int row = 0; row < n; row++) {
            int offset = row * n;
            for (int k = 0; k < vectors.length; k++) {
                double[] vector = vectors[k];
                double sum = 0;
                for (int i = 0; i < n; i++) {
                    sum += a[offset + i] * vector[i];
                }
                images[k][row] = sum;
            }
        }
        return images;
    }

    private static double[][] combine(double[][] coefficients, double[][] vectors) {
        double[][] combined = new double[coefficients.length][vectors[0].length];
        for (int i = 0; i < coefficients.length; i++) {
            for (int j = 0; j < vectors.length; j++) {
                Vectors.addScaled(combined[i], coefficients[i][j], vectors[j]);
            }
        }
        return combined;
    }

    /** Modified Gram-Schmidt, twice; a vector that vanishes is replaced by a coordinate axis. */
    private static void orthonormalise(double[][] vectors) {
        for (int i = 0; i < vectors.length; i++) {
            double before = Vectors.norm(vectors[i]);
            for (int pass = 0; pass < 2; pass++) {
                for (int j = 0; j < i; j++) {
                    Vectors.addScaled(vectors[i], -Vectors.dot(vectors[i], vectors[j]), vectors[j]);
                }
            }
            double norm = Vectors.norm(vectors[i]);
            for (int axis = 0; !(norm > 1e-14 * before) || norm == 0; axis++) {
                vectors[i] = new double[vectors[i].length];
                vectors[i][axis] = 1;
                for (int j = 0; j < i; j++) {
                    Vectors.addScaled(vectors[i], -Vectors.dot(vectors[i], vectors[j]), vectors[j]);
                }
                norm = Vectors.norm(vectors[i]);
                before = norm > 1e-3 ? 0 : 1e30;
            }
            vectors[i] = Vectors.scaled(vectors[i], 1 / norm);
        }
    }

    /** All eigenvalues and eigenvectors by cyclic Jacobi rotations. */
    static LeadingEigenvectors jacobi(double[] matrix, int n) {
        double[] a = matrix.clone();
        double[][] vectors = new double[n][n];
        double scale = 0;
        for (int i = 0; i < n; i++) {
            vectors[i][i] = 1;
        }
        for (double element : a) {
            scale = Math.max(scale, Math.abs(element));
        }
        for (int sweep = 0; sweep < 100; sweep++) {
            double off = 0;
            for (int p = 0; p < n; p++) {
                for (int q = p + 1; q < n; q++) {
                    off = Math.max(off, Math.abs(a[p * n + q]));
                }
            }
            if (off <= 1e-300 || off <= 1e-16 * scale) {
                break;
            }
            for (int p = 0; p < n; p++) {
                for (int q = p + 1; q < n; q++) {
                    rotate(a, vectors, n, p, q);
                }
            }
        }
        Integer[] order = new Integer[n];
        java.util.Arrays.setAll(order, i -> i);
        java.util.Arrays.sort(order, java.util.Comparator.comparingDouble(i -> -a[i * n + i]));
        double[] values = new double[n];
        double[][] sorted = new double[n][];
        for (int i = 0; i < n; i++) {
            values[i] = a[order[i] * n + order[i]];
            sorted[i] = vectors[order[i]];
        }
        return new LeadingEigenvectors(values, sorted);
    }

    /** Makes element (p, q) zero. Rows of {@code vectors} are the eigenvectors. */
    private static void rotate(double[] a, double[][] vectors, int n, int p, int q) {
        double apq = a[p * n + q];
        if (apq == 0) {
            return;
        }
        double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        double t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        double c = 1 / Math.sqrt(t * t + 1);
        double s = t * c;
        for (int i = 0; i < n; i++) {
            double aip = a[i * n + p];
            double aiq = a[i * n + q];
            a[i * n + p] = c * aip - s * aiq;
            a[i * n + q] = s * aip + c * aiq;
        }
        for (int i = 0; i < n; i++) {
            double api = a[p * n + i];
            double aqi = a[q * n + i];
            a[p * n + i] = c * api - s * aqi;
            a[q * n + i] = s * api + c * aqi;
            double vp = vectors[p][i];
            double vq = vectors[q][i];
            vectors[p][i] = c * vp - s * vq;
            vectors[q][i] = s * vp + c * vq;
        }
    }
}
