package loupe.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Files of weights that are as large as they say and take next to no disk: their headers are there, and holes in the
 * place of the values. For file systems that have such files; shapes by name, all float32.
 */
public final class SparseFiles {
    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END_64 = 0x06064b50;
    private static final int LOCATOR_64 = 0x07064b50;
    private static final int NAME_BYTES = 64;

    private SparseFiles() {}

    /** Writes a safetensors file. */
    public static void safetensors(Path file, Map<String, long[]> shapes) throws IOException {
        StringBuilder json = new StringBuilder("{");
        long end = 0;
        for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
            long begin = end;
            end += bytes(tensor.getValue());
            json.append(json.length() > 1 ? "," : "")
                    .append("\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}"
                            .formatted(tensor.getKey(), sizes(tensor.getValue()), begin, end));
        }
        byte[] header = json.append('}').toString().getBytes(StandardCharsets.UTF_8);
        try (FileChannel out = create(file)) {
            out.write(
                    little(8 + header.length).putLong(header.length).put(header).flip());
            endAt(out, 8 + header.length + end);
        }
    }

    /** Writes a state dict as {@code torch.save} does, with checksums that the holes do not have. */
    public static void torch(Path file, Map<String, long[]> shapes) throws IOException {
        PickleBytes pickle = PickleBytes.protocol(2).op('}', '(');
        Map<String, Long> entries = new LinkedHashMap<>();
        for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
            long[] shape = tensor.getValue();
            long elements = bytes(shape) / 4;
            String key = Integer.toString(entries.size());
            long[] strides = shape.length == 1 ? new long[] {1} : new long[] {shape[1], 1};
            pickle.text(tensor.getKey()).tensor("FloatStorage", key, elements, 0, shape, strides);
            entries.put("archive/data/" + key, 4 * elements);
        }
        byte[] tree = pickle.op('u').stop();
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(tree);
        ByteBuffer directory = little((entries.size() + 1) * (46 + NAME_BYTES));
        try (FileChannel out = create(file)) {
            entry(out, directory, "archive/data.pkl", tree.length, (int) crc.getValue());
            out.write(ByteBuffer.wrap(tree));
            for (Map.Entry<String, Long> entry : entries.entrySet()) {
                entry(out, directory, entry.getKey(), entry.getValue(), 0xBAD);
                out.position(out.position() + entry.getValue());
            }
            long start = out.position();
            out.write(directory.flip());
            long end = out.position();
            int count = entries.size() + 1;
            ByteBuffer tail = little(56 + 20 + 22);
            tail.putInt(END_64)
                    .putLong(44)
                    .putShort((short) 45)
                    .putShort((short) 45)
                    .putInt(0)
                    .putInt(0);
            tail.putLong(count).putLong(count).putLong(end - start).putLong(start);
            tail.putInt(LOCATOR_64).putInt(0).putLong(end).putInt(1);
            tail.putInt(END)
                    .putInt(0)
                    .putShort((short) count)
                    .putShort((short) count)
                    .putInt(-1)
                    .putInt(-1);
            out.write(tail.putShort((short) 0).flip());
        }
    }

    /** A stored entry whose sizes and place are in the extra field for large files. */
    private static void entry(FileChannel out, ByteBuffer directory, String name, long size, int crc)
            throws IOException {
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        long at = out.position();
        ByteBuffer local = little(30 + text.length + 20);
        local.putInt(LOCAL)
                .putShort((short) 45)
                .putShort((short) 0)
                .putShort((short) 0)
                .putInt(0)
                .putInt(crc);
        local.putInt(-1)
                .putInt(-1)
                .putShort((short) text.length)
                .putShort((short) 20)
                .put(text);
        out.write(local.putShort((short) 1)
                .putShort((short) 16)
                .putLong(size)
                .putLong(size)
                .flip());
        directory
                .putInt(CENTRAL)
                .putShort((short) 45)
                .putShort((short) 45)
                .putShort((short) 0)
                .putShort((short) 0);
        directory
                .putInt(0)
                .putInt(crc)
                .putInt(-1)
                .putInt(-1)
                .putShort((short) text.length)
                .putShort((short) 28);
        directory
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 0)
                .putInt(0)
                .putInt(-1)
                .put(text);
        directory
                .putShort((short) 1)
                .putShort((short) 24)
                .putLong(size)
                .putLong(size)
                .putLong(at);
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE);
    }

    private static void endAt(FileChannel out, long size) throws IOException {
        out.position(size - 1);
        out.write(ByteBuffer.allocate(1));
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long bytes(long[] shape) {
        return Arrays.stream(shape).reduce(4, Math::multiplyExact);
    }

    private static String sizes(long[] shape) {
        return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(","));
    }
}
