package loupe.training;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.format.JsonFiles;

/** How long each part of a long job took, added up over interruptions and kept in a file. */
public final class Stopwatch {
    private final Path file;
    private final Map<String, Double> seconds = new LinkedHashMap<>();

    public Stopwatch(Path file) {
        this.file = file;
        if (Files.exists(file)) {
            JsonNode saved = JsonFiles.read(file);
            saved.fieldNames()
                    .forEachRemaining(part -> seconds.put(part, saved.get(part).asDouble()));
        }
    }

    public interface Work {
        void run() throws IOException;
    }

    public void time(String part, Work work) throws IOException {
        long start = System.nanoTime();
        try {
            work.run();
        } finally {
            add(part, System.nanoTime() - start);
        }
    }

    /** Adds time that a part has taken already. */
    public void add(String part, long nanoseconds) {
        seconds.merge(part, nanoseconds / 1e9, Double::sum);
        JsonFiles.write(file, seconds);
    }

    /** Seconds by part, in the order in which the parts were first timed. */
    public Map<String, Double> seconds() {
        return new LinkedHashMap<>(seconds);
    }
}
