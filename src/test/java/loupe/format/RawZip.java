package loupe.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes zips field by field, so that they can be wrong in any of them. */
final class RawZip {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final List<byte[]> directory = new ArrayList<>();
    private int entries;

    /** One entry, to be bent before {@link RawZip#add}. */
    static final class Entry {
        String localName;
        String centralName;
        int method;
        int localFlags = 0x800;
        int centralFlags = 0x800;
        byte[] payload;
        int crc;
        int localSize;
        int centralSize;
        int centralPacked;
        Integer offset;
        boolean descriptor;

        Entry(String name, byte[] content) {
            localName = name;
            centralName = name;
            payload = content;
            CRC32 checksum = new CRC32();
            checksum.update(content);
            crc = (int) checksum.getValue();
            localSize = content.length;
            centralSize = content.length;
            centralPacked = content.length;
        }

        Entry deflated() {
            Deflater deflater = new Deflater(9, true);
            deflater.setInput(payload);
            deflater.finish();
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 16];
            while (!deflater.finished()) {
                packed.write(buffer, 0, deflater.deflate(buffer));
            }
            deflater.end();
            payload = packed.toByteArray();
            centralPacked = payload.length;
            method = 8;
            return this;
        }
    }

    RawZip add(String name, byte[] content) {
        return add(new Entry(name, content));
    }

    RawZip add(String name, String content) {
        return add(name, content.getBytes(StandardCharsets.UTF_8));
    }

    RawZip add(Entry e) {
        int at = out.size();
        byte[] local = e.localName.getBytes(StandardCharsets.ISO_8859_1);
        byte[] central = e.centralName.getBytes(StandardCharsets.ISO_8859_1);
        int flags = e.localFlags | (e.descriptor ? 8 : 0);
        out.writeBytes(little(30)
                .putInt(0x04034B50)
                .putShort((short) 20)
                .putShort((short) flags)
                .putShort((short) e.method)
                .putInt(0)
                .putInt(e.descriptor ? 0 : e.crc)
                .putInt(e.descriptor ? 0 : e.payload.length)
                .putInt(e.descriptor ? 0 : e.localSize)
                .putShort((short) local.length)
                .putShort((short) 0)
                .array());
        out.writeBytes(local);
        out.writeBytes(e.payload);
        if (e.descriptor) {
            out.writeBytes(little(16)
                    .putInt(0x08074B50)
                    .putInt(e.crc)
                    .putInt(e.payload.length)
                    .putInt(e.localSize)
                    .array());
        }
        ByteBuffer c = little(46 + central.length)
                .putInt(0x02014B50)
                .putShort((short) 20)
                .putShort((short) 20)
                .putShort((short) (e.centralFlags | (e.descriptor ? 8 : 0)))
                .putShort((short) e.method)
                .putInt(0)
                .putInt(e.crc)
                .putInt(e.centralPacked)
                .putInt(e.centralSize)
                .putShort((short) central.length)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 0)
                .putInt(0)
                .putInt(e.offset == null ? at : e.offset)
                .put(central);
        directory.add(c.array());
        entries++;
        return this;
    }

    /** Bytes between entries that belong to none. */
    RawZip junk(int bytes) {
        out.writeBytes(new byte[bytes]);
        return this;
    }

    byte[] bytes() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(out.toByteArray());
        directory.forEach(all::writeBytes);
        all.writeBytes(little(22)
                .putInt(0x06054B50)
                .putInt(0)
                .putShort((short) entries)
                .putShort((short) entries)
                .putInt(directory.stream().mapToInt(d -> d.length).sum())
                .putInt(out.size())
                .putShort((short) 0)
                .array());
        return all.toByteArray();
    }

    Path write(Path file) throws IOException {
        return Files.write(file, bytes());
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A torch archive of this pickle and one storage of 64 bytes counting up. */
    static RawZip torch(byte[] pickle) {
        return new RawZip()
                .add("archive/data.pkl", pickle)
                .add("archive/data/0", counting(64))
                .add("archive/version", "3\n");
    }

    static byte[] counting(int bytes) {
        byte[] content = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            content[i] = (byte) i;
        }
        return content;
    }
}
