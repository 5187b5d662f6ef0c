package loupe.index;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.AsideFile;
import loupe.base.CheckpointException;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/** An embedded DuckDB that reads and writes Parquet files; nothing else is kept in it. Not thread-safe. */
final class Parquet implements AutoCloseable {
    private static final Pattern WRAPPED = Pattern.compile("\"exception_message\":\"((?:[^\"\\\\]|\\\\.)*)\"");

    private final DuckDBConnection connection;

    /** A database for the files of one index. */
    Parquet(Path folder) {
        this(folder, List.of(folder));
    }

    /**
     * @param folder where it may put what does not fit into memory
     * @param within folders whose files it may read and write
     */
    Parquet(Path folder, List<Path> within) {
        try {
            connection = Database.inMemory(
                    folder,
                    List.of("SET threads = 2", "SET memory_limit = '1GB'", "SET parquet_metadata_cache = true"),
                    within);
        } catch (SQLException e) {
            throw new IllegalStateException("the embedded database did not start: " + e.getMessage(), e);
        }
    }

    DuckDBConnection connection() {
        return connection;
    }

    void run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Writes the result of a query beside {@code file}, then moves it there. */
    void write(String select, Path file, int rowGroup) throws SQLException {
        try (AsideFile aside = AsideFile.alone(file)) {
            run("COPY (" + select + ") TO '" + Database.quoted(aside.path())
                    + "' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE " + rowGroup + ")");
            aside.commit();
        } catch (IOException e) {
            throw new CheckpointException(
                    file,
                    "the file cannot be written (" + e.getMessage() + ")",
                    "",
                    "Free some space or choose another folder",
                    e);
        }
    }

    /** The reason in a database error, without the JSON around that of a failed write. */
    static String reason(@Nullable String message) {
        if (message == null) {
            return "no reason given";
        }
        Matcher wrapped = WRAPPED.matcher(message);
        return wrapped.find() ? wrapped.group(1).replace("\\\"", "\"") : message;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException("the embedded database did not close: " + e.getMessage(), e);
        }
    }
}
