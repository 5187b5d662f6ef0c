package loupe.lm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import loupe.tensor.DirectMemory;

/** One parameter in memory outside the heap, float32, row-major, as {@link LanguageModel} wants it. */
record HostWeight(ByteBuffer bytes, long... shape) {
    static HostWeight zeros(long... shape) {
        long elements = 1;
        for (long axis : shape) {
            elements = Math.multiplyExact(elements, axis);
        }
        return new HostWeight(ByteBuffer.allocateDirect(Math.toIntExact(4 * elements)).order(ByteOrder.nativeOrder()), shape);
    }

    /** Gives the memory back; see {@link DirectMemory#free} for what that forbids. */
    void free() {
        DirectMemory.free(bytes);
    }

    FloatBuffer floats() {
        return bytes.asFloatBuffer();
    }

    /** Length of the last axis. */
    int width() {
        return (int) shape[shape.length - 1];
    }

    /** Number of vectors along the last axis. */
    int rows() {
        return bytes.capacity() / 4 / width();
    }

    void getRow(int row, float[] values) {
        floats().get(row * width(), values);
    }

    void putRow(int row, float[] values) {
        floats().put(row * width(), values);
    }

    /** All elements of a vector, as doubles. */
    double[] toDoubles() {
        FloatBuffer floats = floats();
        double[] values = new double[floats.capacity()];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats.get(i);
        }
        return values;
    }

    void putDoubles(double[] values) {
        FloatBuffer floats = floats();
        for (int i = 0; i < values.length; i++) {
            floats.put(i, (float) values[i]);
        }
    }

    HostWeight copy() {
        HostWeight copy = zeros(shape);
        copy.bytes.duplicate().put(bytes.duplicate().clear());
        return copy;
    }
}
