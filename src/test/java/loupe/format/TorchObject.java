package loupe.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.tensor.HostTensor;

/**
 * Writes what {@code torch.save} makes of any nested object: dictionaries, texts, numbers, booleans, None, float32
 * tensors, 64-bit integers (one is a scalar) and objects of a class.
 */
public final class TorchObject {
    private final PickleBytes pickle = PickleBytes.protocol(2);
    private final Map<String, byte[]> payloads = new LinkedHashMap<>();

    private TorchObject() {}

    /** An object of a Python class with attributes. */
    public record Instance(String module, String name, Map<String, Object> attributes) {}

    /**
     * Writes a file; a null value becomes None.
     *
     * @param root a map, with texts as its keys
     */
    public static void write(Path file, Map<String, ?> root) {
        TorchObject object = new TorchObject();
        object.value(root);
        RawZip all = new RawZip().add("archive/data.pkl", object.pickle.stop());
        object.payloads.forEach(all::add);
        try {
            all.add("archive/version", "3\n").write(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void value(Object value) {
        if (value == null) {
            pickle.op('N');
        } else if (value instanceof Map<?, ?> map) {
            pickle.op('}', '(');
            map.forEach((key, child) -> {
                pickle.text((String) key);
                value(child);
            });
            pickle.op('u');
        } else if (value instanceof Instance instance) {
            pickle.global(instance.module(), instance.name()).op(')', 0x81);
            value(instance.attributes());
            pickle.op('b');
        } else if (value instanceof HostTensor tensor) {
            floats(tensor);
        } else if (value instanceof long[] integers) {
            ByteBuffer bytes = ByteBuffer.allocate(8 * integers.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asLongBuffer().put(integers);
            long[] shape = integers.length == 1 ? new long[0] : new long[] {integers.length};
            long[] strides = integers.length == 1 ? new long[0] : new long[] {1};
            pickle.tensor("LongStorage", store(bytes.array()), integers.length, 0, shape, strides);
        } else if (value instanceof String text) {
            pickle.text(text);
        } else if (value instanceof Boolean flag) {
            pickle.op(flag ? 0x88 : 0x89);
        } else if (value instanceof Double number) {
            pickle.op('G');
            for (byte b : ByteBuffer.allocate(8).putDouble(number).array()) {
                pickle.op(b);
            }
        } else if (value instanceof Number number) {
            pickle.integer(number.longValue());
        } else if (value instanceof List<?> list) {
            pickle.op(']', '(');
            list.forEach(this::value);
            pickle.op('e');
        } else {
            throw new IllegalArgumentException("value is " + value);
        }
    }

    private void floats(HostTensor tensor) {
        int[] shape = tensor.shape();
        long[] lengths = Arrays.stream(shape).asLongStream().toArray();
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        ByteBuffer bytes = ByteBuffer.allocate(4 * tensor.data().length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(tensor.data());
        pickle.tensor("FloatStorage", store(bytes.array()), tensor.data().length, 0, lengths, strides);
    }

    private String store(byte[] bytes) {
        String key = String.valueOf(payloads.size());
        payloads.put("archive/data/" + key, bytes);
        return key;
    }
}
