package loupe.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.tensor.DType;

/**
 * What a file or folder holds, found without reading a tensor.
 *
 * @param container the kinds of the weight files in it, usually one
 * @param tensors of all weight files, in file order
 * @param values everything but tensors, by dotted name; see {@link TensorArchive#values}
 * @param config the configuration files beside the weights, by file name, as plain maps and lists
 * @param warnings oddities that are no reason to refuse the file, one sentence each
 */
public record Inspection(
        Path path,
        String container,
        List<Tensor> tensors,
        Map<String, Object> values,
        Map<String, Object> config,
        List<String> warnings) {
    private static final List<String> CONFIG_FILES =
            List.of("config.json", "cfg.json", "hyperparams.json", "lm_config.json");

    public Inspection {
        tensors = List.copyOf(tensors);
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        config = Collections.unmodifiableMap(new LinkedHashMap<>(config));
        warnings = List.copyOf(warnings);
    }

    /**
     * One tensor.
     *
     * @param file the file it lies in, of several shards the index
     * @param bytes size in the stored type
     */
    public record Tensor(String name, DType dtype, List<Long> shape, long bytes, Path file) {}

    /**
     * What is in a file or folder of weights.
     *
     * @throws CheckpointException if it holds no weights in a known format, or is damaged
     */
    public static Inspection of(Path path) {
        Path weights = HubCache.resolve(path);
        List<Path> files = Files.isDirectory(weights) ? weightFiles(weights) : List.of(weights);
        TreeSet<String> containers = new TreeSet<>();
        List<Tensor> tensors = new ArrayList<>();
        Map<String, Object> values = new LinkedHashMap<>();
        List<String> warnings = new ArrayList<>();
        int damaged = 0;
        for (Path file : files) {
            String fileName = file.getFileName().toString();
            try (TensorArchive archive = TensorArchives.open(file)) {
                containers.add(archive.container().label());
                archive.names().stream()
                        .map(archive::tensor)
                        .forEach(tensor -> tensors.add(
                                new Tensor(tensor.name(), tensor.dtype(), tensor.shape(), tensor.bytes(), file)));
                archive.values()
                        .forEach((name, value) ->
                                values.putIfAbsent(files.size() == 1 ? name : fileName + ": " + name, value));
                archive.warnings()
                        .forEach(warning -> warnings.add(files.size() == 1 ? warning : fileName + ": " + warning));
            } catch (CheckpointException unreadable) {
                if (++damaged == files.size()) {
                    throw unreadable;
                }
                warnings.add(unreadable.getMessage());
            }
        }
        if (tensors.isEmpty()) {
            warnings.add("There is no tensor in it");
        }
        return new Inspection(
                path, String.join(", ", containers), tensors, values, configs(weights, warnings), warnings);
    }

    /** The weights of a model folder as transformers would find them; else every weight file in the folder. */
    private static List<Path> weightFiles(Path folder) {
        for (String name : TensorArchives.WEIGHT_FILES) {
            HubCache.requireTarget(folder.resolve(name));
            if (Files.exists(folder.resolve(name))) {
                return List.of(folder.resolve(name));
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found = files.filter(Inspection::isWeightFile).sorted().toList();
            if (found.isEmpty()) {
                throw new CheckpointException(
                        folder,
                        "the folder has no weight file",
                        "a file ending in " + String.join(", ", TensorArchives.ENDINGS),
                        "Choose the folder that holds the weights, or the weight file itself");
            }
            return found;
        } catch (IOException e) {
            throw new CheckpointException(
                    folder,
                    "the folder cannot be listed (" + FileFailure.reason(e) + ")",
                    "a readable folder",
                    "Check its permissions",
                    e);
        }
    }

    private static boolean isWeightFile(Path file) {
        return !file.getFileName().toString().startsWith(".") && TensorArchives.mayHoldTensors(file);
    }

    /**
     * The settings beside the weights, of an earlier state of a run those one folder up; one that is damaged is named.
     */
    private static Map<String, Object> configs(Path path, List<String> warnings) {
        Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().resolveSibling("");
        Map<String, Object> configs = new LinkedHashMap<>();
        for (String name : CONFIG_FILES) {
            Path file = folder.resolve(name);
            Path absolute = folder.toAbsolutePath().normalize();
            if (!Files.isRegularFile(file) && absolute.endsWith("checkpoints")) {
                file = absolute.resolveSibling(name);
            }
            if (Files.isRegularFile(file)) {
                try {
                    configs.put(name, JsonFiles.values(JsonFiles.readSettings(file)));
                } catch (CheckpointException unreadable) {
                    warnings.add(unreadable.getMessage());
                }
            }
        }
        return configs;
    }
}
