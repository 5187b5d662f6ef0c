package loupe.training;

import ai.djl.ndarray.NDArray;
import loupe.lm.Scalars;

/** Copies between float vectors on the device and on the host. */
public final class FlatCopies {
    private FlatCopies() {}

    public static float[] read(NDArray vector) {
        float[] values = new float[Math.toIntExact(vector.size())];
        vector.toByteBuffer(true).asFloatBuffer().get(values);
        return values;
    }

    static void write(NDArray vector, float[] values) {
        if (values.length != vector.size()) {
            throw new IllegalArgumentException(
                    "values has " + values.length + " elements, the vector " + vector.size());
        }
        try (NDArray source = vector.getManager().create(values)) {
            Scalars.muli(vector, 0).addi(source);
        }
    }
}
