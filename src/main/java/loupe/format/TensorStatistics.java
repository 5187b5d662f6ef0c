package loupe.format;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import loupe.tensor.DirectMemory;
import loupe.tensor.StoredTensor;

/**
 * Summary statistics of a tensor. NaN and infinities are counted and left out of the rest; without any finite element
 * the rest is NaN.
 *
 * @param nonFinite how many elements are NaN or infinite
 * @param zeros how many elements are 0
 * @param rms square root of the mean square
 */
public record TensorStatistics(
        long elements, long nonFinite, long zeros, double min, double max, double mean, double rms) {
    private static final int CHUNK_BYTES = 1 << 20;

    /**
     * Reads the whole tensor once, in pieces of at most 1 MiB, whose memory is given back.
     *
     * @throws loupe.base.CheckpointException if it cannot be read
     */
    public static TensorStatistics of(StoredTensor tensor) {
        long floats = Math.min(tensor.elements(), CHUNK_BYTES / Float.BYTES);
        ByteBuffer chunk = DirectMemory.allocate((int) floats * Float.BYTES);
        try {
            return of(tensor, chunk);
        } finally {
            DirectMemory.free(chunk); // a file may have a hundred thousand tensors, and the collector no reason to run
        }
    }

    private static TensorStatistics of(StoredTensor tensor, ByteBuffer chunk) {
        FloatBuffer floats = chunk.asFloatBuffer();
        long nonFinite = 0;
        long zeros = 0;
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double sum = 0;
        double squares = 0;
        for (long done = 0; done < tensor.elements(); ) {
            int count = (int) Math.min(floats.capacity(), tensor.elements() - done);
            tensor.readFloats(done, chunk.clear().limit(count * Float.BYTES));
            for (int i = 0; i < count; i++) {
                float value = floats.get(i);
                if (!Float.isFinite(value)) {
                    nonFinite++;
                    continue;
                }
                zeros += value == 0 ? 1 : 0;
                min = Math.min(min, value);
                max = Math.max(max, value);
                sum += value;
                squares += (double) value * value;
            }
            done += count;
        }
        long finite = tensor.elements() - nonFinite;
        if (finite == 0) {
            return new TensorStatistics(
                    tensor.elements(), nonFinite, 0, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
        }
        return new TensorStatistics(
                tensor.elements(), nonFinite, zeros, min, max, sum / finite, Math.sqrt(squares / finite));
    }
}
