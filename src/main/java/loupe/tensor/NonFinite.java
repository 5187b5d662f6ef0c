package loupe.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/** Counts the elements of float32 data that are NaN or infinite. */
public final class NonFinite {
    /** Elements looked at together; they stay in the processor's first cache. */
    private static final int SCAN_ELEMENTS = 1 << 11;

    private static final int EXPONENT = 0x7f80_0000;
    private static final int EXPONENT_UNIT = 0x0080_0000;

    private NonFinite() {}

    /**
     * How many of the numbers from position to limit, in native byte order, are NaN or infinite: their exponent has all
     * bits set and overflows into the sign when one is added; no other does. The processor takes several at a time.
     */
    public static long count(ByteBuffer floats) {
        IntBuffer bits = floats.slice().order(ByteOrder.nativeOrder()).asIntBuffer();
        int[] block = new int[Math.min(SCAN_ELEMENTS, bits.remaining())];
        long count = 0;
        while (bits.hasRemaining()) {
            int length = Math.min(block.length, bits.remaining());
            bits.get(block, 0, length);
            int any = 0;
            for (int i = 0; i < length; i++) {
                any |= (block[i] & EXPONENT) + EXPONENT_UNIT;
            }
            if (any < 0) {
                for (int i = 0; i < length; i++) {
                    count += ((block[i] & EXPONENT) + EXPONENT_UNIT) >>> 31;
                }
            }
        }
        return count;
    }
}
