package loupe.tensor;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One index of an axis of a stored tensor, which is left out of the shape. Thread-safe, as long as the tensor's archive
 * is open.
 */
public final class StoredSlice implements StoredTensor {
    private final StoredTensor whole;
    private final List<Long> shape;
    private final int axis;
    private final long index;
    private final long inner;

    private StoredSlice(StoredTensor whole, int axis, long index) {
        this.whole = whole;
        this.axis = axis;
        this.index = index;
        shape = new ArrayList<>(whole.shape());
        shape.remove(axis);
        inner = shape.subList(axis, shape.size()).stream().reduce(1L, Math::multiplyExact);
    }

    /**
     * One index of an axis of a tensor, without that axis.
     *
     * @throws IllegalArgumentException if there is no such axis or index
     */
    public static StoredSlice of(StoredTensor whole, int axis, long index) {
        if (axis < 0
                || axis >= whole.shape().size()
                || index < 0
                || index >= whole.shape().get(axis)) {
            throw new IllegalArgumentException(
                    "index is " + index + " of axis " + axis + ", " + whole.name() + " is " + whole.shape());
        }
        return new StoredSlice(whole, axis, index);
    }

    @Override
    public String name() {
        return whole.name() + "[" + ":, ".repeat(axis) + index + "]";
    }

    @Override
    public DType dtype() {
        return whole.dtype();
    }

    @Override
    public List<Long> shape() {
        return List.copyOf(shape);
    }

    @Override
    public void readFloats(long firstElement, ByteBuffer destination) {
        int end = destination.limit();
        long element = firstElement;
        while (destination.position() < end) {
            long run = Math.min(inner - element % inner, (end - destination.position()) / Float.BYTES);
            destination.limit(destination.position() + (int) run * Float.BYTES);
            whole.readFloats(inWhole(element), destination);
            element += run;
        }
        destination.limit(end);
    }

    @Override
    public void verify() {
        whole.verify();
    }

    @Override
    public long[] readIntegers(long firstElement, int count) {
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = whole.readIntegers(inWhole(firstElement + i), 1)[0];
        }
        return values;
    }

    private long inWhole(long element) {
        return (element / inner * whole.shape().get(axis) + index) * inner + element % inner;
    }
}
