package loupe.index;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.Refusal;
import org.duckdb.DuckDBConnection;

/**
 * DuckDB's library, which it copies out of its jar into the folder for temporary files and runs from there. The copy is
 * removed as soon as it is in memory, where the system allows that (Linux): at the end of the process is too late for
 * one that is killed.
 */
final class DatabaseLibrary {
    private static final Path MAPPED = Path.of("/proc/self/maps");
    private static final Pattern COPY = Pattern.compile(" (/.*/libduckdb_java\\d+\\.so)$", Pattern.MULTILINE);
    private static final String MEGABYTES = "72 MB";

    private DatabaseLibrary() {}

    /**
     * Connects to a database of its own in memory.
     *
     * @throws Refusal if the library cannot be copied or run
     */
    static DuckDBConnection connect(Properties properties) throws SQLException {
        try {
            DuckDBConnection connection = (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:", properties);
            removeCopy();
            return connection;
        } catch (LinkageError failure) {
            Throwable cause = failure;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new Refusal(
                    "The database's library cannot be run from the folder for temporary files, "
                            + System.getProperty("java.io.tmpdir") + " (" + cause.getMessage() + ")",
                    MEGABYTES + " of room in a folder that programs may be run from",
                    "Make room, or name another in the environment: JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=FOLDER");
        }
    }

    private static void removeCopy() {
        try {
            if (Files.isReadable(MAPPED)) {
                Matcher copies = COPY.matcher(Files.readString(MAPPED, StandardCharsets.ISO_8859_1));
                while (copies.find()) {
                    Files.deleteIfExists(Path.of(
                            new String(copies.group(1).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)));
                }
            }
        } catch (IOException stays) {
            // until the end of the process, when Java removes it
        }
    }
}
