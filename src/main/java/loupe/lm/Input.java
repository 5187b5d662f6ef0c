package loupe.lm;

import java.util.Arrays;
import java.util.List;

/**
 * What goes into a forward pass: B rows of T token ids each, where each row begins, and ghosts. A value; never written.
 */
public final class Input {
    private final int[][] ids;
    private final int[] firstPositions;
    private final List<Ghost> ghosts;

    private Input(int[][] ids, int[] firstPositions, List<Ghost> ghosts) {
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
        this.ghosts = List.copyOf(ghosts);
    }

    /** One row. */
    public static Input of(int... ids) {
        return new Input(new int[][] {ids}, new int[1], List.of());
    }

    /** Several rows of the same length. */
    public static Input of(int[][] rows) {
        return new Input(rows, new int[1], List.of());
    }

    /**
     * The same tokens, continuing after a cache: the position of each row's first token, or one position for all rows.
     */
    public Input startingAt(int... positions) {
        return new Input(ids, positions, ghosts);
    }

    /** The same tokens with these ghosts in their places. The ids they replace do not matter. */
    public Input with(Ghost... replacing) {
        return with(Arrays.asList(replacing));
    }

    public Input with(List<Ghost> replacing) {
        return new Input(ids, firstPositions, replacing);
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

    /** Positions of every token: one row if all rows begin alike, else one per row of ids. */
    int[][] positions() {
        int[][] positions = new int[firstPositions.length][length()];
        for (int row = 0; row < positions.length; row++) {
            for (int t = 0; t < length(); t++) {
                positions[row][t] = firstPositions[row] + t;
            }
        }
        return positions;
    }
}
