package loupe.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import loupe.inference.Scope;

/** Copies between device arrays and the host, and iteration over large arrays in bounded memory. Device thread only. */
public final class DeviceArrays {
    /**
     * Elements of a block: 4 MiB as float64, so that a converted block is still in the processor's cache when it is
     * used.
     */
    private static final long BLOCK_ELEMENTS = 1 << 19;

    /**
     * Processes the rows {@code first}, {@code first} + 1, ... of an array. Arrays made from them are closed
     * afterwards.
     */
    @FunctionalInterface
    public interface RowBlock {
        void accept(int first, NDArray rows);
    }

    private DeviceArrays() {}

    /** A copy of the elements, row-major, as float32; from float64 they are rounded. */
    public static float[] floats(NDArray array) {
        float[] values = new float[Math.toIntExact(array.size())];
        floats(array, values);
        return values;
    }

    /** The same into an array that is there, of the same length. */
    public static void floats(NDArray array, float[] values) {
        if (array.getDataType() != DataType.FLOAT32) {
            try (NDArray converted = array.toType(DataType.FLOAT32, false)) {
                floats(converted, values);
            }
        } else if (values.length > 0) {
            ByteBuffer bytes = array.toByteBuffer(true);
            bytes.order(java.nio.ByteOrder.nativeOrder()).asFloatBuffer().get(values);
        }
    }

    /** Whether no element is NaN or infinite. */
    public static boolean isFinite(NDArray array) {
        if (array.size() == 0) {
            return true;
        }
        try (NDArray sum = array.sum()) {
            if (Float.isFinite(sum.toType(DataType.FLOAT32, false).getFloat())) {
                return true;
            }
        }
        // finite numbers may have a sum that is not
        return array.abs().lte(Float.MAX_VALUE).all().getBoolean();
    }

    /** A copy of the elements, row-major, as float64. */
    public static double[] doubles(NDArray array) {
        if (array.getDataType() != DataType.FLOAT64) {
            float[] values = floats(array);
            double[] widened = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                widened[i] = values[i];
            }
            return widened;
        }
        double[] values = new double[Math.toIntExact(array.size())];
        if (values.length > 0) {
            array.toByteBuffer(true)
                    .order(java.nio.ByteOrder.nativeOrder())
                    .asDoubleBuffer()
                    .get(values);
        }
        return values;
    }

    /** A copy of an array of 64-bit integers. */
    public static long[] longs(NDArray array) {
        long[] values = new long[Math.toIntExact(array.size())];
        if (values.length > 0) {
            array.toByteBuffer(true)
                    .order(java.nio.ByteOrder.nativeOrder())
                    .asLongBuffer()
                    .get(values);
        }
        return values;
    }

    /** Rows first to end (exclusive) of a matrix that may be lent; the view belongs to {@code owner}. */
    public static NDArray rows(NDManager owner, NDArray matrix, long first, long end) {
        NDArray view = matrix.get(first + ":" + end);
        view.attach(owner);
        return view;
    }

    /** Iterates over a matrix in blocks of rows, converted to {@code type}; checks for cancellation before each. */
    public static void forEachBlock(Scope scope, NDArray matrix, DataType type, RowBlock action) {
        forEachBlock(scope, matrix, type, blockRows(matrix.getShape().get(1)), action);
    }

    public static void forEachBlock(Scope scope, NDArray matrix, DataType type, int blockRows, RowBlock action) {
        int count = Math.toIntExact(matrix.getShape().get(0));
        for (int first = 0; first < count; first += blockRows) {
            scope.cancellation().check();
            try (NDManager step = scope.arrays().newSubManager()) {
                NDArray rows = rows(step, matrix, first, Math.min(count, (long) first + blockRows));
                action.accept(first, type == rows.getDataType() ? rows : rows.toType(type, false));
            }
        }
    }

    /** How many rows of this width make a block. */
    public static int blockRows(long width) {
        return (int) Math.max(1, BLOCK_ELEMENTS / Math.max(1, width));
    }
}
