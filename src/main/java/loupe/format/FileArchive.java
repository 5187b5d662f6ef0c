package loupe.format;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.base.CheckpointException;
import loupe.tensor.StoredTensor;

/** The tensors and values of one open file, or of several. Thread-safe. */
final class FileArchive implements TensorArchive {
    /** Characters of a message that may go to the names of the tensors that there are. */
    private static final int NAMES_LENGTH = 100;

    private final Path path;
    private final Container container;
    private final Map<String, StoredTensor> tensors;
    private final Map<String, Object> values;
    private final List<String> warnings;
    private final List<? extends AutoCloseable> files;

    /** @param files what {@link #close} closes */
    FileArchive(
            Path path,
            Container container,
            Map<String, StoredTensor> tensors,
            Map<String, Object> values,
            List<String> warnings,
            List<? extends AutoCloseable> files) {
        this.path = path;
        this.container = container;
        this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        this.warnings = List.copyOf(warnings);
        this.files = List.copyOf(files);
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Container container() {
        return container;
    }

    @Override
    public List<String> names() {
        return List.copyOf(tensors.keySet());
    }

    @Override
    public Optional<StoredTensor> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    @Override
    public StoredTensor tensor(String name) {
        return find(name)
                .orElseThrow(() -> new CheckpointException(
                        path,
                        "there is no tensor " + name + " in it, only " + someNames(),
                        "a tensor " + name,
                        "Choose another file, or another name"));
    }

    private String someNames() {
        if (tensors.isEmpty()) {
            return "no tensor at all";
        }
        StringBuilder listed = new StringBuilder();
        int named = 0;
        for (String name : tensors.keySet()) {
            if (named > 0 && listed.length() + name.length() > NAMES_LENGTH) {
                return listed + " and " + (tensors.size() - named) + " more";
            }
            listed.append(named++ == 0 ? "" : ", ").append(name);
        }
        return listed.toString();
    }

    @Override
    public Map<String, Object> values() {
        return values;
    }

    @Override
    public List<String> warnings() {
        return warnings;
    }

    @Override
    public void close() {
        RuntimeException first = null;
        for (AutoCloseable file : files) {
            try {
                file.close();
            } catch (Exception e) {
                first = first != null ? first : e instanceof RuntimeException r ? r : new IllegalStateException(e);
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
