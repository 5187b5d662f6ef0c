package loupe.lm.folder;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import loupe.tensor.HostTensor;

/**
 * Writes a file as torch.save writes nanoGPT's checkpoints: a dictionary of dictionaries of tensors, numbers and texts.
 * A tensor that is named twice has one storage.
 */
final class NanoGptCheckpoint {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream pickle = new DataOutputStream(bytes);
    private final Map<HostTensor, String> storages = new LinkedHashMap<>();

    private NanoGptCheckpoint() {}

    static void write(Path file, Map<String, Object> content) throws IOException {
        NanoGptCheckpoint checkpoint = new NanoGptCheckpoint();
        checkpoint.pickle.write(new byte[] {(byte) 0x80, 2});
        checkpoint.put(content);
        checkpoint.pickle.write('.');
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            store(zip, "ckpt/data.pkl", checkpoint.bytes.toByteArray());
            store(zip, "ckpt/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            for (Map.Entry<HostTensor, String> storage : checkpoint.storages.entrySet()) {
                ByteBuffer floats =
                        ByteBuffer.allocate(4 * storage.getKey().data().length).order(ByteOrder.LITTLE_ENDIAN);
                floats.asFloatBuffer().put(storage.getKey().data());
                store(zip, "ckpt/data/" + storage.getValue(), floats.array());
            }
            store(zip, "ckpt/version", "3\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    private void put(Object value) throws IOException {
        if (value instanceof Map<?, ?> map) {
            pickle.writeBytes("}(");
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                put(entry.getKey());
                put(entry.getValue());
            }
            pickle.writeBytes("u");
        } else if (value instanceof HostTensor tensor) {
            putTensor(tensor);
        } else if (value instanceof Boolean flag) {
            pickle.write(flag ? 0x88 : 0x89);
        } else if (value instanceof Integer number) {
            pickle.writeBytes("J");
            pickle.writeInt(Integer.reverseBytes(number));
        } else if (value instanceof Double number) {
            pickle.writeBytes("G");
            pickle.writeDouble(number);
        } else {
            byte[] utf8 = value.toString().getBytes(StandardCharsets.UTF_8);
            pickle.writeBytes("X");
            pickle.writeInt(Integer.reverseBytes(utf8.length));
            pickle.write(utf8);
        }
    }

    private void putTensor(HostTensor tensor) throws IOException {
        String key = storages.computeIfAbsent(tensor, any -> Integer.toString(storages.size()));
        List<Integer> shape = new ArrayList<>();
        for (int axis = 0; axis < tensor.shape().length; axis++) {
            shape.add(tensor.size(axis));
        }
        pickle.writeBytes("ctorch._utils\n_rebuild_tensor_v2\n((");
        put("storage");
        pickle.writeBytes("ctorch\nFloatStorage\n");
        put(key);
        put("cpu");
        put(tensor.data().length);
        pickle.writeBytes("tQ");
        put(0);
        pickle.writeBytes("(");
        for (int axis : shape) {
            put(axis);
        }
        pickle.writeBytes("t(");
        for (int axis = 0; axis < shape.size(); axis++) {
            put(shape.subList(axis + 1, shape.size()).stream().reduce(1, Math::multiplyExact));
        }
        pickle.write('t');
        pickle.write(0x89);
        pickle.writeBytes("ccollections\nOrderedDict\n)RtR");
    }
}
