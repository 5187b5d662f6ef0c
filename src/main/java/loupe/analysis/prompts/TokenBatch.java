package loupe.analysis.prompts;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;
import java.util.Arrays;
import java.util.stream.IntStream;
import loupe.lm.Input;

/**
 * Rows of tokens made equally long for one forward pass, by padding at their ends, which changes nothing before it: no
 * token attends to a later one. B rows, T tokens in the longest; a place is a row times T plus a position in the row,
 * and N places have a token.
 */
public final class TokenBatch {
    /** Stands for no document, so that padding is one of its own. */
    private static final int NO_DOCUMENT = -1;

    private final int[][] ids;
    private final int[] lengths;
    /** For each place where in the row its document begins, (B, T). */
    private final int[][] beginnings;

    private final Input input;
    private final int[] places;

    /** @param documents for each token the number of its document; no rows if each row is one text */
    TokenBatch(int[][] rows, int[][] documents) {
        int longest = Arrays.stream(rows).mapToInt(row -> row.length).max().orElseThrow();
        ids = new int[rows.length][];
        lengths = new int[rows.length];
        beginnings = new int[rows.length][longest];
        int[][] numbers = new int[documents.length][];
        for (int row = 0; row < rows.length; row++) {
            lengths[row] = rows[row].length;
            ids[row] = Arrays.copyOf(rows[row], longest);
            if (documents.length > 0) {
                numbers[row] = Arrays.copyOf(documents[row], longest);
                Arrays.fill(numbers[row], lengths[row], longest, NO_DOCUMENT);
                for (int t = 1; t < longest; t++) {
                    beginnings[row][t] = numbers[row][t] == numbers[row][t - 1] ? beginnings[row][t - 1] : t;
                }
            }
        }
        input = documents.length == 0 ? Input.of(ids) : Input.of(ids).cutAtBorders(numbers);
        places = IntStream.range(0, rows.length * longest)
                .filter(place -> isToken(place))
                .toArray();
    }

    /** What the model reads. */
    public Input input() {
        return input;
    }

    /** Tokens in a row with its padding, T. */
    public int length() {
        return ids[0].length;
    }

    /** The places of all tokens, ascending; those left out are padding. */
    public int[] places() {
        return places;
    }

    /** Whether no row is padded. */
    public boolean isFull() {
        return places.length == ids.length * length();
    }

    private boolean isToken(int place) {
        return place % length() < lengths[place / length()];
    }

    /** The token at a place. */
    public int id(int place) {
        return ids[place / length()][place % length()];
    }

    /** The position that the model gives the token at a place, from 0 in each document. */
    public int position(int place) {
        return place % length() - beginnings[place / length()][place % length()];
    }

    /** Whether the token after a place is one of the same text, so that predicting it counts. */
    public boolean isFollowed(int place) {
        return place % length() < length() - 1 && isToken(place + 1) && position(place + 1) > 0;
    }

    /** Values of all tokens, without padding: (B, T, ...) to (N, ...). */
    public NDArray tokensOf(NDArray value) {
        if (!isFull()) {
            return at(places, value);
        }
        Shape shape = value.getShape();
        return value.reshape(new Shape(places.length).addAll(shape.slice(2)));
    }

    /** Values at some places: (B, T, ...) to (n, ...). */
    public static NDArray at(int[] places, NDArray value) {
        Shape shape = value.getShape();
        Shape rest = shape.slice(2);
        return pick(places, value.reshape(shape.get(0) * shape.get(1), rest.size()))
                .reshape(new Shape(places.length).addAll(rest));
    }

    /** Some rows of a matrix, in the order given. */
    public static NDArray pick(int[] rows, NDArray matrix) {
        NDArray indices =
                matrix.getManager().create(Arrays.stream(rows).asLongStream().toArray(), new Shape(rows.length));
        return Embedding.embedding(indices, matrix, SparseFormat.DENSE).singletonOrThrow();
    }
}
