package loupe.format;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.base.CheckpointException;
import loupe.tensor.StoredTensor;

/**
 * Several files seen as one through {@code model.safetensors.index.json} or {@code pytorch_model.bin.index.json}. Only
 * files of the index's own folder are opened, and the index must match them; its {@code total_size} is often wrong in
 * practice and ignored.
 *
 * @see <a href="https://huggingface.co/docs/transformers/big_models">Hugging Face, sharded checkpoints</a>
 */
final class ShardedArchive {
    private static final String REMEDY = "Download the whole folder again";

    private ShardedArchive() {}

    /**
     * @throws CheckpointException if the index is malformed, names a file outside its folder, or does not match its
     *     shards
     */
    static FileArchive open(Path index) {
        Map<String, String> shardOf = shards(index);
        Map<String, TensorArchive> shards = new LinkedHashMap<>();
        try {
            checkPresent(index, new LinkedHashSet<>(shardOf.values()));
            Path absolute = index.toAbsolutePath();
            Map<String, StoredTensor> tensors = new LinkedHashMap<>();
            for (Map.Entry<String, String> entry : shardOf.entrySet()) {
                TensorArchive shard = shards.computeIfAbsent(
                        entry.getValue(), name -> TensorArchives.openFile(absolute.resolveSibling(name)));
                tensors.put(
                        entry.getKey(),
                        shard.find(entry.getKey())
                                .orElseThrow(() -> new CheckpointException(
                                        index,
                                        "missing tensor: " + entry.getKey() + " is not in " + entry.getValue()
                                                + ", where the index says it is",
                                        "the shards that belong to this index",
                                        REMEDY)));
            }
            List<String> warnings = new ArrayList<>();
            shards.forEach((name, shard) -> {
                shard.warnings().forEach(warning -> warnings.add(name + ": " + warning));
                long extra = shard.names().stream()
                        .filter(tensor -> !name.equals(shardOf.get(tensor)))
                        .count();
                if (extra > 0) {
                    warnings.add(name + " holds " + extra + " tensors that the index does not name");
                }
            });
            Map<String, Object> values = new LinkedHashMap<>();
            shards.values().forEach(shard -> shard.values().forEach(values::putIfAbsent));
            Container container = shards.values().iterator().next().container();
            return new FileArchive(index, container, tensors, values, warnings, List.copyOf(shards.values()));
        } catch (RuntimeException | Error e) {
            shards.values().forEach(TensorArchive::close);
            throw e;
        }
    }

    private static Map<String, String> shards(Path index) {
        JsonNode map = JsonFiles.readObject(index).path("weight_map");
        if (!map.isObject() || map.isEmpty()) {
            throw new CheckpointException(
                    index, "the index has no weight_map", "an object of tensor names and file names", REMEDY);
        }
        Map<String, String> shards = new LinkedHashMap<>();
        map.properties().forEach(entry -> {
            if (!entry.getValue().isTextual()) {
                throw new CheckpointException(
                        index,
                        "the shard of tensor " + entry.getKey() + " is " + entry.getValue(),
                        "a file name",
                        REMEDY);
            }
            String name = entry.getValue().textValue();
            if (!isPlainFileName(name)) {
                throw new CheckpointException(
                        index,
                        "shard name \"" + name + "\" leaves the folder",
                        "a plain file name beside the index",
                        "Do not use this index unless you know why it points elsewhere");
            }
            shards.put(entry.getKey(), name);
        });
        return shards;
    }

    private static boolean isPlainFileName(String name) {
        return !name.isBlank()
                && !name.contains("/")
                && !name.contains("\\")
                && !name.contains("..")
                && !name.contains(":")
                && name.chars().noneMatch(Character::isISOControl);
    }

    private static void checkPresent(Path index, Set<String> names) {
        List<String> missing = names.stream()
                .filter(name -> !Files.exists(index.resolveSibling(name)))
                .toList();
        if (!missing.isEmpty()) {
            throw new CheckpointException(
                    index,
                    "missing shards: " + String.join(", ", missing),
                    "all files the index names, beside it",
                    REMEDY);
        }
    }
}
