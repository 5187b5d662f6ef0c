package loupe.index;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import loupe.base.Refusal;
import loupe.base.WriterLock;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * DuckDB's library, which it copies out of its jar into the folder for temporary files and runs from there. The copy is
 * removed as soon as it is in memory, where the system allows that (Linux): at the end of the process is too late for
 * one that is killed. What one left that was killed while it copied, the next one removes.
 */
final class DatabaseLibrary {
    private static final Path MAPPED = Path.of("/proc/self/maps");
    private static final Pattern COPY = Pattern.compile(" (/.*/libduckdb_java\\d+\\.so)$", Pattern.MULTILINE);
    private static final Pattern LEFT = Pattern.compile("libduckdb_java\\d+\\.(so|dylib|dll)");
    private static final String MEGABYTES = "72 MB";
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
    private static final Duration LONGEST_COPYING = Duration.ofMinutes(10);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final AtomicBoolean LOADED = new AtomicBoolean();

    private DatabaseLibrary() {}

    /**
     * Connects to a database of its own in memory.
     *
     * @throws Refusal if the library cannot be copied or run
     */
    static DuckDBConnection connect(Properties properties) throws SQLException {
        try {
            if (!LOADED.get()) {
                load(properties);
            }
            return (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:", properties);
        } catch (LinkageError failure) {
            Throwable cause = failure;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            String folder = System.getProperty("java.io.tmpdir");
            String reason =
                    String.valueOf(cause.getMessage()).replace(folder, "").strip();
            throw new Refusal(
                    "The database's library cannot be run from " + folder + " (" + reason + ")",
                    MEGABYTES + " free in a folder to run from",
                    "Make room, or name another by JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=FOLDER");
        }
    }

    /**
     * Copies the library and loads it, one process after another, so that what others have copied is known to be left
     * by processes that were killed.
     */
    private static synchronized void load(Properties properties) throws SQLException {
        if (LOADED.get()) {
            return;
        }
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        try (WriterLock alone = alone(folder)) {
            if (alone != null) {
                removeLeft(folder);
            }
            DriverManager.getConnection("jdbc:duckdb:", properties).close();
            removeCopy();
            LOADED.set(true);
        } catch (IOException lockStays) {
            LOADED.set(true);
        }
    }

    /** @return null if nothing can be locked there, or somebody holds the lock for longer than copying takes */
    private static @Nullable WriterLock alone(Path folder) {
        long end = System.nanoTime() + LONGEST_WAIT.toNanos();
        try {
            do {
                Optional<WriterLock> lock = WriterLock.takeIfFree(folder.resolve("libduckdb_java"));
                if (lock.isPresent()) {
                    return lock.get();
                }
                LockSupport.parkNanos(POLL.toNanos());
            } while (System.nanoTime() < end);
        } catch (IOException cannotBeLocked) {
            // loading says what is wrong with the folder
        }
        return null;
    }

    /**
     * Deletes copies that were left. Where others write too, such as in the system's folder, another program may be
     * about to run its own; there only what has not been written to for a while is left.
     */
    static void removeLeft(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            FileTime before = FileTime.from(Instant.now().minus(isPrivate(folder) ? Duration.ZERO : LONGEST_COPYING));
            for (Path copy : files.filter(
                            file -> LEFT.matcher(file.getFileName().toString()).matches())
                    .toList()) {
                if (Files.getLastModifiedTime(copy).compareTo(before) <= 0) {
                    Files.deleteIfExists(copy);
                }
            }
        } catch (IOException | UncheckedIOException stays) {
            // in use, or another user's
        }
    }

    /** Whether nobody but its owner can write there, as far as the system tells. */
    private static boolean isPrivate(Path folder) throws IOException {
        return Files.getFileStore(folder).supportsFileAttributeView("posix")
                && Collections.disjoint(
                        Files.getPosixFilePermissions(folder),
                        Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE));
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
