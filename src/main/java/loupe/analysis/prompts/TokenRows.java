package loupe.analysis.prompts;

import java.util.Arrays;

/**
 * Texts as token ids, one row each, possibly of different lengths. A value; the arrays are not copied and not to be
 * written.
 */
public final class TokenRows {
    private final int[][] rows;
    private final int hash;

    public TokenRows(int[][] rows) {
        this.rows = rows;
        this.hash = Arrays.deepHashCode(rows);
    }

    public int count() {
        return rows.length;
    }

    public int[] row(int i) {
        return rows[i];
    }

    /** Every row, in order. */
    public int[][] all() {
        return rows;
    }

    /** Number of tokens in all rows. */
    public long tokens() {
        return Arrays.stream(rows).mapToLong(row -> row.length).sum();
    }

    /** Rows from {@code first} on, at most {@code limit} of them, that are as long as the first. */
    public int[][] alike(int first, int limit) {
        int end = first + 1;
        while (end < rows.length && end - first < limit && rows[end].length == rows[first].length) {
            end++;
        }
        return Arrays.copyOfRange(rows, first, end);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenRows that && hash == that.hash && Arrays.deepEquals(rows, that.rows);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return rows.length + " rows";
    }
}
