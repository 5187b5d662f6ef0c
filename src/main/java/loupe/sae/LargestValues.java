package loupe.sae;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;

/**
 * Keeps the k largest values of each row. The engine does not define the order of ties, so it is asked for k + 1
 * values: only where the last two are equal, and not 0, the row is scanned on the host and the lower index preferred.
 *
 * @param relu whether negative values among the k become 0
 */
record LargestValues(long k, boolean relu) {

    /** p (P, F) with everything else set to 0. Overwrites p, whose rows with NaN become NaN. */
    NDArray keep(NDArray p) {
        NDArray sorted = largest(p).get(0);
        float[] values = floats(sorted);
        NDArray smallestKept = sorted.get(":, {}:{}", k - 1, k);
        p.muli(p.gte(relu ? smallestKept.maximum(0f) : smallestKept));
        // 0 times a negative value is -0
        p.addi(0f);
        int width = (int) sorted.getShape().get(1);
        for (int row = 0; row * width < values.length; row++) {
            if (tied(values, row * width, width)) {
                float[] whole = floats(p.get(row));
                resolve(whole, values[row * width + (int) k - 1]);
                p.set(new NDIndex("{}", row), p.getManager().create(whole));
            }
        }
        return p;
    }

    /** Adds the rows of p (P, F) without their zeros. */
    void addTo(SparseRows rows, NDArray p) {
        NDList largest = largest(p);
        float[] values = floats(largest.get(0));
        long[] features = largest.get(1).toLongArray();
        int width = (int) largest.get(0).getShape().get(1);
        for (int row = 0; row < p.getShape().get(0); row++) {
            int start = row * width;
            // a row with NaN has NaN among its largest; the reference has no answer for it
            if (tied(values, start, width) || Float.isNaN(values[start])) {
                try (NDArray one = p.get(row + ":" + (row + 1));
                        NDArray kept = keep(one)) {
                    rows.addDense(kept);
                }
            } else {
                rows.addUnsorted(values, features, start, (int) k, relu);
            }
        }
    }

    private NDList largest(NDArray p) {
        return p.topK((int) Math.min(k + 1, p.getShape().get(1)), 1, true, true);
    }

    private boolean tied(float[] values, int start, int width) {
        float last = values[start + (int) k - 1];
        return width > k && last == values[start + (int) k] && (relu ? last > 0 : last != 0);
    }

    /** Keeps only the first of the values that equal the smallest one kept. */
    private void resolve(float[] row, float smallestKept) {
        long free = k;
        for (float value : row) {
            if (value > smallestKept) {
                free--;
            }
        }
        for (int i = 0; i < row.length; i++) {
            if (row[i] == smallestKept && free-- <= 0) {
                row[i] = 0;
            }
        }
    }

    private static float[] floats(NDArray array) {
        float[] values = new float[Math.toIntExact(array.size())];
        array.toByteBuffer(true)
                .order(java.nio.ByteOrder.nativeOrder())
                .asFloatBuffer()
                .get(values);
        return values;
    }
}
