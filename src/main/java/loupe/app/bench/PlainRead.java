package loupe.app.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import loupe.tensor.DType;
import loupe.tensor.DirectMemory;

/**
 * The baseline for loading: one thread reads a whole file, in order, into memory outside the heap that it allocates for
 * it, and widens half-precision numbers in a loop over arrays. It ignores the file's format and keeps the memory until
 * closed.
 */
final class PlainRead implements AutoCloseable {
    private static final int BLOCK_BYTES = 1 << 28;
    private static final int STEP_BYTES = 1 << 20;
    private static final int LOOP_ELEMENTS = 4096;

    private final List<ByteBuffer> memory = new ArrayList<>();

    /** Reads the file; when this returns, every page of the memory has been written to. */
    PlainRead(Path file, DType dtype) {
        try (FileChannel channel = FileChannel.open(file)) {
            if (dtype == DType.F32) {
                read(channel);
            } else {
                widen(channel, dtype == DType.BF16);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(FileChannel channel) throws IOException {
        for (long left = channel.size(); left > 0; ) {
            ByteBuffer block = allocate(left);
            for (int end = 0; end < block.capacity(); ) {
                end = Math.min(block.capacity(), end + STEP_BYTES);
                fill(channel, block.limit(end));
            }
            left -= block.capacity();
        }
    }

    private void widen(FileChannel channel, boolean brain) throws IOException {
        ByteBuffer raw = ByteBuffer.allocateDirect(STEP_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try {
            FloatBuffer floats = FloatBuffer.allocate(0);
            for (long left = channel.size() / 2; left > 0; left -= raw.limit() / 2) {
                if (!floats.hasRemaining()) {
                    floats = allocate(4 * left).asFloatBuffer();
                }
                fill(channel, raw.clear().limit((int) Math.min(STEP_BYTES, 2L * Math.min(left, floats.remaining()))));
                widen(raw.flip().asShortBuffer(), floats, brain);
            }
        } finally {
            DirectMemory.free(raw);
        }
    }

    private static void widen(ShortBuffer halves, FloatBuffer floats, boolean brain) {
        short[] in = new short[LOOP_ELEMENTS];
        float[] out = new float[LOOP_ELEMENTS];
        while (halves.hasRemaining()) {
            int count = Math.min(LOOP_ELEMENTS, halves.remaining());
            halves.get(in, 0, count);
            if (brain) {
                for (int i = 0; i < count; i++) {
                    out[i] = Float.intBitsToFloat(in[i] << 16);
                }
            } else {
                for (int i = 0; i < count; i++) {
                    out[i] = half(in[i]);
                }
            }
            floats.put(out, 0, count);
        }
    }

    /**
     * Widens a half by moving the exponent and an exact product, the fastest scalar way; infinities and NaN do not
     * occur in these files.
     */
    private static float half(short bits) {
        float size = Float.intBitsToFloat((bits & 0x7FFF) << 13) * 0x1p112f;
        return Float.intBitsToFloat(Float.floatToRawIntBits(size) | (bits & 0x8000) << 16);
    }

    private ByteBuffer allocate(long bytes) {
        ByteBuffer block =
                ByteBuffer.allocateDirect((int) Math.min(BLOCK_BYTES, bytes)).order(ByteOrder.nativeOrder());
        memory.add(block);
        return block;
    }

    private static void fill(FileChannel channel, ByteBuffer destination) throws IOException {
        while (destination.hasRemaining()) {
            if (channel.read(destination) < 0) {
                throw new IOException("the file has become shorter");
            }
        }
    }

    @Override
    public void close() {
        memory.forEach(DirectMemory::free);
        memory.clear();
    }
}
