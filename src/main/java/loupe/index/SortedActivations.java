package loupe.index;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import loupe.sae.SparseFeatures;
import org.duckdb.DuckDBAppender;

/**
 * Turns the staged batches of one autoencoder, which come token by token, into a Parquet file sorted by feature and
 * then token. Works in passes over ranges of features so that memory stays bounded, whatever the corpus.
 */
final class SortedActivations {
    /** Activations sorted in memory at a time; 8 bytes each. */
    private static final int ROWS_AT_ONCE = 16 << 20;
    /**
     * Of 40 million rows one feature is found in 9 ms; in groups half as large in 12 ms, since each has to be looked
     * at, and twice as large in no less.
     */
    static final int ROW_GROUP = 122_880;

    private final Path staging;
    private final int sae;
    private final int contextLength;
    private final long places;
    private final FeatureStatistics statistics;
    private final long[] rows;

    /** @param sae index of the autoencoder in each batch */
    private SortedActivations(Path staging, int sae, int features, int contextLength, long places) {
        this.staging = staging;
        this.sae = sae;
        this.contextLength = contextLength;
        this.places = places;
        statistics = FeatureStatistics.empty(features);
        rows = new long[features];
    }

    /**
     * Writes {@code activations.parquet}, {@code features.parquet} and {@code by-token.bin} into {@code folder}.
     *
     * @param places running numbers of tokens, see {@link IndexInfo#places}
     * @return stored activations
     */
    static long write(Parquet parquet, Path staging, int sae, int features, int contextLength, long places, Path folder)
            throws IOException, SQLException {
        SortedActivations sorted = new SortedActivations(staging, sae, features, contextLength, places);
        try (ActivationsByToken.Writer byToken =
                new ActivationsByToken.Writer(folder.resolve(ActivationsByToken.FILE), places)) {
            sorted.count(byToken);
            byToken.finish();
        }
        sorted.writeActivations(parquet, folder.resolve("activations.parquet"));
        writeStatistics(parquet, sorted.statistics, folder.resolve("features.parquet"));
        long total = 0;
        for (long count : sorted.rows) {
            total += count;
        }
        return total;
    }

    private void count(ActivationsByToken.Writer byToken) throws IOException {
        long[] begun = new long[1];
        int[] contexts = new int[1];
        Staging.scan(staging, (batch, payload) -> {
            StagedBatch staged = StagedBatch.decode(payload);
            SparseFeatures features = staged.activations().get(sae);
            int[] tokens = staged.tokenNumbers(contexts[0], contextLength);
            contexts[0] += staged.contexts().size();
            for (int row = 0; row < features.rows(); row++) {
                for (; begun[0] <= tokens[row]; begun[0]++) {
                    byToken.token();
                }
                for (int i = features.offsets()[row]; i < features.offsets()[row + 1]; i++) {
                    rows[features.features()[i]]++;
                    statistics.add(features.features()[i], features.values()[i]);
                    byToken.add(features.features()[i], features.values()[i]);
                }
            }
        });
        for (; begun[0] < places; begun[0]++) {
            byToken.token();
        }
    }

    private void writeActivations(Parquet parquet, Path file) throws IOException, SQLException {
        parquet.run("CREATE OR REPLACE TABLE staged (feature INTEGER, tokens INTEGER[], activations FLOAT[])");
        for (int first = 0; first < rows.length; ) {
            int end = first;
            for (long sum = 0; end < rows.length && (end == first || sum + rows[end] <= ROWS_AT_ONCE); end++) {
                sum += rows[end];
            }
            append(parquet, first, end);
            first = end;
        }
        parquet.write(
                "SELECT feature, unnest(tokens) AS token, unnest(activations) AS activation FROM staged",
                file,
                ROW_GROUP);
        parquet.run("DROP TABLE staged");
    }

    private void append(Parquet parquet, int first, int end) throws IOException, SQLException {
        int[][] tokens = new int[end - first][];
        float[][] values = new float[end - first][];
        for (int f = first; f < end; f++) {
            tokens[f - first] = new int[Math.toIntExact(rows[f])];
            values[f - first] = new float[tokens[f - first].length];
        }
        int[] filled = new int[end - first];
        int[] contexts = new int[1];
        Staging.scan(staging, (batch, payload) -> {
            StagedBatch staged = StagedBatch.decode(payload);
            SparseFeatures features = staged.activations().get(sae);
            int[] numbers = staged.tokenNumbers(contexts[0], contextLength);
            contexts[0] += staged.contexts().size();
            for (int row = 0; row < features.rows(); row++) {
                for (int i = features.offsets()[row]; i < features.offsets()[row + 1]; i++) {
                    int f = features.features()[i] - first;
                    if (f >= 0 && f < tokens.length) {
                        tokens[f][filled[f]] = numbers[row];
                        values[f][filled[f]++] = features.values()[i];
                    }
                }
            }
        });
        try (DuckDBAppender appender = parquet.connection().createAppender("main", "staged")) {
            for (int f = first; f < end; f++) {
                if (rows[f] > 0) {
                    appender.beginRow()
                            .append(f)
                            .append(tokens[f - first])
                            .append(values[f - first])
                            .endRow();
                }
            }
        }
    }

    static void writeStatistics(Parquet parquet, FeatureStatistics statistics, Path file) throws SQLException {
        parquet.run("CREATE OR REPLACE TABLE staged (feature INTEGER, count BIGINT, sum DOUBLE, sum_of_squares DOUBLE, "
                + "mass DOUBLE, max FLOAT, min FLOAT)");
        try (DuckDBAppender appender = parquet.connection().createAppender("main", "staged")) {
            for (int f = 0; f < statistics.features(); f++) {
                appender.beginRow()
                        .append(f)
                        .append(statistics.count()[f])
                        .append(statistics.sum()[f])
                        .append(statistics.sumOfSquares()[f])
                        .append(statistics.mass()[f])
                        .append(statistics.max()[f])
                        .append(statistics.min()[f])
                        .endRow();
            }
        }
        parquet.write("SELECT * FROM staged ORDER BY feature", file, ROW_GROUP);
        parquet.run("DROP TABLE staged");
    }
}
