package loupe.lm;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What goes into a forward pass: B rows of T token ids each, where each row begins, borders between documents, and
 * ghosts. A value; never written.
 */
public final class Input {
    private final int[][] ids;
    private final int[] firstPositions;
    /** For each token where in its row its document begins, (B, T); no rows if each row is one document. */
    private final int[][] beginnings;

    private final List<Ghost> ghosts;

    private Input(int[][] ids, int[] firstPositions, int[][] beginnings, List<Ghost> ghosts) {
        if (ids.length == 0 || ids[0].length == 0) {
            throw new IllegalArgumentException("ids is empty, at least one token is needed");
        }
        for (int[] row : ids) {
            if (row.length != ids[0].length) {
                throw new IllegalArgumentException(
                        "ids has rows of " + ids[0].length + " and of " + row.length + " tokens, expected one length");
            }
        }
        if (firstPositions.length != 1 && firstPositions.length != ids.length) {
            throw new IllegalArgumentException(
                    "firstPositions has " + firstPositions.length + " entries for " + ids.length + " rows");
        }
        for (Ghost ghost : ghosts) {
            if (ghost.row() < 0
                    || ghost.row() >= ids.length
                    || ghost.position() < 0
                    || ghost.position() >= ids[0].length) {
                throw new IllegalArgumentException("ghost is at row " + ghost.row() + ", position " + ghost.position()
                        + ", outside " + ids.length + " rows of " + ids[0].length + " tokens");
            }
        }
        this.ids = ids;
        this.firstPositions = firstPositions;
        this.beginnings = beginnings;
        this.ghosts = List.copyOf(ghosts);
    }

    /** One row. */
    public static Input of(int... ids) {
        return new Input(new int[][] {ids}, new int[1], new int[0][], List.of());
    }

    /** Several rows of the same length. */
    public static Input of(int[][] rows) {
        return new Input(rows, new int[1], new int[0][], List.of());
    }

    /**
     * The same tokens, continuing after a cache: the position of each row's first token, or one position for all rows.
     */
    public Input startingAt(int... positions) {
        return new Input(ids, positions, beginnings, ghosts);
    }

    /**
     * The same tokens, in rows of several documents: no token attends to another document, and positions begin at 0 in
     * each. Rows of one document each stay as they are. Not for a pass with a cache.
     *
     * @param documents for each token a number of its document, (B, T); a document's tokens are neighbours
     */
    public Input cutAtBorders(int[][] documents) {
        if (documents.length != ids.length) {
            throw new IllegalArgumentException(
                    "documents has " + documents.length + " rows, ids have " + ids.length + " rows");
        }
        int[][] from = new int[ids.length][];
        for (int row = 0; row < ids.length; row++) {
            if (documents[row].length != ids[row].length) {
                throw new IllegalArgumentException("documents has " + documents[row].length + " entries in row " + row
                        + ", ids have " + ids[row].length);
            }
            from[row] = beginnings(documents[row]);
        }
        boolean whole = Arrays.stream(from).allMatch(row -> row[row.length - 1] == 0);
        return new Input(ids, firstPositions, whole ? new int[0][] : from, ghosts);
    }

    /** For each token of a row the index of the first one of its document. */
    private static int[] beginnings(int[] documents) {
        int[] beginnings = new int[documents.length];
        for (int t = 1; t < documents.length; t++) {
            beginnings[t] = documents[t] == documents[t - 1] ? beginnings[t - 1] : t;
        }
        return beginnings;
    }

    /** The same tokens with these ghosts in their places. The ids they replace do not matter. */
    public Input with(Ghost... replacing) {
        return with(Arrays.asList(replacing));
    }

    public Input with(List<Ghost> replacing) {
        return new Input(ids, firstPositions, beginnings, replacing);
    }

    /** Number of rows, B. */
    public int rows() {
        return ids.length;
    }

    /** Tokens in each row, T. */
    public int length() {
        return ids[0].length;
    }

    public List<Ghost> ghosts() {
        return ghosts;
    }

    /** Ids row by row, as an index array wants them. */
    long[] flatIds() {
        long[] flat = new long[rows() * length()];
        for (int row = 0, at = 0; row < ids.length; row++) {
            for (int id : ids[row]) {
                flat[at++] = id;
            }
        }
        return flat;
    }

    /** Whether a row has several documents. */
    boolean isCut() {
        return beginnings.length > 0;
    }

    /** For each token where in its row its document begins, (B, T); no rows if each row is one document. */
    int[][] beginnings() {
        return beginnings;
    }

    /** Positions of every token: one row if all rows begin alike and have no borders, else one per row of ids. */
    int[][] positions() {
        if (isCut()) {
            return IntStream.range(0, ids.length)
                    .mapToObj(row -> IntStream.range(0, length())
                            .map(t -> firstPositions[row % firstPositions.length] + t - beginnings[row][t])
                            .toArray())
                    .toArray(int[][]::new);
        }
        int[][] positions = new int[firstPositions.length][length()];
        for (int row = 0; row < positions.length; row++) {
            for (int t = 0; t < length(); t++) {
                positions[row][t] = firstPositions[row] + t;
            }
        }
        return positions;
    }
}
