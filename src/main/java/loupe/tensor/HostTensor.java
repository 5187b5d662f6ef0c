package loupe.tensor;

import java.util.Arrays;

/**
 * A dense float32 array in row-major order on the heap: what an answer carries from the device to a pane. The data are
 * not copied and not to be written once the tensor is shared.
 */
public final class HostTensor {
    private final float[] data;
    private final int[] shape;

    /** @throws IllegalArgumentException if {@code data} does not have as many elements as the shape */
    public HostTensor(float[] data, int... shape) {
        long elements = 1;
        for (int axis : shape) {
            elements *= axis;
        }
        if (elements != data.length) {
            throw new IllegalArgumentException(
                    "data has " + data.length + " elements, shape " + Arrays.toString(shape) + " has " + elements);
        }
        this.data = data;
        this.shape = shape.clone();
    }

    /** The elements themselves, row-major. Not to be written. */
    public float[] data() {
        return data;
    }

    public int[] shape() {
        return shape.clone();
    }

    public int rank() {
        return shape.length;
    }

    /** Length of one axis; negative counts from the last. */
    public int size(int axis) {
        return shape[axis < 0 ? shape.length + axis : axis];
    }

    /** Number of vectors along the last axis. */
    public int rows() {
        return shape.length == 0 || size(-1) == 0 ? 1 : data.length / size(-1);
    }

    /** A copy of row {@code i}, where a row runs along the last axis and leading axes are flattened. */
    public float[] row(int i) {
        int width = size(-1);
        return Arrays.copyOfRange(data, i * width, (i + 1) * width);
    }

    public float get(int row, int column) {
        return data[row * size(-1) + column];
    }

    /** The same elements under another shape. */
    public HostTensor reshape(int... newShape) {
        return new HostTensor(data, newShape);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HostTensor that && Arrays.equals(shape, that.shape) && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return "HostTensor" + Arrays.toString(shape);
    }
}
