package loupe.lm;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import loupe.tensor.DirectMemory;

/**
 * One parameter in memory outside the heap, float32, row-major, as {@link LanguageModel} wants it. A buffer holds less
 * than 2 GiB: a parameter that is larger lies in several, each of whole rows.
 *
 * @param blocks all of one size but the last
 */
public record HostWeight(List<ByteBuffer> blocks, long... shape) {
    /** The largest size of one buffer, in bytes. */
    public static final long LARGEST_BLOCK = Integer.MAX_VALUE - 8;

    public static HostWeight zeros(long... shape) {
        return zerosInBlocks(LARGEST_BLOCK, shape);
    }

    /**
     * A tensor of zeros, in blocks of whole rows.
     *
     * @param largestBlock in bytes; a row must fit into it
     */
    public static HostWeight zerosInBlocks(long largestBlock, long... shape) {
        long rowBytes = Math.multiplyExact(4, shape[shape.length - 1]);
        long rows = 1;
        for (int axis = 0; axis + 1 < shape.length; axis++) {
            rows = Math.multiplyExact(rows, shape[axis]);
        }
        long rowsPerBlock = Math.max(1, Math.min(rows, largestBlock / rowBytes));
        List<ByteBuffer> blocks = new ArrayList<>();
        for (long first = 0; first < rows; first += rowsPerBlock) {
            blocks.add(DirectMemory.allocate(Math.toIntExact(Math.min(rowsPerBlock, rows - first) * rowBytes)));
        }
        return new HostWeight(List.copyOf(blocks), shape);
    }

    /** Frees the memory; see {@link DirectMemory#free} for what that forbids. */
    public void free() {
        blocks.forEach(DirectMemory::free);
    }

    /** Size in bytes. */
    long size() {
        return blocks.stream().mapToLong(ByteBuffer::capacity).sum();
    }

    /** The elements of a parameter that lies in one block. */
    public FloatBuffer floats() {
        if (blocks.size() != 1) {
            throw new IllegalStateException("the parameter lies in " + blocks.size() + " blocks");
        }
        return blocks.get(0).asFloatBuffer();
    }

    /** Length of the last axis. */
    public int width() {
        return (int) shape[shape.length - 1];
    }

    /** Number of vectors along the last axis. */
    public int rows() {
        return Math.toIntExact(size() / 4 / width());
    }

    private int rowsPerBlock() {
        return blocks.get(0).capacity() / 4 / width();
    }

    public void getRow(int row, float[] values) {
        blocks.get(row / rowsPerBlock()).asFloatBuffer().get(row % rowsPerBlock() * width(), values);
    }

    public void putRow(int row, float[] values) {
        blocks.get(row / rowsPerBlock()).asFloatBuffer().put(row % rowsPerBlock() * width(), values);
    }

    /** All elements of a vector, as doubles. */
    public double[] toDoubles() {
        FloatBuffer floats = floats();
        double[] values = new double[floats.capacity()];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats.get(i);
        }
        return values;
    }

    public void putDoubles(double[] values) {
        FloatBuffer floats = floats();
        for (int i = 0; i < values.length; i++) {
            floats.put(i, (float) values[i]);
        }
    }

    public HostWeight copy() {
        HostWeight copy = zerosInBlocks(blocks.get(0).capacity(), shape);
        for (int block = 0; block < blocks.size(); block++) {
            copy.blocks.get(block).duplicate().put(blocks.get(block).duplicate().clear());
        }
        return copy;
    }
}
