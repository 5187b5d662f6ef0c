package loupe.sae;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import loupe.base.Cancellation;
import loupe.tensor.DirectMemory;
import loupe.tensor.StoredTensor;

/**
 * A float32 matrix (rows, columns) outside the heap, row-major, as the engine can take it over without a copy. Kept in
 * blocks of whole rows, because one buffer holds less than 2 GiB. A vector is a matrix of one row. Not thread-safe.
 */
final class DirectTensor {
    private static final long BLOCK_BYTES = 1L << 30;
    private static final int PIECE_BYTES = 16 << 20;

    private final long rows;
    private final int columns;
    private final int rowsPerBlock;
    private final List<ByteBuffer> blocks = new ArrayList<>();

    /** Zeros. */
    DirectTensor(long rows, int columns) {
        this.rows = rows;
        this.columns = columns;
        this.rowsPerBlock = (int) Math.max(1, Math.min(Math.max(rows, 1), BLOCK_BYTES / Math.max(4L, 4L * columns)));
        for (long first = 0; first < rows; first += rowsPerBlock) {
            long count = Math.min(rowsPerBlock, rows - first);
            blocks.add(ByteBuffer.allocateDirect(Math.toIntExact(4L * count * columns)).order(ByteOrder.nativeOrder()));
        }
    }

    static DirectTensor of(float[] data, long rows, int columns) {
        if (rows * columns != data.length) {
            throw new IllegalArgumentException("data has " + data.length + " elements, shape [" + rows + ", " + columns + "] has " + rows * columns);
        }
        DirectTensor tensor = new DirectTensor(rows, columns);
        int done = 0;
        for (ByteBuffer block : tensor.blocks) {
            FloatBuffer floats = block.asFloatBuffer();
            int count = floats.remaining();
            floats.put(data, done, count);
            done += count;
        }
        return tensor;
    }

    /** Reads a stored tensor of one axis (one row) or two. */
    static DirectTensor read(StoredTensor stored, Cancellation cancellation) {
        List<Long> shape = stored.shape();
        long rows = shape.size() < 2 ? 1 : shape.get(0);
        int columns = Math.toIntExact(shape.isEmpty() ? 1 : shape.get(shape.size() - 1));
        DirectTensor tensor = new DirectTensor(rows, columns);
        long element = 0;
        for (ByteBuffer block : tensor.blocks) {
            for (int position = 0; position < block.capacity(); position += PIECE_BYTES) {
                cancellation.check();
                int end = Math.min(block.capacity(), position + PIECE_BYTES);
                ByteBuffer piece = block.duplicate().order(ByteOrder.nativeOrder()).position(position).limit(end);
                stored.readFloats(element, piece);
                element += (end - position) / 4;
            }
        }
        return tensor;
    }

    long rows() {
        return rows;
    }

    int columns() {
        return columns;
    }

    long bytes() {
        return 4L * rows * columns;
    }

    int rowsPerBlock() {
        return rowsPerBlock;
    }

    /** The blocks themselves, each whole rows; their position is 0. Whoever hands them to the engine keeps them reachable. */
    List<ByteBuffer> blocks() {
        return blocks;
    }

    /** Gives the memory back; see {@link DirectMemory#free} for what that forbids. */
    void free() {
        blocks.forEach(DirectMemory::free);
    }

    /** Row {@code r}, writable. */
    FloatBuffer row(long r) {
        int inBlock = (int) (r % rowsPerBlock);
        return blocks.get((int) (r / rowsPerBlock)).asFloatBuffer().slice(inBlock * columns, columns);
    }

    /** Fills {@code destination} with the elements from {@code firstElement} on, in native byte order. */
    void copy(long firstElement, ByteBuffer destination) {
        long perBlock = (long) rowsPerBlock * columns;
        for (long element = firstElement; destination.hasRemaining(); ) {
            ByteBuffer block = blocks.get((int) (element / perBlock)).duplicate().order(ByteOrder.nativeOrder());
            block.position((int) (4 * (element % perBlock)));
            block.limit(Math.min(block.limit(), block.position() + destination.remaining()));
            element += block.remaining() / 4;
            destination.put(block);
        }
    }

    /** Multiplies row r by {@code factors[r]}. */
    void scaleRows(double[] factors) {
        for (int r = 0; r < rows; r++) {
            FloatBuffer row = row(r);
            for (int c = 0; c < columns; c++) {
                row.put(c, (float) (row.get(c) * factors[r]));
            }
        }
    }

    /** Multiplies column c by {@code factors[c]}. */
    void scaleColumns(double[] factors) {
        for (long r = 0; r < rows; r++) {
            FloatBuffer row = row(r);
            for (int c = 0; c < columns; c++) {
                row.put(c, (float) (row.get(c) * factors[c]));
            }
        }
    }

    /** Sums of squares of the rows, or of the columns. */
    double[] squares(boolean ofRows) {
        double[] sums = new double[ofRows ? Math.toIntExact(rows) : columns];
        for (int r = 0; r < rows; r++) {
            FloatBuffer row = row(r);
            for (int c = 0; c < columns; c++) {
                double value = row.get(c);
                sums[ofRows ? r : c] += value * value;
            }
        }
        return sums;
    }

    /** Products of {@code v} with the rows, or with the columns. */
    double[] times(double[] v, boolean withRows) {
        double[] products = new double[withRows ? Math.toIntExact(rows) : columns];
        for (int r = 0; r < rows; r++) {
            FloatBuffer row = row(r);
            for (int c = 0; c < columns; c++) {
                products[withRows ? r : c] += row.get(c) * v[withRows ? c : r];
            }
        }
        return products;
    }

    /** How many elements are NaN or infinite. */
    long nonFinite() {
        long count = 0;
        for (ByteBuffer block : blocks) {
            FloatBuffer floats = block.asFloatBuffer();
            for (int i = 0; i < floats.limit(); i++) {
                if ((Float.floatToRawIntBits(floats.get(i)) & 0x7F800000) == 0x7F800000) {
                    count++;
                }
            }
        }
        return count;
    }

    /** A copy on the heap, row-major. @throws ArithmeticException beyond 2^31 - 1 elements */
    float[] toArray() {
        float[] data = new float[Math.toIntExact(rows * columns)];
        int done = 0;
        for (ByteBuffer block : blocks) {
            FloatBuffer floats = block.asFloatBuffer();
            int count = floats.remaining();
            floats.get(data, done, count);
            done += count;
        }
        return data;
    }
}
