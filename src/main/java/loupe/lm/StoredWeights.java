package loupe.lm;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.base.CheckpointException;
import loupe.base.OutOfDeviceMemoryException;
import loupe.format.TensorArchive;
import loupe.tensor.StoredTensor;

/** The tensors of a model's files on their way to becoming parameters: which is which, checked before anything is read. */
final class StoredWeights {
    private static final long LARGEST_BYTES = Integer.MAX_VALUE - 8;

    private final TensorArchive archive;
    private final Set<String> unclaimed;
    private final Map<String, StoredTensor> claimed = new LinkedHashMap<>();

    StoredWeights(TensorArchive archive) {
        this.archive = archive;
        this.unclaimed = new LinkedHashSet<>(archive.names());
    }

    boolean has(String storedName) {
        return archive.find(storedName).isPresent();
    }

    /**
     * Says that a parameter is a tensor of the files, as it lies there.
     *
     * @throws CheckpointException if there is no such tensor, or not of this shape and a floating type
     */
    void claim(String parameter, String storedName, long... shape) {
        Optional<StoredTensor> found = archive.find(storedName);
        if (found.isEmpty()) {
            throw new CheckpointException(archive.path(), "tensor " + storedName + " is missing", "a tensor of shape " + Arrays.toString(shape),
                    "Check that config.json and weights belong to the same model");
        }
        StoredTensor tensor = found.get();
        if (!Arrays.equals(tensor.shape().stream().mapToLong(axis -> axis).toArray(), shape)) {
            throw new CheckpointException(archive.path(), storedName + " is " + tensor.shape(), Arrays.toString(shape) + " by config.json",
                    "Check that config.json and weights belong to the same model");
        }
        if (!tensor.dtype().isFloating()) {
            throw new CheckpointException(archive.path(), storedName + " holds " + tensor.dtype(), "floating-point numbers", "");
        }
        if (Math.multiplyExact(4, tensor.elements()) > LARGEST_BYTES) {
            throw new CheckpointException(archive.path(), storedName + " takes " + 4 * tensor.elements() + " bytes as float32",
                    "at most 2147483639 in one tensor", "");
        }
        claimed.put(parameter, tensor);
        unclaimed.remove(storedName);
    }

    /** Says that tensors with this ending are known and not needed. */
    void ignore(String ending) {
        unclaimed.removeIf(name -> name.endsWith(ending));
    }

    /** Names of tensors that nothing has claimed or ignored. */
    List<String> unclaimed() {
        return List.copyOf(unclaimed);
    }

    /** Reads all claimed tensors. @throws OutOfDeviceMemoryException if they are more than this process may hold outside its heap */
    Map<String, HostWeight> read() {
        try {
            return readAll();
        } catch (OutOfMemoryError e) {
            throw new OutOfDeviceMemoryException(archive.path() + ": the weights take " + (bytes() >> 20) + " MiB, more than this process may use. "
                    + "Choose a smaller model, or start Java with a larger -XX:MaxDirectMemorySize.", e);
        }
    }

    private Map<String, HostWeight> readAll() {
        Map<String, HostWeight> weights = new LinkedHashMap<>();
        claimed.forEach((parameter, tensor) -> {
            HostWeight weight = HostWeight.zeros(tensor.shape().stream().mapToLong(axis -> axis).toArray());
            ByteBuffer whole = weight.bytes().duplicate().order(weight.bytes().order());
            tensor.readFloats(0, whole);
            weights.put(parameter, weight);
        });
        return weights;
    }

    /** Size of all claimed tensors as float32. */
    long bytes() {
        return claimed.values().stream().mapToLong(tensor -> 4 * tensor.elements()).sum();
    }
}
