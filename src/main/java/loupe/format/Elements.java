package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import loupe.tensor.DType;

/** Turns elements as they lie in files into float32 or 64-bit integers. The byte order is that of the raw buffer. */
final class Elements {
    /** 2^112: the difference between the exponent biases of float32 and float16. */
    private static final float F16_SCALE = 0x1p112f;
    /**
     * Elements converted at a time; their arrays fit the first-level cache and cost the garbage collector almost
     * nothing.
     */
    private static final int BLOCK = 1024;

    private Elements() {}

    /**
     * Converts all elements between position and limit of {@code raw}. Exact for all types but F64, I32 and I64, which
     * are rounded to the nearest float32; booleans become 0 and 1.
     */
    static void toFloats(DType dtype, ByteBuffer raw, FloatBuffer out) {
        switch (dtype) {
            case F32 -> out.put(raw.asFloatBuffer());
            case F16 -> widen(raw.asShortBuffer(), out, Elements::widenF16);
            case BF16 -> widen(raw.asShortBuffer(), out, Elements::widenBf16);
            case F64 -> {
                DoubleBuffer in = raw.asDoubleBuffer();
                while (in.hasRemaining()) {
                    out.put((float) in.get());
                }
            }
            case BOOL -> {
                while (raw.hasRemaining()) {
                    out.put(raw.get() != 0 ? 1 : 0);
                }
            }
            default -> {
                LongBuffer longs = LongBuffer.allocate(raw.remaining() / dtype.bytes());
                toLongs(dtype, raw, longs);
                for (long value : longs.array()) {
                    out.put((float) value);
                }
            }
        }
    }

    /** Converts all elements between position and limit of {@code raw}, exactly. U8 and booleans are 0 or more. */
    static void toLongs(DType dtype, ByteBuffer raw, LongBuffer out) {
        switch (dtype) {
            case I64 -> out.put(raw.asLongBuffer());
            case I32 -> {
                IntBuffer in = raw.asIntBuffer();
                while (in.hasRemaining()) {
                    out.put(in.get());
                }
            }
            case I16 -> {
                ShortBuffer in = raw.asShortBuffer();
                while (in.hasRemaining()) {
                    out.put(in.get());
                }
            }
            case I8 -> {
                while (raw.hasRemaining()) {
                    out.put(raw.get());
                }
            }
            case U8 -> {
                while (raw.hasRemaining()) {
                    out.put(raw.get() & 0xFF);
                }
            }
            case BOOL -> {
                while (raw.hasRemaining()) {
                    out.put(raw.get() != 0 ? 1 : 0);
                }
            }
            default -> throw new IllegalArgumentException("dtype is " + dtype + ", which is not an integer type");
        }
    }

    /**
     * Rounds all that remains in {@code in} to the nearest F16 or BF16, ties to even; what is too large becomes
     * infinite.
     */
    static void toHalves(DType dtype, FloatBuffer in, ShortBuffer out) {
        boolean brain = dtype == DType.BF16;
        while (in.hasRemaining()) {
            out.put(brain ? toBf16(in.get()) : toF16(in.get()));
        }
    }

    static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
    }

    static short toF16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        float size = Math.abs(value);
        if (!(size < 65520)) {
            return (short) (sign | (Float.isNaN(value) ? 0x7E00 : 0x7C00));
        }
        if (size < 0x1p-14f) {
            // from 1/2 to 1 the last place is worth 2^-24, as much as that of a small half: the sum is rounded as
            // wanted
            return (short) (sign | Float.floatToRawIntBits(size + 0.5f) - Float.floatToRawIntBits(0.5f));
        }
        int magnitude = (bits & 0x7FFFFFFF) - (112 << 23);
        return (short) (sign | (magnitude + 0xFFF + (magnitude >>> 13 & 1)) >>> 13);
    }

    /**
     * Converts as {@link #toFloats(DType, ByteBuffer, FloatBuffer)} does, into a buffer of bytes, which is several
     * times faster for F16 and BF16.
     */
    static void toFloats(DType dtype, ByteBuffer raw, ByteBuffer out) {
        FloatBuffer floats = out.slice().order(ByteOrder.nativeOrder()).asFloatBuffer();
        int count = raw.remaining() / dtype.bytes();
        if (dtype == DType.F16 || dtype == DType.BF16) {
            widen(
                    dtype,
                    raw.asShortBuffer(),
                    out.slice().order(ByteOrder.nativeOrder()).asIntBuffer(),
                    floats);
        } else {
            toFloats(dtype, raw, floats);
        }
        out.position(out.position() + count * Float.BYTES);
    }

    /**
     * Widens in simple loops over arrays, which the compiler vectorises. Changing the exponents' bias needs floats,
     * which it gets through the destination, because Java cannot reinterpret an int array as a float array.
     */
    private static void widen(DType dtype, ShortBuffer in, IntBuffer bits, FloatBuffer floats) {
        int size = Math.min(BLOCK, in.remaining());
        short[] half = new short[size];
        int[] wide = new int[size];
        float[] full = new float[dtype == DType.F16 ? size : 0];
        for (int done = 0; in.hasRemaining(); ) {
            int count = Math.min(size, in.remaining());
            in.get(half, 0, count);
            for (int i = 0; i < count; i++) {
                wide[i] = half[i];
            }
            if (dtype == DType.BF16) {
                for (int i = 0; i < count; i++) {
                    wide[i] <<= 16;
                }
                bits.put(done, wide, 0, count);
            } else {
                widenF16(wide, count, done, bits, floats, full);
            }
            done += count;
        }
    }

    /** Widens a block of float16 to float32; a block with an infinite number or NaN is left to {@link #f16}. */
    private static void widenF16(int[] wide, int count, int at, IntBuffer bits, FloatBuffer floats, float[] full) {
        int largest = 0;
        for (int i = 0; i < count; i++) {
            largest |= (wide[i] & 0x7C00) + 0x0400;
        }
        if ((largest & 0x8000) != 0) {
            for (int i = 0; i < count; i++) {
                floats.put(at + i, f16((short) wide[i]));
            }
            return;
        }
        for (int i = 0; i < count; i++) {
            wide[i] = (wide[i] & 0x7FFF) << 13 | (wide[i] & 0x8000) << 16;
        }
        bits.put(at, wide, 0, count);
        floats.get(at, full, 0, count);
        for (int i = 0; i < count; i++) {
            full[i] *= F16_SCALE;
        }
        floats.put(at, full, 0, count);
    }

    private interface Widening {
        void widen(short[] in, float[] out, int count);
    }

    private static void widen(ShortBuffer in, FloatBuffer out, Widening widening) {
        int size = Math.min(BLOCK, in.remaining());
        short[] half = new short[size];
        float[] full = new float[size];
        while (in.hasRemaining()) {
            int count = Math.min(size, in.remaining());
            in.get(half, 0, count);
            widening.widen(half, full, count);
            out.put(full, 0, count);
        }
    }

    private static void widenBf16(short[] in, float[] out, int count) {
        for (int i = 0; i < count; i++) {
            out[i] = Float.intBitsToFloat(in[i] << 16);
        }
    }

    private static void widenF16(short[] in, float[] out, int count) {
        for (int i = 0; i < count; i++) {
            out[i] = f16(in[i]);
        }
    }

    /**
     * The float32 of an IEEE half: moves exponent and mantissa into place and lets one exact product fix the bias,
     * subnormals too.
     */
    static float f16(short half) {
        int bits = Float.floatToRawIntBits(Float.intBitsToFloat((half & 0x7FFF) << 13) * F16_SCALE);
        if ((half & 0x7C00) == 0x7C00) {
            bits |= 0x7F800000;
        }
        return Float.intBitsToFloat(bits | (half & 0x8000) << 16);
    }
}
