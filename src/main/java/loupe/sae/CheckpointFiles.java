package loupe.sae;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.StoredTensor;

/** The file or folder somebody pointed at: its tensors, and the configuration files beside them. */
final class CheckpointFiles implements AutoCloseable {
    private static final List<String> WEIGHT_FILES = List.of("sae_weights.safetensors", "ae.pt", "sae.safetensors", "params.npz",
            "params.safetensors", "checkpoints/final.safetensors", "sae.pt", "autoencoder.pt");
    private static final List<String> NOT_WEIGHTS = List.of("sparsity.safetensors", "activations_store_state.safetensors", "examples.safetensors",
            "trainer_state.pt");
    private static final List<String> ENDINGS = List.of(".pt", ".pth", ".safetensors", ".npz", ".bin", ".pkl", ".pkl.gz");
    private static final List<String> WRAPPERS = List.of("", "ae.", "state_dict.", "model_state_dict.");
    private static final List<String> TELLING = List.of("W_dec", "w_dec", "decoder.weight", "decoder", "W_enc", "w_enc", "encoder.weight",
            "W_gate", "decoder_linear.weight");
    private static final String COMPILED = "_orig_mod.";

    private final Path path;
    private final Path folder;
    private final TensorArchive archive;
    private final String prefix;
    private final Map<String, Optional<Settings>> configs = new LinkedHashMap<>();

    private CheckpointFiles(Path path, Path folder, TensorArchive archive) {
        this.path = path;
        this.folder = folder;
        this.archive = archive;
        this.prefix = prefixOf(archive);
    }

    /** @throws CheckpointException if there is no such file, a folder holds no weights or several, or the file is refused */
    static CheckpointFiles open(Path path) {
        Path start = path.getFileName() != null && path.getFileName().toString().endsWith(".json") && path.getParent() != null ? path.getParent() : path;
        if (!Files.exists(start)) {
            throw new CheckpointException(path, "there is no such file or folder", "", "");
        }
        Path weights = Files.isDirectory(start) ? weightsIn(start) : start;
        Path folder = Files.isDirectory(start) ? start : Optional.ofNullable(start.getParent()).orElse(Path.of(""));
        return new CheckpointFiles(path, folder, TensorArchives.open(weights));
    }

    /** What the user pointed at. */
    Path path() {
        return path;
    }

    /** The folder the weights lie in, or that was pointed at. */
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

    boolean has(String... names) {
        return Arrays.stream(names).allMatch(name -> find(name).isPresent());
    }

    Optional<StoredTensor> find(String name) {
        return archive.find(prefix + name);
    }

    StoredTensor tensor(String name) {
        return archive.tensor(prefix + name);
    }

    /** Axes of a tensor, or none if there is no such tensor. */
    long[] shape(String name) {
        return find(name).map(t -> t.shape().stream().mapToLong(Long::longValue).toArray()).orElse(new long[0]);
    }

    /** A tensor of one element, whatever its type. */
    Optional<Double> scalar(String name) {
        return find(name).map(tensor -> {
            if (tensor.elements() != 1) {
                throw refused(name + " has " + tensor.elements() + " elements", "one");
            }
            return tensor.dtype().isFloating() ? (double) tensor.toHost().data()[0] : (double) tensor.readIntegers(0, 1)[0];
        });
    }

    /** A configuration file in the folder, as its top-level object. */
    Optional<Settings> config(String name) {
        return configs.computeIfAbsent(name, n -> {
            Path file = folder.resolve(n);
            return Files.isRegularFile(file) ? Optional.of(Settings.read(file)) : Optional.empty();
        });
    }

    CheckpointException refused(String found, String expected) {
        return refused(found, expected, "");
    }

    CheckpointException refused(String found, String expected, String remedy) {
        return new CheckpointException(path, found, expected, remedy);
    }

    /** Names and shapes of the tensors, for a message. */
    String summary() {
        List<String> names = archive.names();
        String listed = names.stream().limit(12).map(n -> n + archive.tensor(n).shape()).collect(Collectors.joining(", "));
        return names.isEmpty() ? "no tensors" : names.size() > 12 ? listed + " and " + (names.size() - 12) + " more" : listed;
    }

    @Override
    public void close() {
        archive.close();
    }

    private static String prefixOf(TensorArchive archive) {
        for (String wrapper : WRAPPERS) {
            for (String compiled : List.of("", COMPILED)) {
                if (TELLING.stream().anyMatch(name -> archive.find(wrapper + compiled + name).isPresent())) {
                    return wrapper + compiled;
                }
            }
        }
        return "";
    }

    private static Path weightsIn(Path folder) {
        for (String name : WEIGHT_FILES) {
            if (Files.exists(folder.resolve(name))) {
                return folder.resolve(name);
            }
        }
        List<Path> candidates;
        try (Stream<Path> entries = Files.list(folder)) {
            candidates = entries.filter(CheckpointFiles::mayHoldWeights).sorted().toList();
        } catch (IOException e) {
            throw new CheckpointException(folder, "the folder cannot be read", "", "", e);
        }
        if (candidates.size() == 1) {
            return candidates.get(0);
        }
        String names = candidates.stream().limit(8).map(c -> c.getFileName().toString()).collect(Collectors.joining(", "));
        String below = candidates.isEmpty() ? foldersWithWeights(folder) : "";
        throw candidates.isEmpty()
                ? new CheckpointException(folder, "there are no weights in this folder" + (below.isEmpty() ? "" : ", but in " + below),
                        "one of " + String.join(", ", WEIGHT_FILES), below.isEmpty() ? "" : "Choose one of these folders")
                : new CheckpointException(folder, "this folder holds " + candidates.size() + " files with weights (" + names + ")", "one", "Choose a file");
    }

    private static String foldersWithWeights(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Files::isDirectory).filter(f -> WEIGHT_FILES.stream().anyMatch(w -> Files.isRegularFile(f.resolve(w)))).sorted()
                    .limit(8).map(f -> f.getFileName().toString()).collect(Collectors.joining(", "));
        } catch (IOException e) {
            throw new CheckpointException(folder, "the folder cannot be read", "", "", e);
        }
    }

    private static boolean mayHoldWeights(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return Files.isRegularFile(file) && !NOT_WEIGHTS.contains(name) && ENDINGS.stream().anyMatch(name::endsWith);
    }
}
