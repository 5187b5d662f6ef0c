package loupe.sae.checkpoint;

import java.util.Arrays;
import loupe.base.Remedy;
import loupe.base.Remedy.Choice;

/**
 * The orientation of a stored matrix, found from its shape and not from its name, because libraries differ
 * ({@code src/site/markdown/formats.md}, section 0).
 */
final class MatrixOrientation {
    private MatrixOrientation() {}

    /**
     * The length of a vector.
     *
     * @throws loupe.base.CheckpointException if it is missing or has more than one axis
     */
    static long length(CheckpointFiles files, String vector) {
        long[] shape =
                files.tensor(vector).shape().stream().mapToLong(Long::longValue).toArray();
        if (shape.length != 1) {
            throw files.refused(vector + " is " + Arrays.toString(shape), "one axis");
        }
        return shape[0];
    }

    /** Whether row i of the matrix belongs to feature i. If it is square, {@code usual} decides. */
    static boolean featuresInRows(CheckpointFiles files, String matrix, long width, long features, boolean usual) {
        long[] shape =
                files.tensor(matrix).shape().stream().mapToLong(Long::longValue).toArray();
        boolean rows = Arrays.equals(shape, new long[] {features, width});
        boolean columns = Arrays.equals(shape, new long[] {width, features});
        if (!rows && !columns) {
            throw files.refused(
                    "the shapes do not form an autoencoder: " + files.summary(),
                    matrix + " as [" + features + ", " + width + "] or [" + width + ", " + features + "]");
        }
        return (rows && columns) ? usual : rows;
    }

    /**
     * The orientation of a matrix that all files of a family store the same way round; nothing else in them tells them
     * from files of other families.
     *
     * @param usual whether the family stores features in rows
     * @throws loupe.base.CheckpointException if it lies the other way round
     */
    static boolean usual(
            CheckpointFiles files, String matrix, long width, long features, boolean usual, String format) {
        boolean rows = featuresInRows(files, matrix, width, features, usual);
        if (rows != usual) {
            throw files.refused(
                    matrix + " is [" + (rows ? features + ", " + width : width + ", " + features) + "]",
                    "[" + (usual ? features + ", " + width : width + ", " + features) + "], as files of " + format
                            + " have it",
                    "",
                    Remedy.give(
                            Choice.FORMAT,
                            SaeFamilies.recognising(files)
                                    .filter(other -> !other.equals(format))
                                    .orElse("")));
        }
        return rows;
    }

    static boolean is(CheckpointFiles files, String name, long... shape) {
        return Arrays.equals(files.shape(name), shape);
    }
}
