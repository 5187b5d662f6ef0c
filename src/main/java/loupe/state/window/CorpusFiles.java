package loupe.state.window;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The texts of one corpus: files and folders, at least one, in the order in which they are read.
 *
 * @param paths each once
 */
public record CorpusFiles(List<Path> paths) {
    private static final String SETTING = "corpus";

    public CorpusFiles {
        paths = paths.stream().distinct().toList();
        if (paths.isEmpty()) {
            throw new IllegalArgumentException("a corpus has at least one file");
        }
    }

    public static CorpusFiles of(Path... paths) {
        return new CorpusFiles(List.of(paths));
    }

    public Path first() {
        return paths.get(0);
    }

    /** The name of its file or folder, or how many there are: {@code 3 files}. */
    public String name() {
        if (paths.size() > 1) {
            return paths.size() + " files";
        }
        return first().getFileName() == null
                ? first().toString()
                : first().getFileName().toString();
    }

    /** All paths, one a line. */
    @Override
    public String toString() {
        return paths.stream().map(Path::toString).collect(Collectors.joining("\n"));
    }

    /** What a session remembers, by name. */
    public Map<String, String> remembered() {
        Map<String, String> kept = new HashMap<>();
        for (int i = 0; i < paths.size(); i++) {
            kept.put(setting(i), paths.get(i).toString());
        }
        return kept;
    }

    /** What a session remembered; empty if it had no corpus. */
    public static Optional<CorpusFiles> recalled(Map<String, String> kept) {
        List<Path> paths = new ArrayList<>();
        for (String path = kept.get(setting(0)); path != null; path = kept.get(setting(paths.size()))) {
            paths.add(Path.of(path));
        }
        return paths.isEmpty() ? Optional.empty() : Optional.of(new CorpusFiles(paths));
    }

    private static String setting(int place) {
        return place == 0 ? SETTING : SETTING + "." + (place + 1);
    }
}
