package loupe.sae;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import loupe.base.Cancellation;
import loupe.tensor.StoredTensor;

/**
 * Norms and samples of the directions in a stored matrix, found in one pass with a few megabytes in memory at a time.
 *
 * @param squares sums of squares of the directions, which are its rows or its columns; of a vector the squares of its
 *     elements
 * @param samples some of the directions, evenly spread
 */
public record StoredDirections(double[] squares, float[][] samples) {
    private static final int PIECE_ELEMENTS = 1 << 20;
    private static final int SAMPLES = 64;

    /**
     * Reads all directions of a stored matrix, for their lengths and a sample of them.
     *
     * @throws loupe.base.CheckpointException if it cannot be read any more
     */
    public static StoredDirections of(StoredTensor tensor, boolean inRows, Cancellation cancellation) {
        List<Long> shape = tensor.shape();
        int columns = Math.toIntExact(shape.size() < 2 ? 1 : shape.get(1));
        int rows = Math.toIntExact(tensor.elements() / columns);
        int count = inRows ? rows : columns;
        int step = Math.max(1, count / SAMPLES);
        double[] squares = new double[count];
        float[][] samples = new float[(count + step - 1) / step][inRows ? columns : rows];
        int rowsPerPiece = Math.min(rows, Math.max(1, PIECE_ELEMENTS / columns));
        ByteBuffer piece = ByteBuffer.allocateDirect(Math.multiplyExact(rowsPerPiece * columns, Float.BYTES))
                .order(ByteOrder.nativeOrder());
        for (int first = 0; first < rows; first += rowsPerPiece) {
            cancellation.check();
            int here = Math.min(rowsPerPiece, rows - first);
            piece.clear().limit(here * columns * Float.BYTES);
            tensor.readFloats((long) first * columns, piece);
            FloatBuffer floats = piece.flip().order(ByteOrder.nativeOrder()).asFloatBuffer();
            for (int r = 0; r < here; r++) {
                int row = first + r;
                for (int c = 0; c < columns; c++) {
                    double value = floats.get(r * columns + c);
                    squares[inRows ? row : c] += value * value;
                }
                if (!inRows) {
                    for (int i = 0; i < count; i += step) {
                        samples[i / step][row] = floats.get(r * columns + i);
                    }
                } else if (row % step == 0) {
                    floats.get(r * columns, samples[row / step]);
                }
            }
        }
        return new StoredDirections(squares, samples);
    }

    /**
     * The mean cosine of each sampled direction with the same one of another matrix; directions without length count as
     * 0.
     */
    public double meanCosine(StoredDirections other) {
        double sum = 0;
        for (int i = 0; i < samples.length; i++) {
            double dot = 0;
            double here = 0;
            double there = 0;
            for (int j = 0; j < samples[i].length; j++) {
                dot += (double) samples[i][j] * other.samples[i][j];
                here += (double) samples[i][j] * samples[i][j];
                there += (double) other.samples[i][j] * other.samples[i][j];
            }
            sum += dot == 0 ? 0 : dot / Math.sqrt(here * there);
        }
        return sum / samples.length;
    }
}
