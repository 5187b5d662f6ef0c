package loupe.format;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import loupe.format.PickleReader.Storage;
import loupe.format.PickleReader.Tensor;
import loupe.tensor.StoredTensor;

/**
 * Reads what {@code torch.save} wrote before PyTorch 1.6: a magic number, a protocol number, facts about the machine,
 * the object and a list of storage keys, each a pickle, then each storage as its length and its raw elements.
 *
 * @see <a href="https://github.com/pytorch/pytorch/blob/v2.4.0/torch/serialization.py">torch/serialization.py,
 *     _legacy_load</a>
 */
final class TorchLegacyFile {
    private static final long PROTOCOL = 1001;
    private static final String REMEDY = "Download the file again, or save it again with torch.save";

    private final PositionalFile file;
    private final PickleInput in;

    private TorchLegacyFile(PositionalFile file, int magicBytes) {
        this.file = file;
        this.in = new PickleInput(file, magicBytes, file.size());
    }

    /**
     * Takes over {@code file}: the archive closes it.
     *
     * @throws loupe.base.CheckpointException if it is not a plain checkpoint
     */
    static FileArchive open(PositionalFile file, int magicBytes) {
        return new TorchLegacyFile(file, magicBytes).archive();
    }

    private FileArchive archive() {
        if (!(PickleReader.read(in) instanceof Long protocol) || protocol != PROTOCOL) {
            throw file.refuse("the legacy torch file has an unknown protocol", String.valueOf(PROTOCOL), REMEDY);
        }
        ByteOrder order = byteOrder(PickleReader.read(in));
        Object root = PickleReader.read(in);
        if (in.position() > TorchZipFile.MAX_PICKLE_BYTES) {
            throw file.refuse(
                    "the pickles have " + in.position() + " bytes",
                    "at most " + TorchZipFile.MAX_PICKLE_BYTES,
                    "Save only the tensors, as a state_dict");
        }
        List<String> keys = keys(PickleReader.read(in));
        PickleTree tree = PickleTree.of(file, root);
        Map<String, TorchTensors.Payload> payloads = payloads(keys, tree.tensors(), order);
        Map<String, StoredTensor> tensors = TorchTensors.locate(file, tree.tensors(), payloads::get);
        List<String> warnings = new ArrayList<>();
        if (in.position() < file.size()) {
            warnings.add((file.size() - in.position()) + " extra bytes after the last storage");
        }
        return new FileArchive(file.path(), Container.TORCH_LEGACY, tensors, tree.values(), warnings, List.of(file));
    }

    private ByteOrder byteOrder(Object facts) {
        if (facts instanceof Map<?, ?> map && map.get("little_endian") instanceof Boolean little) {
            return little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        }
        throw file.refuse("the legacy torch file does not say its byte order", "little_endian, true or false", REMEDY);
    }

    private List<String> keys(Object list) {
        List<String> keys = new ArrayList<>();
        if (list instanceof List<?> items) {
            for (Object item : items) {
                if (item instanceof String key) {
                    keys.add(key);
                }
            }
            if (keys.size() == items.size() && new HashSet<>(keys).size() == keys.size()) {
                return keys;
            }
        }
        throw file.refuse("the list of storages is damaged", "a list of different keys", REMEDY);
    }

    private Map<String, TorchTensors.Payload> payloads(
            List<String> keys, Map<String, Tensor> described, ByteOrder order) {
        Map<String, Storage> storages = new HashMap<>();
        described.forEach((name, tensor) -> storages.put(tensor.storage().key(), tensor.storage()));
        Map<String, TorchTensors.Payload> payloads = new HashMap<>();
        for (String key : keys) {
            Storage storage = storages.get(key);
            if (storage == null) {
                throw file.refuse("storage " + key + " belongs to no tensor", "only storages that are used", REMEDY);
            }
            long numel = in.i64();
            int unit = TorchTensors.unitBytes(file, storage);
            long start = in.position();
            if (numel != storage.numel() || numel > (file.size() - start) / unit) {
                throw file.refuse(
                        "storage " + key + " has " + Long.toUnsignedString(numel) + " elements of " + unit
                                + " bytes at byte " + start + ", where the file has " + (file.size() - start)
                                + " bytes left and the pickle says " + storage.numel() + " elements",
                        "a complete file",
                        "Download the file again");
            }
            payloads.put(key, new TorchTensors.Payload(start, numel * unit, order, () -> {}));
            in.skip(numel * unit);
        }
        return payloads;
    }
}
