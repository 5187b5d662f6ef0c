package loupe.index;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import loupe.base.CheckpointException;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;

/**
 * Starts the embedded DuckDB and names files to it. It reads and writes what it is given and nothing else: no extension
 * is loaded, and no path is a pattern or says anything about what is in the file, as a path may to DuckDB.
 */
public final class Database {
    private Database() {}

    /**
     * An empty database in memory.
     *
     * @param scratch folder for what does not fit into memory
     * @param settings SQL that is run before the settings can no longer be changed
     * @param within all folders whose files it may read and write
     */
    static DuckDBConnection inMemory(Path scratch, List<String> settings, List<Path> within) throws SQLException {
        List<String> all = new ArrayList<>(settings);
        all.add("SET temp_directory = '" + quoted(scratch) + "'");
        all.add("SET allowed_directories = ["
                + within.stream()
                        .map(folder -> literalAndPattern(Path.of(real(folder) + "/")))
                        .collect(Collectors.joining(", "))
                + "]");
        return start(false, all);
    }

    /** An empty database in memory that reads one file, row by row. */
    static DuckDBConnection reading(Path file, List<String> settings) throws SQLException {
        List<String> all = new ArrayList<>(settings);
        all.add("SET allowed_paths = [" + literalAndPattern(real(file)) + "]");
        return start(true, all);
    }

    /**
     * Starts the database once, so that a long pass does not end where its library cannot be unpacked.
     *
     * @param folder where an index will be
     * @return its version
     * @throws loupe.base.Refusal if it does not start, or cannot name the folder
     */
    public static String require(Path folder) {
        pattern(folder);
        try (DuckDBConnection connection = start(false, List.of())) {
            return connection.getMetaData().getDatabaseProductVersion();
        } catch (SQLException e) {
            throw new IllegalStateException("the embedded database did not start: " + e.getMessage(), e);
        }
    }

    private static DuckDBConnection start(boolean streaming, List<String> settings) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("autoinstall_known_extensions", "false");
        properties.setProperty("autoload_known_extensions", "false");
        if (streaming) {
            properties.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
        }
        DuckDBConnection connection = DatabaseLibrary.connect(properties);
        try (Statement statement = connection.createStatement()) {
            for (String setting : settings) {
                statement.execute(setting);
            }
            statement.execute("SET enable_external_access = false");
            statement.execute("SET lock_configuration = true");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** {@code FROM} one Parquet file. */
    static String fromParquet(Path file) {
        return " FROM read_parquet(" + pattern(file) + ", hive_partitioning = false)";
    }

    /** A path as it may stand between single quotes where it is no pattern. */
    static String quoted(Path path) {
        return real(path).toString().replace("'", "''");
    }

    /**
     * The pattern that only this file fits, between quotes.
     *
     * @throws CheckpointException for a path that no pattern can name
     */
    static String pattern(Path path) {
        StringBuilder pattern = new StringBuilder("'");
        boolean special = false;
        String name = real(path).toString();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            switch (c) {
                case '*', '?', '[' -> {
                    special = true;
                    pattern.append('[').append(c).append(']');
                }
                case '\'' -> pattern.append("''");
                default -> pattern.append(c);
            }
        }
        if (special && java.io.File.separatorChar == '/' && name.indexOf('\\') >= 0) {
            throw new CheckpointException(
                    path,
                    "the path has a backslash and one of * ? [ in it, which the database cannot read together",
                    "",
                    "Rename the folder or the file");
        }
        return pattern.append("'").toString();
    }

    private static String literalAndPattern(Path path) {
        return "'" + quoted(path) + "', " + pattern(path);
    }

    /** With the links to its folder resolved, since access is decided by the beginning of a path. */
    private static Path real(Path path) {
        Path absolute = path.toAbsolutePath();
        try {
            Path folder = absolute.getParent();
            return folder == null ? absolute : folder.toRealPath().resolve(absolute.getFileName());
        } catch (IOException notThere) {
            return absolute.normalize();
        }
    }
}
