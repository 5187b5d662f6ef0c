package loupe.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The unpacked bytes of a deflated zip entry. Meant for reading forwards; a read before the last one starts unpacking
 * again. Never unpacks more than the declared size of the entry. Thread-safe, one read at a time.
 */
final class InflatedEntry implements ElementBytes, AutoCloseable {
    private static final int STEP_BYTES = 1 << 16;
    private static final String REMEDY = "Download the file again, or save it again with numpy.savez";

    private final PositionalFile file;
    private final ZipDirectory.Entry entry;
    private final Inflater inflater = new Inflater(true);
    private final ByteBuffer packed = ByteBuffer.allocate(STEP_BYTES);
    private final CRC32 crc = new CRC32();
    private long packedDone;
    private long done;

    InflatedEntry(PositionalFile file, ZipDirectory.Entry entry) {
        this.file = file;
        this.entry = entry;
    }

    @Override
    public synchronized void read(long position, ByteBuffer destination) {
        if (position < done) {
            inflater.reset();
            crc.reset();
            packedDone = 0;
            done = 0;
        }
        ByteBuffer skipped = ByteBuffer.allocate((int) Math.min(STEP_BYTES, position - done));
        while (done < position) {
            inflate(skipped.clear().limit((int) Math.min(skipped.capacity(), position - done)));
        }
        inflate(destination);
    }

    private void inflate(ByteBuffer destination) {
        while (destination.hasRemaining()) {
            int count = inflateSome(destination);
            ByteBuffer written = destination.duplicate().limit(destination.position());
            crc.update(written.position(destination.position() - count));
            done += count;
        }
        if (done == entry.size()) {
            checkEnd();
        }
    }

    private int inflateSome(ByteBuffer destination) {
        try {
            int count = inflater.inflate(destination);
            while (count == 0 && !inflater.finished()) {
                feed();
                count = inflater.inflate(destination);
            }
            if (count == 0) {
                throw damaged("ends after " + done + " of " + entry.size() + " bytes");
            }
            return count;
        } catch (DataFormatException e) {
            throw damaged("cannot be unpacked (" + e.getMessage() + ")");
        }
    }

    private void feed() {
        int count = (int) Math.min(STEP_BYTES, entry.packed() - packedDone);
        if (count == 0 || inflater.needsDictionary()) {
            throw damaged("ends after " + done + " of " + entry.size() + " bytes");
        }
        file.read(entry.data() + packedDone, packed.clear().limit(count));
        packedDone += count;
        inflater.setInput(packed.flip());
    }

    private void checkEnd() {
        try {
            ByteBuffer more = ByteBuffer.allocate(1);
            while (!inflater.finished()
                    && more.hasRemaining()
                    && (!inflater.needsInput() || packedDone < entry.packed())) {
                if (inflater.needsInput()) {
                    feed();
                }
                inflater.inflate(more);
            }
            if (!more.hasRemaining() || !inflater.finished()) {
                throw damaged("goes on after its " + entry.size() + " bytes");
            }
        } catch (DataFormatException e) {
            throw damaged("cannot be unpacked (" + e.getMessage() + ")");
        }
        if (crc.getValue() != entry.crc()) {
            throw damaged(String.format("has checksum %08x instead of %08x", crc.getValue(), entry.crc()));
        }
    }

    private RuntimeException damaged(String how) {
        return file.refuse("zip entry " + entry.name() + " " + how, "an undamaged entry", REMEDY);
    }

    @Override
    public synchronized void close() {
        inflater.end();
    }
}
