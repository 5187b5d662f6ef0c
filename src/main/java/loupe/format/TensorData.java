package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import loupe.tensor.DType;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;

/** A tensor to be written: its shape, and its elements on demand. */
final class TensorData {
    private static final int CHUNK_BYTES = 1 << 20;

    private final DType dtype;
    private final List<Long> shape;
    private final FloatSource floats;
    private final long[] integers;

    private TensorData(DType dtype, List<Long> shape, FloatSource floats, long[] integers) {
        this.dtype = dtype;
        this.shape = List.copyOf(shape);
        this.floats = floats;
        this.integers = integers;
    }

    static TensorData of(HostTensor tensor) {
        return floats(
                Arrays.stream(tensor.shape()).mapToObj(Long::valueOf).toList(),
                (first, out) -> out.asFloatBuffer().put(tensor.data(), (int) first, out.remaining() / Float.BYTES));
    }

    static TensorData of(StoredTensor tensor) {
        return floats(tensor.shape(), (first, out) -> {
            ByteBuffer whole = out.slice().order(ByteOrder.nativeOrder());
            tensor.readFloats(first, whole);
        });
    }

    static TensorData floats(List<Long> shape, FloatSource source) {
        return floats(DType.F32, shape, source);
    }

    /** @throws IllegalArgumentException unless {@code dtype} is F32, F16 or BF16 */
    static TensorData floats(DType dtype, List<Long> shape, FloatSource source) {
        if (dtype != DType.F32 && dtype != DType.F16 && dtype != DType.BF16) {
            throw new IllegalArgumentException("dtype is " + dtype + ", F32, F16 and BF16 can be written");
        }
        return new TensorData(dtype, shape, source, new long[0]);
    }

    static TensorData integers(long[] values, long... shape) {
        TensorData data = new TensorData(DType.I64, Arrays.stream(shape).boxed().toList(), (first, out) -> {}, values);
        if (data.elements() != values.length) {
            throw new IllegalArgumentException(
                    "values has " + values.length + " elements, shape " + data.shape + " has " + data.elements());
        }
        return data;
    }

    DType dtype() {
        return dtype;
    }

    List<Long> shape() {
        return shape;
    }

    long elements() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    long bytes() {
        return Math.multiplyExact(elements(), dtype.bytes());
    }

    /** Hands the elements, little-endian, to {@code sink} chunk by chunk. */
    void write(java.util.function.Consumer<ByteBuffer> sink) {
        ByteBuffer chunk = ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, Math.max(1, bytes())));
        int perChunk = CHUNK_BYTES / dtype.bytes();
        for (long done = 0; done < elements(); done += perChunk) {
            int count = (int) Math.min(perChunk, elements() - done);
            chunk.clear().limit(count * dtype.bytes());
            if (dtype == DType.I64) {
                chunk.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(integers, (int) done, count);
            } else if (dtype != DType.F32) {
                ByteBuffer whole = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.nativeOrder());
                floats.read(done, whole.slice().order(ByteOrder.nativeOrder()));
                Elements.toHalves(
                        dtype,
                        whole.asFloatBuffer(),
                        chunk.slice().order(ByteOrder.LITTLE_ENDIAN).asShortBuffer());
            } else {
                floats.read(done, chunk.slice().order(ByteOrder.nativeOrder()));
                toLittleEndian(chunk);
            }
            sink.accept(chunk);
        }
    }

    private static void toLittleEndian(ByteBuffer floats) {
        if (ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN) {
            for (int i = 0; i < floats.limit(); i += Float.BYTES) {
                floats.putInt(i, Integer.reverseBytes(floats.getInt(i)));
            }
        }
    }
}
