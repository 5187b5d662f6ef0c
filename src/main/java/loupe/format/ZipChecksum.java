package loupe.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import loupe.tensor.DirectMemory;

/** Compares an entry's bytes with its checksum, once. Thread-safe. */
final class ZipChecksum implements Runnable {
    /** Bytes read at a time: few enough to stay in the processor's cache until they are summed. */
    private static final int STEP_BYTES = 1 << 17;

    private final PositionalFile file;
    private final ZipDirectory.Entry entry;
    private volatile boolean passed;

    ZipChecksum(PositionalFile file, ZipDirectory.Entry entry) {
        this.file = file;
        this.entry = entry;
    }

    @Override
    public void run() {
        if (!passed) {
            verify();
        }
    }

    /** Verifies the checksum on the first thread that needs it; others wait. */
    private synchronized void verify() {
        if (passed) {
            return;
        }
        CRC32 crc = new CRC32();
        ByteBuffer bytes = DirectMemory.allocate((int) Math.min(STEP_BYTES, entry.size()));
        try {
            for (long done = 0; done < entry.size(); done += bytes.limit()) {
                bytes.clear().limit((int) Math.min(bytes.capacity(), entry.size() - done));
                file.read(entry.data() + done, bytes);
                crc.update(bytes.flip());
            }
        } finally {
            DirectMemory.free(bytes);
        }
        if (crc.getValue() != entry.crc()) {
            throw file.refuse(
                    String.format("zip entry %s has checksum %08x", entry.name(), crc.getValue()),
                    String.format("%08x", entry.crc()),
                    "The file is damaged: download it again, or save it again with checksums on");
        }
        passed = true;
    }
}
