package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import loupe.base.Cancellation;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.sae.Reconstruction;
import loupe.sae.SparseAutoencoder;
import loupe.tensor.HostTensor;

/**
 * What an autoencoder computes, in double precision and with loops over its formulas; nothing of the code under test is
 * used. Row i of an encoder or decoder is feature i's.
 */
final class Worked {
    private Worked() {}

    /** The values of a tensor of two axes. */
    static double[][] matrix(Path file, String tensor) {
        try (TensorArchive archive = TensorArchives.open(file)) {
            HostTensor host = archive.tensor(tensor).toHost();
            int columns = host.shape()[1];
            double[][] rows = new double[host.shape()[0]][columns];
            for (int r = 0; r < rows.length; r++) {
                for (int c = 0; c < columns; c++) {
                    rows[r][c] = host.data()[r * columns + c];
                }
            }
            return rows;
        }
    }

    /** The values of a tensor of one axis. */
    static double[] vector(Path file, String tensor) {
        try (TensorArchive archive = TensorArchives.open(file)) {
            float[] data = archive.tensor(tensor).toHost().data();
            return IntStream.range(0, data.length).mapToDouble(i -> data[i]).toArray();
        }
    }

    /** Entry [a, which, c] of a tensor of three axes. */
    static double[][] slice(Path file, String tensor, int which) {
        try (TensorArchive archive = TensorArchives.open(file)) {
            HostTensor host = archive.tensor(tensor).toHost();
            int[] shape = host.shape();
            double[][] rows = new double[shape[0]][shape[2]];
            for (int a = 0; a < shape[0]; a++) {
                for (int c = 0; c < shape[2]; c++) {
                    rows[a][c] = host.data()[(a * shape[1] + which) * shape[2] + c];
                }
            }
            return rows;
        }
    }

    /** Standard normal, rounded to what a file can hold. */
    static double[][] random(long seed, int rows, int columns) {
        Random random = new Random(seed);
        double[][] values = new double[rows][columns];
        for (double[] row : values) {
            Arrays.setAll(row, i -> (float) random.nextGaussian());
        }
        return values;
    }

    static double[][] turned(double[][] rows) {
        double[][] columns = new double[rows[0].length][rows.length];
        for (int r = 0; r < rows.length; r++) {
            for (int c = 0; c < columns.length; c++) {
                columns[c][r] = rows[r][c];
            }
        }
        return columns;
    }

    static HostTensor tensor(double[][] rows) {
        float[] data = new float[rows.length * rows[0].length];
        for (int r = 0; r < rows.length; r++) {
            for (int c = 0; c < rows[0].length; c++) {
                data[r * rows[0].length + c] = (float) rows[r][c];
            }
        }
        return new HostTensor(data, rows.length, rows[0].length);
    }

    static HostTensor tensor(double[] values) {
        float[] data = new float[values.length];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) values[i];
        }
        return new HostTensor(data, data.length);
    }

    /** x E + b. */
    static double[][] preActivations(double[][] x, double[][] encoder, double[] bias) {
        double[][] p = new double[x.length][encoder.length];
        for (int r = 0; r < x.length; r++) {
            for (int i = 0; i < encoder.length; i++) {
                p[r][i] = bias[i];
                for (int j = 0; j < x[r].length; j++) {
                    p[r][i] += x[r][j] * encoder[i][j];
                }
            }
        }
        return p;
    }

    /** f D + b. */
    static double[][] decoded(double[][] features, double[][] decoder, double[] bias) {
        double[][] xHat = new double[features.length][bias.length];
        for (int r = 0; r < features.length; r++) {
            for (int j = 0; j < bias.length; j++) {
                xHat[r][j] = bias[j];
                for (int i = 0; i < decoder.length; i++) {
                    xHat[r][j] += features[r][i] * decoder[i][j];
                }
            }
        }
        return xHat;
    }

    static double[][] each(double[][] values, DoubleUnaryOperator function) {
        return Arrays.stream(values)
                .map(row -> Arrays.stream(row).map(function).toArray())
                .toArray(double[][]::new);
    }

    /** p where it exceeds the feature's threshold, else 0. */
    static double[][] above(double[][] p, double[] thresholds) {
        double[][] features = new double[p.length][thresholds.length];
        for (int r = 0; r < p.length; r++) {
            for (int i = 0; i < thresholds.length; i++) {
                features[r][i] = p[r][i] > thresholds[i] ? p[r][i] : 0;
            }
        }
        return features;
    }

    /** The values of p at the k largest of each row of {@code by}, else 0; no two of a row are equal. */
    static double[][] largest(double[][] p, double[][] by, int k) {
        double[][] features = new double[p.length][p[0].length];
        for (int r = 0; r < p.length; r++) {
            double smallest = Arrays.stream(by[r]).sorted().toArray()[by[r].length - k];
            for (int i = 0; i < p[r].length; i++) {
                features[r][i] = by[r][i] >= smallest ? p[r][i] : 0;
            }
        }
        return features;
    }

    /** The sum, element by element. */
    static double[][] sum(double[][] a, double[][] b) {
        double[][] sum = new double[a.length][a[0].length];
        for (int r = 0; r < a.length; r++) {
            for (int c = 0; c < a[r].length; c++) {
                sum[r][c] = a[r][c] + b[r][c];
            }
        }
        return sum;
    }

    /** Compares what a checkpoint makes of x, densely and sparsely, within 2e-5. */
    static void compare(SaeFile file, double[][] x, double[][] features, double[][] xHat) {
        try (NDManager manager = NDManager.newBaseManager();
                SparseAutoencoder sae =
                        SparseAutoencoder.upload(manager, file.config(), file.readWeights(new Cancellation()))) {
            NDArray in = manager.create(tensor(x).data(), new Shape(x.length, x[0].length));
            Reconstruction made = sae.reconstruct(in, null);
            near("features", made.features().toFloatArray(), features);
            near("x_hat", made.xHat().toFloatArray(), xHat);
            near("sparse features", sae.encodeSparse(in).dense().data(), features);
        }
    }

    private static void near(String what, float[] is, double[][] should) {
        double[] flat = Arrays.stream(should).flatMapToDouble(Arrays::stream).toArray();
        assertThat(is).as(what).hasSize(flat.length);
        for (int i = 0; i < flat.length; i++) {
            assertThat((double) is[i])
                    .as(what + "[" + i + "]")
                    .isCloseTo(flat[i], within(2e-5 * Math.max(1, Math.abs(flat[i]))));
        }
    }
}
