package loupe.sae;

import ai.djl.ndarray.NDArray;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** Collects the rows of a {@link SparseFeatures} one after another. */
final class SparseRows {
    private static final long PIECE_BYTES = 32L << 20;

    private final int dSae;
    private final int[] offsets;
    private int rows;
    private int[] features = new int[1 << 10];
    private float[] values = new float[1 << 10];

    SparseRows(int rows, int dSae) {
        this.dSae = dSae;
        this.offsets = new int[rows + 1];
    }

    /** How many vectors to encode at a time, so that their dense activations stay in reach of the cache. */
    static long rowsPerPiece(int dSae) {
        return Math.max(1, PIECE_BYTES / (4L * dSae));
    }

    /** Adds the rows of a dense (P, dSae). */
    void addDense(NDArray dense) {
        FloatBuffer floats =
                dense.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
        float[] row = new float[dSae];
        while (floats.remaining() >= dSae) {
            floats.get(row);
            int end = offsets[rows];
            reserve(end + dSae);
            for (int i = 0; i < dSae; i++) {
                if (row[i] != 0) {
                    features[end] = i;
                    values[end++] = row[i];
                }
            }
            offsets[++rows] = end;
        }
    }

    /** Adds one row of {@code count} entries in any order; zeros and, if asked, negative values are left out. */
    void addUnsorted(float[] rowValues, long[] rowFeatures, int start, int count, boolean positiveOnly) {
        long[] packed = new long[count];
        int kept = 0;
        for (int i = start; i < start + count; i++) {
            if (positiveOnly ? rowValues[i] > 0 : rowValues[i] != 0) {
                packed[kept++] = rowFeatures[i] << 32 | (Float.floatToRawIntBits(rowValues[i]) & 0xFFFFFFFFL);
            }
        }
        Arrays.sort(packed, 0, kept);
        int end = offsets[rows];
        reserve(end + kept);
        for (int i = 0; i < kept; i++) {
            features[end + i] = (int) (packed[i] >>> 32);
            values[end + i] = Float.intBitsToFloat((int) packed[i]);
        }
        offsets[++rows] = end + kept;
    }

    SparseFeatures build() {
        int end = offsets[rows];
        return new SparseFeatures(rows, dSae, offsets, Arrays.copyOf(features, end), Arrays.copyOf(values, end));
    }

    private void reserve(int size) {
        if (size > features.length) {
            int grown = Math.max(size, features.length + (features.length >> 1));
            features = Arrays.copyOf(features, grown);
            values = Arrays.copyOf(values, grown);
        }
    }
}
