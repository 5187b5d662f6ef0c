package loupe.format;

import java.nio.ByteBuffer;
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
    /** Elements converted at a time; their arrays stay in the first-level cache. */
    private static final int BLOCK = 4096;

    private Elements() {
    }

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
                    out.put(value);
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

    /** The float32 of an IEEE half: moves exponent and mantissa into place and lets one exact product fix the bias, subnormals too. */
    static float f16(short half) {
        int bits = Float.floatToRawIntBits(Float.intBitsToFloat((half & 0x7FFF) << 13) * F16_SCALE);
        if ((half & 0x7C00) == 0x7C00) {
            bits |= 0x7F800000;
        }
        return Float.intBitsToFloat(bits | (half & 0x8000) << 16);
    }
}
