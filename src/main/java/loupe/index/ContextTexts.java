package loupe.index;

import java.nio.file.Path;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The token ids of an index and which documents they are of, from {@code contexts.parquet}. Those of an index of up to
 * {@value #MOST_IN_MEMORY} tokens stay in memory once they have been read, since the examples of a feature are spread
 * over the whole file. Not thread-safe.
 */
final class ContextTexts {
    /** Up to 12 bytes each. */
    static final int MOST_IN_MEMORY = 2 << 20;

    private final Parquet parquet;
    private final IndexInfo info;
    private final long mostInMemory;
    private final String from;
    private @Nullable Map<Integer, Text> all;

    /** @param mostInMemory tokens */
    ContextTexts(Parquet parquet, Path folder, IndexInfo info, long mostInMemory) {
        this.mostInMemory = mostInMemory;
        this.parquet = parquet;
        this.info = info;
        from = Database.fromParquet(folder.resolve("contexts.parquet"));
    }

    /** Some contexts by number. */
    Map<Integer, Text> of(int[] contexts) throws SQLException {
        if (contexts.length == 0 || fitsInMemory()) {
            return contexts.length == 0 ? Map.of() : all();
        }
        return read(" WHERE context IN (" + listed(contexts) + ")");
    }

    /** For each id the running numbers of the counted tokens that have it, ascending. */
    List<int[]> tokensWith(int[] ids) throws SQLException {
        Map<Integer, IntStream.Builder> found = new HashMap<>();
        IntStream.of(ids).forEach(id -> found.put(id, IntStream.builder()));
        if (ids.length > 0 && fitsInMemory()) {
            Map<Integer, Text> contexts = all();
            for (int context = 0; context < contexts.size(); context++) {
                addTokens(context, Objects.requireNonNull(contexts.get(context)), info.contextLength(), found);
            }
        } else if (ids.length > 0) {
            search(ids, found);
        }
        return inOrder(ids, found);
    }

    /** Adds the counted tokens of one context to those of their ids, of the ids that are sought. */
    static void addTokens(int context, Text text, int contextLength, Map<Integer, IntStream.Builder> found) {
        for (int position = 0; position < text.ids().length; position++) {
            IntStream.Builder builder = found.get(text.ids()[position]);
            if (builder != null && text.counts(position)) {
                builder.add(context * contextLength + position);
            }
        }
    }

    /** What was found, in the order of the ids. */
    static List<int[]> inOrder(int[] ids, Map<Integer, IntStream.Builder> found) {
        return IntStream.of(ids)
                .mapToObj(id -> Objects.requireNonNull(found.get(id)).build().toArray())
                .toList();
    }

    private void search(int[] ids, Map<Integer, IntStream.Builder> found) throws SQLException {
        try (Statement statement = parquet.connection().createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT id, token FROM (SELECT unnest(ids) AS id, context * " + info.contextLength()
                                + " + generate_subscripts(ids, 1) - 1 AS token, "
                                + (info.masks().isNone() ? "0" : "unnest(left_out)") + " AS left_out" + from
                                + ") WHERE left_out = 0 AND id IN (" + listed(ids) + ") ORDER BY token")) {
            while (rows.next()) {
                Objects.requireNonNull(found.get(rows.getInt(1))).add(rows.getInt(2));
            }
        }
    }

    private boolean fitsInMemory() {
        return info.tokens() <= mostInMemory;
    }

    private Map<Integer, Text> all() throws SQLException {
        if (all == null) {
            all = read("");
        }
        return all;
    }

    private Map<Integer, Text> read(String where) throws SQLException {
        Map<Integer, Text> read = new HashMap<>();
        boolean masked = !info.masks().isNone();
        try (Statement statement = parquet.connection().createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT context, ids, documents" + (masked ? ", left_out" : "") + from + where)) {
            while (rows.next()) {
                read.put(
                        rows.getInt(1),
                        new Text(
                                ints(rows.getArray(2)),
                                ints(rows.getArray(3)),
                                masked ? ints(rows.getArray(4)) : new int[0]));
            }
        }
        return read;
    }

    private static String listed(int[] numbers) {
        return IntStream.of(numbers).mapToObj(Integer::toString).collect(Collectors.joining(", "));
    }

    private static int[] ints(Array array) throws SQLException {
        return Arrays.stream((Object[]) array.getArray())
                .mapToInt(value -> (Integer) value)
                .toArray();
    }

    /**
     * One context.
     *
     * @param leftOut for each token why it is left out, 0 if it counts; empty without masks
     */
    record Text(int[] ids, int[] documents, int[] leftOut) {
        boolean counts(int position) {
            return leftOut.length == 0 || leftOut[position] == 0;
        }
    }
}
