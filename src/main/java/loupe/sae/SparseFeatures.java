package loupe.sae;

import java.util.Arrays;
import java.util.function.IntPredicate;
import loupe.tensor.HostTensor;

/**
 * Feature activations of several vectors on the host, without the zeros. The arrays are not copied and not to be
 * written.
 *
 * @param rows number of vectors; leading axes of the input are flattened
 * @param dSae number of features
 * @param offsets {@code rows + 1} of them: row r has the entries offsets[r] (included) to offsets[r + 1] (excluded)
 * @param features ids, ascending within a row
 * @param values activations, never 0; NaN where the reference has no defined answer
 */
public record SparseFeatures(int rows, int dSae, int[] offsets, int[] features, float[] values) {
    public SparseFeatures {
        if (offsets.length != rows + 1 || features.length != values.length || offsets[rows] != values.length) {
            throw new IllegalArgumentException("offsets end at " + offsets[offsets.length - 1] + ", there are "
                    + values.length + " values and " + features.length + " features in " + rows + " rows");
        }
    }

    /**
     * Whether a feature with this activation is active: it is not 0, and defined. Activations are negative only for
     * autoencoders without a ReLU, where they say as much as positive ones.
     */
    public static boolean isActive(float activation) {
        return activation > 0 || activation < 0;
    }

    /** Number of features of a row that are not 0. */
    public int l0(int row) {
        return offsets[row + 1] - offsets[row];
    }

    /** The activation of one feature in one row; 0 if it is off. */
    public float get(int row, int feature) {
        int at = Arrays.binarySearch(features, offsets[row], offsets[row + 1], feature);
        return at < 0 ? 0 : values[at];
    }

    /**
     * A copy with some rows emptied.
     *
     * @param kept whether a row keeps its entries
     */
    public SparseFeatures where(IntPredicate kept) {
        int[] ends = new int[rows + 1];
        int[] keptFeatures = new int[features.length];
        float[] keptValues = new float[values.length];
        for (int r = 0; r < rows; r++) {
            int length = kept.test(r) ? l0(r) : 0;
            System.arraycopy(features, offsets[r], keptFeatures, ends[r], length);
            System.arraycopy(values, offsets[r], keptValues, ends[r], length);
            ends[r + 1] = ends[r] + length;
        }
        return new SparseFeatures(
                rows, dSae, ends, Arrays.copyOf(keptFeatures, ends[rows]), Arrays.copyOf(keptValues, ends[rows]));
    }

    /** A dense copy, zeros included, (rows, dSae). */
    public HostTensor dense() {
        float[] data = new float[Math.multiplyExact(rows, dSae)];
        for (int r = 0; r < rows; r++) {
            for (int i = offsets[r]; i < offsets[r + 1]; i++) {
                data[r * dSae + features[i]] = values[i];
            }
        }
        return new HostTensor(data, rows, dSae);
    }
}
