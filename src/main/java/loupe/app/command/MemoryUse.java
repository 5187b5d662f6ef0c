package loupe.app.command;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The memory that a long pass takes while it runs: a line for every so many tokens. */
final class MemoryUse {
    private static final long EVERY_TOKENS = 100_000;
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";
    private static final String MOST_RESIDENT = "VmHWM:";

    private final List<Line> lines = new ArrayList<>();
    private long next = EVERY_TOKENS;

    /** Records the memory if enough tokens have passed since the last line. */
    void at(long tokens) {
        if (tokens >= next) {
            next = tokens - tokens % EVERY_TOKENS + EVERY_TOKENS;
            line(tokens);
        }
    }

    /** The lines so far, and a current one. */
    List<Line> finished(long tokens) {
        line(tokens);
        return List.copyOf(lines);
    }

    private void line(long tokens) {
        lines.add(new Line(
                tokens,
                status(RESIDENT),
                status(MOST_RESIDENT),
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()));
    }

    /**
     * The memory after some tokens.
     *
     * @param residentBytes of the process; empty where the system does not say, as the next
     * @param mostResidentBytes so far
     */
    record Line(long tokens, Optional<Long> residentBytes, Optional<Long> mostResidentBytes, long heapUsedBytes) {}

    /** A figure of the process in bytes; empty where the system has no such file. */
    private static Optional<Long> status(String key) {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith(key))
                    .map(line -> line.replaceAll("[^0-9]", ""))
                    .map(kilobytes -> Long.parseLong(kilobytes) * 1024)
                    .findFirst();
        } catch (IOException noSuchFile) {
            return Optional.empty();
        }
    }
}
