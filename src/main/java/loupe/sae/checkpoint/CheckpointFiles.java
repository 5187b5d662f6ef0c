package loupe.sae.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.Remedy;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.StoredTensor;

/** The file or folder that the user chose: its tensors, and the configuration files beside them. */
final class CheckpointFiles implements AutoCloseable {
    private static final List<String> WRAPPERS = List.of("", "ae.", "state_dict.", "model_state_dict.");
    private static final List<String> TELLING = List.of(
            "W_dec",
            "w_dec",
            "decoder.weight",
            "decoder",
            "W_enc",
            "w_enc",
            "encoder.weight",
            "W_gate",
            "decoder_linear.weight");
    /** How many tensors a message lists. */
    private static final int SUMMARISED = 3;

    private static final String COMPILED = "_orig_mod.";

    private final Path path;
    private final Path folder;
    private final TensorArchive archive;
    private final String prefix;
    private final Map<String, TensorArchive> beside = new LinkedHashMap<>();
    private final Map<String, Optional<ConfigJson>> configs = new LinkedHashMap<>();

    private CheckpointFiles(Path path, Path folder, TensorArchive archive) {
        this.path = path;
        this.folder = folder;
        this.archive = archive;
        this.prefix = prefixOf(archive);
    }

    /**
     * @throws CheckpointException if there is no such file, a folder holds no checkpoint or several, or the file is
     *     refused
     */
    static CheckpointFiles open(Path path) {
        Path start = path.getFileName() != null
                        && path.getFileName().toString().endsWith(".json")
                        && path.getParent() != null
                ? path.getParent()
                : path;
        if (!Files.exists(start)) {
            throw new CheckpointException(path, "there is no such file or folder", "", "");
        }
        CheckpointSearch.Found found = Files.isDirectory(start)
                ? CheckpointSearch.in(start)
                : new CheckpointSearch.Found(
                        Optional.ofNullable(start.getParent()).orElse(Path.of("")), start);
        return new CheckpointFiles(path, found.folder(), TensorArchives.open(found.weights()));
    }

    /** The path that the user chose. */
    Path path() {
        return path;
    }

    /** The folder that holds the weights, or the folder that the user chose. */
    Path folder() {
        return folder;
    }

    TensorArchive archive() {
        return archive;
    }

    /** The name of the file that holds the tensors. */
    String fileName() {
        return archive.path().getFileName().toString();
    }

    /** How the state dict is wrapped in the file; {@code "ae."} for an interrupted run of dictionary_learning. */
    String prefix() {
        return prefix;
    }

    /** Whether the full name of a tensor, prefix included, matches the pattern. */
    boolean hasLike(Pattern name) {
        return archive.names().stream().anyMatch(name.asMatchPredicate());
    }

    boolean has(String... names) {
        return Arrays.stream(names).allMatch(name -> find(name).isPresent());
    }

    Optional<StoredTensor> find(String name) {
        return archive.find(prefix + name);
    }

    StoredTensor tensor(String name) {
        return archive.tensor(prefix + name);
    }

    /** The numbers that the names of the files in the folder of the weights have where the pattern's group is. */
    SortedSet<Integer> numbered(Pattern fileName) {
        Path parent = archive.path().toAbsolutePath().getParent();
        try (Stream<Path> entries = Files.list(parent)) {
            SortedSet<Integer> numbers = new TreeSet<>();
            entries.map(entry -> fileName.matcher(entry.getFileName().toString()))
                    .filter(Matcher::matches)
                    .forEach(name -> numbers.add(Integer.valueOf(name.group(1))));
            return numbers;
        } catch (IOException e) {
            throw new CheckpointException(parent, "the folder cannot be read", "", "", e);
        }
    }

    /**
     * A tensor of a file in the folder of the weights, which stays open as long as these do.
     *
     * @param file the name of another file, or of the one that was chosen
     * @throws CheckpointException if there is no such file
     */
    Optional<StoredTensor> find(String file, String name) {
        return file.equals(fileName()) ? find(name) : beside(file).find(name);
    }

    /**
     * The same.
     *
     * @throws CheckpointException if there is no such file, or no such tensor in it
     */
    StoredTensor tensor(String file, String name) {
        return file.equals(fileName()) ? tensor(name) : beside(file).tensor(name);
    }

    private TensorArchive beside(String file) {
        return beside.computeIfAbsent(file, name -> {
            Path other = archive.path().resolveSibling(name);
            if (!Files.isRegularFile(other)) {
                throw refused(
                        "there is no " + name + " beside it", "both files of the layer", "Download that file too");
            }
            return TensorArchives.open(other);
        });
    }

    /** Axes of a tensor, or none if there is no such tensor. */
    long[] shape(String name) {
        return find(name)
                .map(t -> t.shape().stream().mapToLong(Long::longValue).toArray())
                .orElse(new long[0]);
    }

    /** A tensor of one element, whatever its type. */
    Optional<Double> scalar(String name) {
        return find(name).map(tensor -> {
            if (tensor.elements() != 1) {
                throw refused(name + " has " + tensor.elements() + " elements", "one");
            }
            return tensor.dtype().isFloating()
                    ? (double) tensor.toHost().data()[0]
                    : (double) tensor.readIntegers(0, 1)[0];
        });
    }

    /** A configuration file in the folder, as its top-level object. */
    Optional<ConfigJson> config(String name) {
        return configs.computeIfAbsent(name, n -> {
            Path file = folder.resolve(n);
            return Files.isRegularFile(file) ? Optional.of(ConfigJson.read(file)) : Optional.empty();
        });
    }

    CheckpointException refused(String found, String expected) {
        return refused(found, expected, "");
    }

    CheckpointException refused(String found, String expected, String advice, Remedy... remedies) {
        return new CheckpointException(path, found, expected, advice, remedies);
    }

    /** Names and shapes of the tensors, for a message. */
    String summary() {
        List<String> names = archive.names();
        String listed = names.stream()
                .limit(SUMMARISED)
                .map(n -> n + archive.tensor(n).shape())
                .collect(Collectors.joining(", "));
        return names.isEmpty()
                ? "no tensors"
                : names.size() > SUMMARISED ? listed + " and " + (names.size() - SUMMARISED) + " more" : listed;
    }

    @Override
    public void close() {
        beside.values().forEach(TensorArchive::close);
        archive.close();
    }

    private static String prefixOf(TensorArchive archive) {
        for (String wrapper : WRAPPERS) {
            for (String compiled : List.of("", COMPILED)) {
                if (TELLING.stream()
                        .anyMatch(
                                name -> archive.find(wrapper + compiled + name).isPresent())) {
                    return wrapper + compiled;
                }
            }
        }
        return "";
    }
}
