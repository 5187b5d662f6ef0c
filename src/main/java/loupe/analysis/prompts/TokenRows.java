package loupe.analysis.prompts;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Texts as token ids, one row each, possibly of different lengths. A row may hold several documents, to be read as if
 * each stood alone. A value; the arrays are not copied and not to be written.
 */
public final class TokenRows {
    /** What a forward pass costs besides its tokens, in tokens; measured on small models, where it matters. */
    private static final int TOKENS_PER_PASS = 64;

    /** Batches that are planned together, so that rows of like lengths meet and the order stays roughly the rows'. */
    private static final int BATCHES_PLANNED = 8;

    private final int[][] rows;
    /** For each token the number of its document; no rows if each row is read as one text. */
    private final int[][] documents;

    private final int hash;

    /** Rows that are read as one text each. */
    public TokenRows(int[][] rows) {
        this(rows, new int[0][]);
    }

    private TokenRows(int[][] rows, int[][] documents) {
        this.rows = rows;
        this.documents = documents;
        this.hash = 31 * Arrays.deepHashCode(rows) + Arrays.deepHashCode(documents);
    }

    /**
     * Rows of several documents whose attention and positions are cut at the borders.
     *
     * @param documents for each token a number of its document; a document's tokens are neighbours
     */
    public static TokenRows cutAtBorders(int[][] rows, int[][] documents) {
        for (int i = 0; i < rows.length; i++) {
            if (documents.length != rows.length || documents[i].length != rows[i].length) {
                throw new IllegalArgumentException("documents has not one number for each token of row " + i);
            }
        }
        return new TokenRows(rows, documents);
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

    /**
     * Groups the rows for as few and as little padded forward passes as possible: rows of one length stay in their
     * order, those of different lengths meet others of like length.
     *
     * @param most tokens of a batch, padding included; a longer row goes alone
     * @return numbers of the rows of each batch, for {@link #batch}
     */
    public List<int[]> batches(long most) {
        int longest = Arrays.stream(rows).mapToInt(row -> row.length).max().orElse(1);
        long together = BATCHES_PLANNED * Math.max(1, Math.min(most, Integer.MAX_VALUE) / Math.max(1, longest));
        List<int[]> batches = new ArrayList<>();
        for (long first = 0; first < rows.length; first += together) {
            int[] byLength = IntStream.range((int) first, (int) Math.min(rows.length, first + together))
                    .boxed()
                    .sorted(Comparator.comparingInt(i -> rows[i].length))
                    .mapToInt(i -> i)
                    .toArray();
            batches.addAll(cheapest(byLength, most));
        }
        return batches;
    }

    /** For each token, row by row, its place among the tokens of batches one after another. */
    int[] inOrder(List<int[]> batches) {
        int[] first = new int[rows.length];
        int next = 0;
        for (int[] batch : batches) {
            for (int row : batch) {
                first[row] = next;
                next += rows[row].length;
            }
        }
        return IntStream.range(0, rows.length)
                .flatMap(row -> IntStream.range(first[row], first[row] + rows[row].length))
                .toArray();
    }

    /** Some rows, made equally long. */
    public TokenBatch batch(int[] numbers) {
        return new TokenBatch(
                Arrays.stream(numbers).mapToObj(i -> rows[i]).toArray(int[][]::new),
                documents.length == 0
                        ? documents
                        : Arrays.stream(numbers).mapToObj(i -> documents[i]).toArray(int[][]::new));
    }

    /** Cuts rows, sorted by length, into the groups that cost least; of groups that cost the same, large ones first. */
    private List<int[]> cheapest(int[] byLength, long most) {
        int count = byLength.length;
        long[] cost = new long[count + 1];
        int[] end = new int[count];
        for (int first = count - 1; first >= 0; first--) {
            cost[first] = Long.MAX_VALUE;
            for (int next = first + 1; next <= count; next++) {
                long padded = (long) (next - first) * rows[byLength[next - 1]].length;
                if (padded > most && next > first + 1) {
                    break;
                }
                long together = TOKENS_PER_PASS + padded + cost[next];
                if (together <= cost[first]) {
                    cost[first] = together;
                    end[first] = next;
                }
            }
        }
        List<int[]> groups = new ArrayList<>();
        for (int first = 0; first < count; first = end[first]) {
            groups.add(Arrays.copyOfRange(byLength, first, end[first]));
        }
        return groups;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenRows that
                && hash == that.hash
                && Arrays.deepEquals(rows, that.rows)
                && Arrays.deepEquals(documents, that.documents);
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
