package loupe.sae;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import loupe.base.Cancellation;
import loupe.tensor.DirectMemory;
import loupe.tensor.NonFinite;
import loupe.tensor.StoredTensor;

/**
 * A float32 matrix (rows, columns) outside the heap, row-major, as the engine can take it over without a copy. Kept in
 * blocks of whole rows, because one buffer holds less than 2 GiB. A vector is a matrix of one row. Not thread-safe.
 */
public final class DirectTensor {
    /** The largest size of one block. */
    public static final long BLOCK_BYTES = 1L << 30;

    private static final int PIECE_BYTES = 4 << 20;

    private final long rows;
    private final int columns;
    private final int rowsPerBlock;
    private final List<ByteBuffer> blocks = new ArrayList<>();
    private final LongAdder nonFinite = new LongAdder();

    /** Zeros. */
    DirectTensor(long rows, int columns) {
        this.rows = rows;
        this.columns = columns;
        this.rowsPerBlock = (int) Math.max(1, Math.min(Math.max(rows, 1), BLOCK_BYTES / Math.max(4L, 4L * columns)));
        for (long first = 0; first < rows; first += rowsPerBlock) {
            long count = Math.min(rowsPerBlock, rows - first);
            blocks.add(DirectMemory.allocate(Math.toIntExact(4L * count * columns)));
        }
    }

    public static DirectTensor of(float[] data, long rows, int columns) {
        if (rows * columns != data.length) {
            throw new IllegalArgumentException("data has " + data.length + " elements, shape [" + rows + ", " + columns
                    + "] has " + rows * columns);
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

    /** Zeros in the shape of a stored tensor of one axis (one row) or two. */
    static DirectTensor like(StoredTensor stored) {
        List<Long> shape = stored.shape();
        long rows = shape.size() < 2 ? 1 : shape.get(0);
        return new DirectTensor(rows, Math.toIntExact(shape.isEmpty() ? 1 : shape.get(shape.size() - 1)));
    }

    /**
     * Tasks that read a stored tensor of this shape into this one; they may run in any order and on several threads at
     * once.
     */
    List<Runnable> readingOf(StoredTensor stored, Cancellation cancellation) {
        List<Runnable> pieces = new ArrayList<>();
        long first = 0;
        for (ByteBuffer block : blocks) {
            for (int position = 0; position < block.capacity(); position += PIECE_BYTES) {
                int end = Math.min(block.capacity(), position + PIECE_BYTES);
                ByteBuffer piece = block.duplicate()
                        .order(ByteOrder.nativeOrder())
                        .position(position)
                        .limit(end);
                long element = first;
                pieces.add(() -> {
                    cancellation.check();
                    stored.readFloats(element, piece.duplicate());
                    nonFinite.add(NonFinite.count(piece));
                });
                first += (end - position) / 4;
            }
        }
        return pieces;
    }

    public long rows() {
        return rows;
    }

    public int columns() {
        return columns;
    }

    long bytes() {
        return 4L * rows * columns;
    }

    int rowsPerBlock() {
        return rowsPerBlock;
    }

    /**
     * The blocks themselves, each whole rows; their position is 0. Whoever hands them to the engine keeps them
     * reachable.
     */
    List<ByteBuffer> blocks() {
        return blocks;
    }

    /** Frees the memory; see {@link DirectMemory#free} for what that forbids. */
    void free() {
        blocks.forEach(DirectMemory::free);
    }

    /** Row {@code r}, writable. */
    FloatBuffer row(long r) {
        int inBlock = (int) (r % rowsPerBlock);
        return blocks.get((int) (r / rowsPerBlock)).asFloatBuffer().slice(inBlock * columns, columns);
    }

    /** Fills {@code destination} with the elements from {@code firstElement} on, in native byte order. */
    public void copy(long firstElement, ByteBuffer destination) {
        long perBlock = (long) rowsPerBlock * columns;
        for (long element = firstElement; destination.hasRemaining(); ) {
            ByteBuffer block =
                    blocks.get((int) (element / perBlock)).duplicate().order(ByteOrder.nativeOrder());
            block.position((int) (4 * (element % perBlock)));
            block.limit(Math.min(block.limit(), block.position() + destination.remaining()));
            element += block.remaining() / 4;
            destination.put(block);
        }
    }

    /** Multiplies row r by {@code factors[r]}. */
    void scaleRows(double[] factors) {
        float[] values = new float[columns];
        for (int r = 0; r < rows; r++) {
            FloatBuffer row = row(r).get(0, values);
            double factor = factors[r];
            for (int c = 0; c < columns; c++) {
                values[c] = (float) (values[c] * factor);
            }
            row.put(0, values);
        }
    }

    /** Multiplies column c by {@code factors[c]}. */
    void scaleColumns(double[] factors) {
        float[] values = new float[columns];
        for (long r = 0; r < rows; r++) {
            FloatBuffer row = row(r).get(0, values);
            for (int c = 0; c < columns; c++) {
                values[c] = (float) (values[c] * factors[c]);
            }
            row.put(0, values);
        }
    }

    /** Sums of squares of the rows, or of the columns. */
    double[] squares(boolean ofRows) {
        double[] sums = new double[ofRows ? Math.toIntExact(rows) : columns];
        float[] values = new float[columns];
        for (int r = 0; r < rows; r++) {
            row(r).get(0, values);
            if (ofRows) {
                double sum = 0;
                for (float value : values) {
                    sum += (double) value * value;
                }
                sums[r] = sum;
            } else {
                for (int c = 0; c < columns; c++) {
                    sums[c] += (double) values[c] * values[c];
                }
            }
        }
        return sums;
    }

    /** Products of {@code v} with the rows, or with the columns. */
    double[] times(double[] v, boolean withRows) {
        double[] products = new double[withRows ? Math.toIntExact(rows) : columns];
        float[] values = new float[columns];
        for (int r = 0; r < rows; r++) {
            row(r).get(0, values);
            if (withRows) {
                double sum = 0;
                for (int c = 0; c < columns; c++) {
                    sum += values[c] * v[c];
                }
                products[r] = sum;
            } else {
                double factor = v[r];
                for (int c = 0; c < columns; c++) {
                    products[c] += values[c] * factor;
                }
            }
        }
        return products;
    }

    /** How many of the elements that {@link #readingOf} has read are NaN or infinite. */
    long nonFinite() {
        return nonFinite.sum();
    }

    /**
     * A copy on the heap, row-major.
     *
     * @throws ArithmeticException beyond 2^31 - 1 elements
     */
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
