package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import loupe.tensor.DType;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;

/**
 * Writes tensors to a safetensors file, floating or 64-bit integers. Nothing is read from the tensors before
 * {@link #write}; a failure leaves the file as it was. For one thread.
 */
public final class SafetensorsWriter {
    private static final int ALIGNMENT_BYTES = 8;

    private final Map<String, TensorData> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    public SafetensorsWriter add(String name, HostTensor tensor) {
        return add(name, TensorData.of(tensor));
    }

    /**
     * Adds a tensor of another file, as float32 whatever its type there. Its archive must be open until {@link #write}
     * returns.
     */
    public SafetensorsWriter add(String name, StoredTensor tensor) {
        return add(name, TensorData.of(tensor));
    }

    /** Adds a float32 tensor whose elements are read while writing, in order. */
    public SafetensorsWriter add(String name, List<Long> shape, FloatSource elements) {
        return add(name, TensorData.floats(shape, elements));
    }

    /**
     * Adds a tensor in another floating type, each element rounded to the nearest.
     *
     * @throws IllegalArgumentException unless {@code dtype} is F32, F16 or BF16
     */
    public SafetensorsWriter add(String name, DType dtype, List<Long> shape, FloatSource elements) {
        return add(name, TensorData.floats(dtype, shape, elements));
    }

    /**
     * Adds a tensor of 64-bit integers.
     *
     * @throws IllegalArgumentException if the shape does not fit the values
     */
    public SafetensorsWriter add(String name, long[] values, long... shape) {
        return add(name, TensorData.integers(values, shape));
    }

    private SafetensorsWriter add(String name, TensorData tensor) {
        if (name.equals("__metadata__") || tensors.containsKey(name)) {
            throw new IllegalArgumentException("name is " + name + ", which is taken");
        }
        tensors.put(name, tensor);
        return this;
    }

    /** Adds an entry to the metadata of the file. */
    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    /**
     * Writes the file, tensors of large elements first.
     *
     * @throws loupe.base.CheckpointException if the file cannot be written, or a stored tensor not be read
     */
    public void write(Path path) {
        List<String> order = order();
        try (OutputFile file = OutputFile.create(path)) {
            file.write(header(order));
            for (String name : order) {
                tensor(name).write(file::write);
            }
            file.commit();
        }
    }

    /** What {@link #write} would put before the first element, for files that are written piece by piece. */
    public byte[] header() {
        return header(order()).array();
    }

    private List<String> order() {
        List<String> order = new ArrayList<>(tensors.keySet());
        order.sort(Comparator.comparingInt(name -> -tensor(name).dtype().bytes()));
        return order;
    }

    private TensorData tensor(String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    /**
     * Length and JSON, padded with spaces so that the data are aligned; the widest types come first for the same
     * reason.
     */
    private ByteBuffer header(List<String> order) {
        Map<String, Object> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            header.put("__metadata__", metadata);
        }
        long end = 0;
        for (String name : order) {
            TensorData tensor = tensor(name);
            long begin = end;
            end = Math.addExact(begin, tensor.bytes());
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", tensor.dtype().name());
            entry.put("shape", tensor.shape());
            entry.put("data_offsets", List.of(begin, end));
            header.put(name, entry);
        }
        byte[] json = JsonFiles.compact(header).getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + padded)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded)
                .put(json);
        while (bytes.hasRemaining()) {
            bytes.put((byte) ' ');
        }
        return bytes.flip();
    }
}
