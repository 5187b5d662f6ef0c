package loupe.lm.folder;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.ObjLongConsumer;
import loupe.lm.HostWeight;
import loupe.lm.LanguageModel;
import loupe.tensor.DirectMemory;
import loupe.tensor.NonFinite;
import loupe.tensor.StoredTensor;

/**
 * A parameter as the files have it: tensors as they lie there, one after another, usually one; or tensors of which rows
 * are columns of the parameter; or none, for a parameter that is all zeros.
 *
 * @param shape as {@link LanguageModel} wants it
 * @param plus added to every element
 * @param times what every element is multiplied by after that
 */
record StoredParameter(long[] shape, List<Part> parts, float plus, float times) {
    /** Bytes read before they are looked at; they stay in the processor's second-level cache. */
    private static final int BYTES_AT_ONCE = 1 << 20;

    /** Elements read before they are transposed; they stay in the processor's second-level cache. */
    private static final int ELEMENTS_AT_ONCE = 1 << 17;
    /** At least this many rows are read, however long, so that the parameter is written in whole cache lines. */
    private static final int FEWEST_ROWS = 32;

    private static final int COLUMNS_AT_ONCE = 16;

    /**
     * A tensor, or some of its rows.
     *
     * @param transposed whether it is (rows, in), or (rows), and its rows are columns of the parameter; else it is the
     *     parameter as it lies there
     * @param firstColumn where its first row goes
     */
    record Part(StoredTensor tensor, boolean transposed, long firstRow, long rows, long firstColumn) {
        static Part whole(StoredTensor tensor) {
            return new Part(tensor, false, 0, 0, 0);
        }
    }

    StoredParameter(long[] shape, List<Part> parts, float plus) {
        this(shape, parts, plus, 1);
    }

    /** Size as float32. */
    long bytes() {
        long elements = 1;
        for (long axis : shape) {
            elements = Math.multiplyExact(elements, axis);
        }
        return Math.multiplyExact(4, elements);
    }

    /** Whether it is assembled from transposed tensors, which must fit into one buffer. */
    boolean isTransposed() {
        return !parts.isEmpty() && parts.get(0).transposed;
    }

    /** Reusable buffers for transposing one parameter after another. For one thread; closed by it. */
    static final class Scratch implements AutoCloseable {
        private ByteBuffer bytes = DirectMemory.allocate(0);
        private float[] block = {};
        private float[] columns = {};

        private void enlarge(int elements, int rows) {
            if (block.length < elements) {
                close();
                bytes = DirectMemory.allocate(Math.multiplyExact(4, elements));
                block = new float[elements];
            }
            if (columns.length < COLUMNS_AT_ONCE * rows) {
                columns = new float[COLUMNS_AT_ONCE * rows];
            }
        }

        @Override
        public void close() {
            DirectMemory.free(bytes);
        }
    }

    /**
     * Reads it.
     *
     * @param largestBlock of memory, in bytes
     * @param audit told of every tensor how many of its elements are NaN or infinite, where any are; perhaps in parts
     */
    HostWeight read(long largestBlock, Scratch scratch, ObjLongConsumer<String> audit) {
        HostWeight weight = HostWeight.zerosInBlocks(isTransposed() ? HostWeight.LARGEST_BLOCK : largestBlock, shape);
        try {
            readInto(weight, scratch, audit);
            return weight;
        } catch (RuntimeException | Error e) {
            weight.free();
            throw e;
        }
    }

    private void readInto(HostWeight weight, Scratch scratch, ObjLongConsumer<String> audit) {
        if (isTransposed()) {
            parts.forEach(part -> readTransposed(part, weight.floats(), scratch, audit));
        } else if (parts.size() > 1) {
            ByteBuffer rest = weight.blocks().get(0).duplicate();
            for (Part part : parts) {
                int bytes = Math.toIntExact(4 * part.tensor.elements());
                read(part.tensor, 0, rest.slice(rest.position(), bytes), audit);
                rest.position(rest.position() + bytes);
            }
        } else if (!parts.isEmpty()) {
            long done = 0;
            for (ByteBuffer block : weight.blocks()) {
                read(parts.get(0).tensor, done, block, audit);
                done += block.capacity() / 4;
            }
        }
        if (plus != 0 || times != 1) {
            weight.blocks().forEach(block -> change(block.asFloatBuffer()));
        }
    }

    /** Fills a buffer with elements of a tensor, which are looked at while the processor's cache has them. */
    private static void read(StoredTensor tensor, long first, ByteBuffer target, ObjLongConsumer<String> audit) {
        inPieces(target.capacity(), BYTES_AT_ONCE, (position, length) -> {
            ByteBuffer piece = target.slice(position, length).order(ByteOrder.nativeOrder());
            tensor.readFloats(first + position / Float.BYTES, piece.duplicate().order(piece.order()));
            audit(tensor, piece, audit);
        });
    }

    /** A part of a buffer. */
    @FunctionalInterface
    interface Piece {
        void accept(int position, int length);
    }

    /** Goes through a buffer in pieces, the last of which may be shorter. */
    static void inPieces(int capacity, int atOnce, Piece piece) {
        for (int left = capacity; left > 0; left -= atOnce) { // a position could leave the range of integers
            piece.accept(capacity - left, Math.min(atOnce, left));
        }
    }

    private static void audit(StoredTensor tensor, ByteBuffer read, ObjLongConsumer<String> audit) {
        long nonFinite = NonFinite.count(read);
        if (nonFinite > 0) {
            audit.accept(tensor.name(), nonFinite);
        }
    }

    private void change(FloatBuffer floats) {
        for (int i = 0; i < floats.capacity(); i++) {
            floats.put(i, (floats.get(i) + plus) * times);
        }
    }

    /**
     * Transposes a block of rows, a few columns at a time, so that everything touched at once fits into the processor's
     * first cache.
     */
    private void readTransposed(Part part, FloatBuffer target, Scratch scratch, ObjLongConsumer<String> audit) {
        int in = shape.length == 1 ? 1 : Math.toIntExact(shape[0]);
        int width = Math.toIntExact(shape[shape.length - 1]);
        int most = (int) Math.min(Math.max(FEWEST_ROWS, ELEMENTS_AT_ONCE / in), part.rows);
        scratch.enlarge(Math.multiplyExact(most, in), most);
        ByteBuffer bytes = scratch.bytes;
        float[] block = scratch.block;
        float[] columns = scratch.columns;
        for (int done = 0; done < part.rows; done += most) {
            int rows = (int) Math.min(most, part.rows - done);
            bytes.clear().limit(4 * in * rows);
            part.tensor.readFloats((part.firstRow + done) * in, bytes);
            bytes.flip();
            audit(part.tensor, bytes, audit);
            bytes.asFloatBuffer().get(block, 0, in * rows);
            for (int i = 0; i < in; i += COLUMNS_AT_ONCE) {
                int count = Math.min(COLUMNS_AT_ONCE, in - i);
                turn(block, i, in, rows, count, columns);
                for (int c = 0; c < count; c++) {
                    target.put((i + c) * width + Math.toIntExact(part.firstColumn) + done, columns, c * rows, rows);
                }
            }
        }
    }

    /** columns[c, row] = block[row, first + c]. */
    private static void turn(float[] block, int first, int in, int rows, int count, float[] columns) {
        for (int row = 0; row < rows; row++) {
            int from = row * in + first;
            for (int c = 0, to = row; c < count; c++, to += rows) {
                columns[to] = block[from + c];
            }
        }
    }
}
