package loupe.lm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import loupe.tensor.StoredTensor;

/**
 * A parameter as the files have it: one tensor as it lies there, or tensors of which rows are columns of the parameter.
 *
 * @param shape as {@link LanguageModel} wants it
 * @param plus added to every element
 */
record StoredParameter(long[] shape, List<Part> parts, float plus) {
    /** Rows of a tensor that are turned into columns at once: few enough for the processor's first cache. */
    private static final int ROWS_AT_ONCE = 64;

    /**
     * A tensor, or some of its rows.
     *
     * @param transposed whether it is (rows, in), or (rows), and its rows are columns of the parameter; else it is the parameter as it lies there
     * @param firstColumn where its first row goes
     */
    record Part(StoredTensor tensor, boolean transposed, long firstRow, long rows, long firstColumn) {
        static Part whole(StoredTensor tensor) {
            return new Part(tensor, false, 0, 0, 0);
        }
    }

    /** Size as float32. */
    long bytes() {
        long elements = 1;
        for (long axis : shape) {
            elements = Math.multiplyExact(elements, axis);
        }
        return Math.multiplyExact(4, elements);
    }

    /** Whether it is put together from turned tensors, which must fit into one buffer. */
    boolean isTransposed() {
        return parts.get(0).transposed;
    }

    /** @param largestBlock of memory, in bytes */
    HostWeight read(long largestBlock) {
        HostWeight weight = HostWeight.zerosInBlocks(isTransposed() ? HostWeight.LARGEST_BLOCK : largestBlock, shape);
        if (isTransposed()) {
            parts.forEach(part -> readTransposed(part, weight.floats()));
        } else {
            long done = 0;
            for (ByteBuffer block : weight.blocks()) {
                parts.get(0).tensor.readFloats(done, block.duplicate().order(block.order()));
                done += block.capacity() / 4;
            }
        }
        if (plus != 0) {
            weight.blocks().forEach(block -> add(block.asFloatBuffer()));
        }
        return weight;
    }

    private void add(FloatBuffer floats) {
        for (int i = 0; i < floats.capacity(); i++) {
            floats.put(i, floats.get(i) + plus);
        }
    }

    private void readTransposed(Part part, FloatBuffer target) {
        int in = shape.length == 1 ? 1 : Math.toIntExact(shape[0]);
        int width = Math.toIntExact(shape[shape.length - 1]);
        ByteBuffer bytes = ByteBuffer.allocate(4 * in * ROWS_AT_ONCE).order(ByteOrder.nativeOrder());
        float[] block = new float[in * ROWS_AT_ONCE];
        float[] column = new float[ROWS_AT_ONCE];
        for (int done = 0; done < part.rows; done += ROWS_AT_ONCE) {
            int rows = (int) Math.min(ROWS_AT_ONCE, part.rows - done);
            bytes.clear().limit(4 * in * rows);
            part.tensor.readFloats((part.firstRow + done) * in, bytes);
            bytes.flip();
            bytes.asFloatBuffer().get(block, 0, in * rows);
            int to = Math.toIntExact(part.firstColumn) + done;
            for (int i = 0; i < in; i++, to += width) {
                for (int row = 0; row < rows; row++) {
                    column[row] = block[row * in + i];
                }
                target.put(to, column, 0, rows);
            }
        }
    }
}
