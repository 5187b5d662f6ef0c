package loupe.tensor;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A tensor that lies in an open file. Elements are read on demand, and no more than requested, so that files larger
 * than memory can be inspected. Readable as long as its archive is open. Thread-safe.
 */
public interface StoredTensor {
    String name();

    DType dtype();

    /** Lengths of the axes; empty for a scalar. */
    List<Long> shape();

    /** Number of elements; may exceed 2^31. */
    default long elements() {
        return shape().stream().reduce(1L, Math::multiplyExact);
    }

    /** Size of the elements in their stored type. */
    default long bytes() {
        return Math.multiplyExact(elements(), dtype().bytes());
    }

    /**
     * Reads elements, converted to float32, in row-major order whatever the strides in the file.
     *
     * @param firstElement row-major index of the first element to read
     * @param destination filled from its position to its limit, in native byte order; direct or on the heap
     * @throws loupe.base.CheckpointException if the file cannot be read any more or has become shorter
     * @throws IllegalArgumentException if the range leaves the tensor or the buffer does not hold whole float32 values
     */
    void readFloats(long firstElement, ByteBuffer destination);

    /**
     * Reads {@code count} elements as 64-bit integers.
     *
     * @throws IllegalArgumentException for floating types
     */
    long[] readIntegers(long firstElement, int count);

    /**
     * Verifies the checksum of the bytes now, if the file has one, instead of at the first read.
     *
     * @throws loupe.base.CheckpointException if they are not
     */
    default void verify() {}

    /**
     * The transpose of this matrix if the file stores that one in row-major order, which then reads faster; else empty.
     */
    default Optional<StoredTensor> turned() {
        return Optional.empty();
    }

    /**
     * The whole tensor as float32 on the heap.
     *
     * @throws IllegalArgumentException beyond 2^31 - 1 elements
     */
    default HostTensor toHost() {
        if (elements() > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(name() + " has " + elements() + " elements, too many for one array");
        }
        float[] data = new float[(int) elements()];
        ByteBuffer chunk = ByteBuffer.allocate(Math.max(4, (int) Math.min(1 << 20, 4L * data.length)))
                .order(java.nio.ByteOrder.nativeOrder());
        for (int done = 0; done < data.length; ) {
            int count = Math.min(chunk.capacity() / 4, data.length - done);
            chunk.clear().limit(4 * count);
            readFloats(done, chunk);
            chunk.flip();
            chunk.asFloatBuffer().get(data, done, count);
            done += count;
        }
        return new HostTensor(data, shape().stream().mapToInt(Math::toIntExact).toArray());
    }
}
