package loupe.format;

import java.nio.ByteBuffer;

/**
 * Brings a strided tensor (a transposed or expanded view) into row-major order. Reads runs along the axis that is
 * closest together in the file, so that a transposed matrix costs one read per stored row of each chunk and not one per
 * element. For one thread.
 */
final class StridedReader {
    /** A run with gaps is read whole, gaps included, while the elements are at most this far apart. */
    private static final long MAX_GAP_ELEMENTS = 16;

    private static final int RUN_BYTES = 1 << 18;

    private final ElementBytes bytes;
    private final int size;
    private final long start;
    private final long[] shape;
    private final long[] strides;
    /** Elements below one index of each axis: the product of the later axes. */
    private final long[] inner;

    private final ByteBuffer run = ByteBuffer.allocate(RUN_BYTES);

    StridedReader(ElementBytes bytes, FileTensor.Layout layout) {
        this.bytes = bytes;
        this.size = layout.dtype().bytes();
        this.start = layout.start();
        this.shape = layout.shape().stream().mapToLong(Long::longValue).toArray();
        this.strides = layout.strides();
        this.inner = FileTensor.Layout.rowMajor(layout.shape());
    }

    /** Fills {@code out} with {@code count} raw elements from row-major element {@code first} on. */
    void read(long first, int count, byte[] out) {
        range(0, 0, first, count, out, 0);
    }

    /** Splits a row-major range below {@code axis} into a ragged head, whole slices and a ragged tail. */
    private void range(int axis, long base, long first, int count, byte[] out, int outElement) {
        if (axis == shape.length) {
            copyRun(base, 0, 1, out, outElement, 0);
            return;
        }
        long slice = inner[axis];
        long index = first / slice;
        long within = first % slice;
        if (within > 0) {
            int head = (int) Math.min(count, slice - within);
            range(axis + 1, base + index * strides[axis], within, head, out, outElement);
            count -= head;
            outElement += head;
            index++;
        }
        int whole = (int) (count / slice);
        if (whole > 0) {
            box(axis, base + index * strides[axis], whole, out, outElement);
            count -= (int) (whole * slice);
            outElement += (int) (whole * slice);
            index += whole;
        }
        if (count > 0) {
            range(axis + 1, base + index * strides[axis], 0, count, out, outElement);
        }
    }

    /** Copies {@code length} whole slices of {@code axis}, run by run. */
    private void box(int axis, long base, int length, byte[] out, int outElement) {
        int axes = shape.length - axis;
        int[] lengths = new int[axes];
        for (int a = 0; a < axes; a++) {
            lengths[a] = a == 0 ? length : (int) shape[axis + a];
        }
        int along = closestAxis(axis, lengths);
        int[] index = new int[axes];
        while (true) {
            long from = base;
            long to = outElement;
            for (int a = 0; a < axes; a++) {
                from += index[a] * strides[axis + a];
                to += index[a] * inner[axis + a];
            }
            copyRun(from, strides[axis + along], lengths[along], out, (int) to, (int) inner[axis + along]);
            int a = axes - 1;
            while (a >= 0 && (a == along || ++index[a] == lengths[a])) {
                index[a--] = 0;
            }
            if (a < 0) {
                return;
            }
        }
    }

    private int closestAxis(int axis, int[] lengths) {
        int best = 0;
        for (int a = 1; a < lengths.length; a++) {
            if (lengths[best] == 1 || (lengths[a] > 1 && strides[axis + a] < strides[axis + best])) {
                best = a;
            }
        }
        return best;
    }

    private void copyRun(long from, long stride, int length, byte[] out, int outElement, int outStride) {
        int perRead = stride > MAX_GAP_ELEMENTS ? 1 : stride == 0 ? length : (int) (RUN_BYTES / (stride * size));
        for (int done = 0; done < length; ) {
            int n = Math.min(perRead, length - done);
            int span = (int) ((n - 1) * stride + 1) * size;
            bytes.read(start + (from + done * stride) * size, run.clear().limit(span));
            byte[] in = run.array();
            for (int i = 0; i < n; i++) {
                int source = (int) (i * stride) * size;
                int target = (outElement + (done + i) * outStride) * size;
                for (int b = 0; b < size; b++) {
                    out[target + b] = in[source + b];
                }
            }
            done += n;
        }
    }
}
