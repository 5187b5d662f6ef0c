package loupe.format;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import loupe.tensor.StoredTensor;

/**
 * Reads what {@code torch.save} has written since PyTorch 1.6: a zip of stored entries under one folder, one of them a
 * pickle that describes the tensors, the others their raw storages. Checksums are verified for the pickle at once and
 * for a storage when it is first read.
 *
 * @see <a href="https://github.com/pytorch/pytorch/blob/v2.4.0/torch/serialization.py">torch/serialization.py</a>
 */
final class TorchZipFile {
    static final int MAX_PICKLE_BYTES = 64 << 20;

    private static final String PICKLE = "/data.pkl";
    private static final Set<String> FURTHER_ENTRIES =
            Set.of("version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id");
    private static final String REMEDY = "Download the file again, or save it again with torch.save";

    private final PositionalFile file;
    private final Map<String, ZipDirectory.Entry> entries;
    private final String folder;

    private TorchZipFile(PositionalFile file, Map<String, ZipDirectory.Entry> entries) {
        this.file = file;
        this.entries = entries;
        this.folder = folder();
    }

    /** Whether a zip with these entries looks like a torch file, valid or not. */
    static boolean matches(Set<String> names) {
        return names.stream()
                .anyMatch(name -> name.endsWith(PICKLE) || name.equals("data.pkl") || name.endsWith("/constants.pkl"));
    }

    /**
     * Takes over {@code file}: the archive closes it.
     *
     * @throws loupe.base.CheckpointException if it is not a plain checkpoint
     */
    static FileArchive open(PositionalFile file, Map<String, ZipDirectory.Entry> entries) {
        return new TorchZipFile(file, entries).archive();
    }

    private String folder() {
        boolean script = entries.keySet().stream()
                .anyMatch(name -> name.endsWith("/constants.pkl")
                        || name.endsWith("/attributes.pkl")
                        || name.endsWith("/model.json")
                        || name.contains("/code/"));
        if (script) {
            throw file.refuse(
                    "this is a TorchScript archive, which is a program",
                    "a checkpoint with tensors",
                    "TorchScript is not supported; export its state_dict with torch.save");
        }
        List<String> pickles =
                entries.keySet().stream().filter(name -> name.endsWith(".pkl")).toList();
        if (pickles.size() != 1 || !pickles.get(0).endsWith(PICKLE)) {
            throw file.refuse(
                    "ambiguous archive: it has the pickles " + pickles, "exactly one data.pkl in one folder", REMEDY);
        }
        return pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length() + 1);
    }

    private FileArchive archive() {
        for (ZipDirectory.Entry entry : entries.values()) {
            if (entry.method() != ZipDirectory.STORED) {
                throw file.refuse(
                        "zip entry " + entry.name() + " is compressed: compressed storage refused",
                        "stored entries, as torch.save writes them",
                        "Save the file again with torch.save");
            }
            if (!entry.name().startsWith(folder)) {
                throw file.refuse(
                        "zip entry " + entry.name() + " lies outside the folder " + folder,
                        "all entries in one folder",
                        REMEDY);
            }
        }
        ZipDirectory.Entry pickle = Objects.requireNonNull(entries.get(folder + "data.pkl"));
        if (pickle.size() > MAX_PICKLE_BYTES) {
            throw file.refuse(
                    "data.pkl has " + pickle.size() + " bytes",
                    "at most " + MAX_PICKLE_BYTES,
                    "Save only the tensors, as a state_dict");
        }
        new ZipChecksum(file, pickle).run();
        PickleInput in = new PickleInput(file, pickle.data(), pickle.data() + pickle.size());
        Object root = PickleReader.read(in);
        if (!in.isAtEnd()) {
            throw file.refuse("data.pkl goes on after its end, at byte " + in.position(), "one pickle", REMEDY);
        }
        PickleTree tree = PickleTree.of(file, root);
        ByteOrder order = byteOrder();
        Map<String, ZipChecksum> checksums = new HashMap<>();
        Map<String, StoredTensor> tensors = TorchTensors.locate(file, tree.tensors(), key -> {
            ZipDirectory.Entry entry = entries.get(folder + "data/" + key);
            return entry == null
                    ? null
                    : new TorchTensors.Payload(
                            entry.data(),
                            entry.size(),
                            order,
                            checksums.computeIfAbsent(key, k -> new ZipChecksum(file, entry)));
        });
        return new FileArchive(
                file.path(), Container.TORCH_ZIP, tensors, tree.values(), warnings(checksums.keySet()), List.of(file));
    }

    private ByteOrder byteOrder() {
        ZipDirectory.Entry entry = entries.get(folder + "byteorder");
        if (entry == null) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        String order = entry.size() > 16
                ? "too long"
                : StandardCharsets.ISO_8859_1
                        .decode(file.read(entry.data(), (int) entry.size()))
                        .toString()
                        .strip();
        return switch (order) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default -> throw file.refuse("the byte order is \"" + order + "\"", "little or big", REMEDY);
        };
    }

    private List<String> warnings(Set<String> used) {
        Set<String> expected = new HashSet<>(Set.of(folder, folder + "data.pkl", folder + "data/"));
        FURTHER_ENTRIES.forEach(name -> expected.add(folder + name));
        used.forEach(key -> expected.add(folder + "data/" + key));
        List<String> warnings = new ArrayList<>();
        entries.keySet().stream()
                .filter(name -> !expected.contains(name))
                .forEach(name -> warnings.add("The archive has an entry that nothing refers to: " + name));
        return warnings;
    }
}
