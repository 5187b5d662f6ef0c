package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import loupe.tensor.DType;
import loupe.tensor.DirectMemory;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;

/** A tensor whose elements can be read at their positions, dense or strided. Thread-safe. */
final class FileTensor implements StoredTensor {
    private static final int DENSE_CHUNK_BYTES = 1 << 17;
    /** Larger than the dense chunk, because the runs that can be read at once grow with it. */
    private static final int STRIDED_CHUNK_BYTES = 1 << 24;

    private final ElementBytes bytes;
    private final String name;
    private final Layout layout;
    private final Runnable check;
    private final long elements;

    /**
     * Where the elements are.
     *
     * @param start byte position of element [0, 0, ..]
     * @param strides in elements, one per axis; ignored where the axis has one element
     */
    record Layout(DType dtype, List<Long> shape, long[] strides, long start, ByteOrder order) {
        static Layout dense(DType dtype, List<Long> shape, long start) {
            return new Layout(dtype, shape, rowMajor(shape), start, ByteOrder.LITTLE_ENDIAN);
        }

        static long[] rowMajor(List<Long> shape) {
            long[] strides = new long[shape.size()];
            long stride = 1;
            for (int axis = strides.length - 1; axis >= 0; axis--) {
                strides[axis] = stride;
                stride *= Math.max(1, shape.get(axis));
            }
            return strides;
        }

        boolean isDense() {
            long[] dense = rowMajor(shape);
            for (int axis = 0; axis < dense.length; axis++) {
                if (shape.get(axis) > 1 && strides[axis] != dense[axis]) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * @param check run before anything is read, for what opening leaves unchecked; throws if the content is not to be
     *     trusted
     */
    FileTensor(ElementBytes bytes, String name, Layout layout, Runnable check) {
        this.bytes = bytes;
        this.name = name;
        this.layout = layout;
        this.check = check;
        this.elements = StoredTensor.super.elements();
    }

    Layout layout() {
        return layout;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public DType dtype() {
        return layout.dtype();
    }

    @Override
    public List<Long> shape() {
        return layout.shape();
    }

    @Override
    public long elements() {
        return elements;
    }

    @Override
    public void readFloats(long firstElement, ByteBuffer destination) {
        if (destination.remaining() % Float.BYTES != 0) {
            throw new IllegalArgumentException(
                    "destination has " + destination.remaining() + " bytes, not a multiple of 4");
        }
        int count = destination.remaining() / Float.BYTES;
        checkRange(firstElement, count);
        check.run();
        if (dtype() == DType.F32 && layout.order() == ByteOrder.nativeOrder() && layout.isDense()) {
            bytes.read(layout.start() + firstElement * Float.BYTES, destination);
            return;
        }
        scan(firstElement, count, raw -> Elements.toFloats(dtype(), raw, destination));
    }

    @Override
    public void verify() {
        check.run();
    }

    @Override
    public Optional<StoredTensor> turned() {
        List<Long> shape = layout.shape();
        if (shape.size() != 2 || layout.isDense() || layout.strides()[0] != 1 || layout.strides()[1] != shape.get(0)) {
            return Optional.empty();
        }
        List<Long> turned = List.of(shape.get(1), shape.get(0));
        return Optional.of(new FileTensor(
                bytes,
                name,
                new Layout(dtype(), turned, Layout.rowMajor(turned), layout.start(), layout.order()),
                check));
    }

    @Override
    public long[] readIntegers(long firstElement, int count) {
        if (dtype().isFloating()) {
            throw new IllegalArgumentException(name + " is " + dtype() + ", not an integer type");
        }
        checkRange(firstElement, count);
        check.run();
        LongBuffer integers = LongBuffer.allocate(count);
        scan(firstElement, count, raw -> Elements.toLongs(dtype(), raw, integers));
        return integers.array();
    }

    @Override
    public HostTensor toHost() {
        if (elements > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(name + " has " + elements + " elements, too many for one array");
        }
        check.run();
        FloatBuffer floats = FloatBuffer.allocate((int) elements);
        scan(0, (int) elements, raw -> Elements.toFloats(dtype(), raw, floats));
        return new HostTensor(
                floats.array(), shape().stream().mapToInt(Math::toIntExact).toArray());
    }

    private void checkRange(long first, int count) {
        if (first < 0 || count < 0 || first > elements - count) {
            throw new IllegalArgumentException(
                    "elements " + first + " to " + (first + count) + " asked of " + name + ", which has " + elements);
        }
    }

    /** Hands raw elements in row-major order to {@code sink}, chunk by chunk. */
    private void scan(long first, int count, Consumer<ByteBuffer> sink) {
        if (count == 0) {
            return;
        }
        boolean dense = layout.isDense();
        int size = dtype().bytes();
        int perChunk = Math.min(count, (dense ? DENSE_CHUNK_BYTES : STRIDED_CHUNK_BYTES) / size);
        if (dense) {
            scanDense(first, count, perChunk, sink);
            return;
        }
        ByteBuffer raw = ByteBuffer.allocate(perChunk * size).order(layout.order());
        StridedReader strided = new StridedReader(bytes, layout);
        for (int done = 0; done < count; ) {
            int n = Math.min(perChunk, count - done);
            strided.read(first + done, n, raw.array());
            sink.accept(raw.clear().limit(n * size));
            done += n;
        }
    }

    /** Reads through memory outside the heap, into which the system copies without an intermediate buffer. */
    private void scanDense(long first, int count, int perChunk, Consumer<ByteBuffer> sink) {
        int size = dtype().bytes();
        ByteBuffer raw = DirectMemory.allocate(perChunk * size).order(layout.order());
        try {
            for (int done = 0; done < count; ) {
                int n = Math.min(perChunk, count - done);
                bytes.read(layout.start() + (first + done) * size, raw.clear().limit(n * size));
                sink.accept(raw.flip());
                done += n;
            }
        } finally {
            DirectMemory.free(raw);
        }
    }
}
