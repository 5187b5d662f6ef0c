package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import loupe.analysis.DeviceArrays;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.base.HookPoint;
import loupe.base.RegularFile;
import loupe.format.FloatSource;
import loupe.inference.ModelId;
import loupe.inference.Scope;

/**
 * Unigram residuals on the disk: for every token t of a model the value at a hook point, at the last position of the
 * two tokens [BOS, t], as the model computes it.
 *
 * @param bos the token before each
 * @param tokens rows, V
 * @param heads of the value; 0 if it has none
 * @param width numbers in a row, of all heads together
 * @param bytesBefore length of what precedes the numbers in the file
 */
public record UnigramTable(
        Path file, ModelId model, HookPoint hook, int bos, int tokens, int heads, int width, long bytesBefore) {
    /** The rows first to end, (n, width), on the manager's device. */
    NDArray rows(NDManager manager, int first, int end) {
        return manager.create(floats(first, end), new Shape(end - first, width));
    }

    /**
     * Iterates over the rows in blocks of so many; checks for cancellation before each. The arrays of each are closed
     * after it.
     */
    void forEachBlock(Scope scope, int blockRows, DeviceArrays.RowBlock action) {
        for (int first = 0; first < tokens; first += blockRows) {
            scope.cancellation().check();
            try (NDManager step = scope.arrays().newSubManager()) {
                action.accept(first, rows(step, first, Math.min(tokens, first + blockRows)));
            }
        }
    }

    /** The residual of a token, a copy. */
    public float[] row(int token) {
        return floats(token, token + 1);
    }

    /** All numbers, row-major, to be written into another file. */
    public FloatSource source() {
        return (first, destination) -> {
            float[] values = numbers(first, destination.remaining() / Float.BYTES);
            destination.asFloatBuffer().put(values);
            destination.position(destination.limit());
        };
    }

    /** Rows first to end, row-major. */
    private float[] floats(int first, int end) {
        return numbers((long) first * width, Math.multiplyExact(end - first, width));
    }

    private float[] numbers(long first, int count) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(count, Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(RegularFile.require(file), StandardOpenOption.READ)) {
            long at = bytesBefore + first * Float.BYTES;
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, at + bytes.position()) < 0) {
                    throw new EOFException("it ends early");
                }
            }
        } catch (IOException e) {
            throw new CheckpointException(
                    file,
                    "the unigram residuals cannot be read (" + FileFailure.reason(e) + ")",
                    "",
                    "Delete the file, and they are computed again",
                    e);
        }
        float[] values = new float[count];
        bytes.flip().asFloatBuffer().get(values);
        return values;
    }

    /** Length of the whole file in bytes. */
    public long bytes() {
        return bytesBefore + (long) tokens * width * Float.BYTES;
    }
}
