package loupe.analysis.batch;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.base.CheckpointException;
import loupe.format.JsonLines;

/** The file of a batch: a line of settings, then one line per feature. One thread at a time. */
public final class BatchFile implements AutoCloseable {
    private final JsonLines lines;
    private final Set<Integer> features = new LinkedHashSet<>();
    private final List<BatchRow> rows = new ArrayList<>();

    private BatchFile(JsonLines lines) {
        this.lines = lines;
        for (JsonNode line : lines.documents()) {
            if (line.path("feature").isInt()
                    && features.add(line.path("feature").intValue())) {
                rows.add(BatchRow.of(line));
            }
        }
    }

    /**
     * Creates a file, or resumes one of the same settings.
     *
     * @throws CheckpointException if somebody else is writing the file, it has other settings, or is not a batch file
     */
    public static BatchFile open(Path file, Map<String, Object> settings) {
        try {
            JsonLines lines = JsonLines.open(file);
            try {
                if (lines.documents().isEmpty()) {
                    lines.add(Map.of("settings", settings));
                } else {
                    requireSame(file, lines.documents().get(0).path("settings"), JsonLines.asRead(settings), settings);
                }
                return new BatchFile(lines);
            } catch (RuntimeException refused) {
                lines.close();
                throw refused;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The name of the checkpoint that a batch file is of; empty if it does not say. */
    public static String sae(Path file) {
        for (JsonNode line : JsonLines.read(file)) {
            return line.path("settings").path("sae").asText("");
        }
        return "";
    }

    private static void requireSame(Path file, JsonNode before, JsonNode now, Map<String, Object> settings) {
        if (!before.equals(now)) {
            String key = settings.keySet().stream()
                    .filter(name -> !before.path(name).equals(now.path(name)))
                    .findFirst()
                    .orElse("settings");
            throw new CheckpointException(
                    file,
                    before.isMissingNode() ? "no settings in the first line" : key + " " + before.path(key),
                    key + " " + now.path(key),
                    "Use those settings, or choose another file");
        }
    }

    /**
     * Reads the rows of a finished or interrupted batch.
     *
     * @throws CheckpointException if the file is not a batch file
     */
    public static List<BatchRow> read(Path file) {
        List<BatchRow> rows = new ArrayList<>();
        for (JsonNode line : JsonLines.read(file)) {
            if (line.path("feature").isInt()) {
                rows.add(BatchRow.of(line));
            }
        }
        if (rows.isEmpty()) {
            throw new CheckpointException(
                    file,
                    "no line with a \"feature\"",
                    "a batch's lines: settings, then a feature each",
                    "Choose a file that a batch has written");
        }
        return rows;
    }

    /** The features that were there already or have been added. */
    public Set<Integer> features() {
        return Set.copyOf(features);
    }

    /** The rows that were there when the file was opened. */
    public List<BatchRow> rows() {
        return List.copyOf(rows);
    }

    /** Writes a feature's document; it is on the disk when this returns. */
    public BatchRow add(Map<String, Object> line) {
        lines.add(line);
        JsonNode read = JsonLines.asRead(line);
        features.add(read.path("feature").intValue());
        return BatchRow.of(read);
    }

    @Override
    public void close() {
        try {
            lines.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
