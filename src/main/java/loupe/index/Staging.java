package loupe.index;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32;
import loupe.base.RegularFile;

/**
 * The append-only file of a pass while it runs: one record a batch, each with its number, length and checksum. After a
 * crash the records that are whole are kept and the rest is cut off, so that no batch is lost or doubled.
 *
 * <p>Record: int magic, int batch number, int payload bytes, int CRC-32 of the payload, payload; little-endian.
 */
final class Staging implements AutoCloseable {
    private static final int MAGIC = 0x4C4F5550;
    private static final int HEADER = 16;

    private final FileChannel channel;
    private int batches;

    private Staging(FileChannel channel, int batches) {
        this.channel = channel;
        this.batches = batches;
    }

    /** Where a file is opened; tests put one on a disk that is full. */
    interface Disk {
        Disk OF_FILES = file -> FileChannel.open(
                RegularFile.require(file),
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);

        FileChannel open(Path file) throws IOException;
    }

    /** Opens or creates the file, keeping at most {@code keep} whole records from its start. */
    static Staging open(Path file, int keep) throws IOException {
        return open(file, keep, Disk.OF_FILES);
    }

    static Staging open(Path file, int keep, Disk disk) throws IOException {
        FileChannel channel = disk.open(file);
        int[] whole = new int[1];
        long[] end = new long[1];
        if (Files.size(file) > 0) {
            scan(file, (batch, payload) -> {
                if (whole[0] < keep) {
                    whole[0]++;
                    end[0] += HEADER + payload.capacity();
                }
            });
        }
        channel.truncate(end[0]);
        channel.position(end[0]);
        return new Staging(channel, whole[0]);
    }

    /** Number of whole batches in the file. */
    int batches() {
        return batches;
    }

    /** Appends the next batch. The payload, which is not empty, is written from its position to its limit. */
    void append(ByteBuffer payload) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(payload.duplicate());
        ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(MAGIC)
                .putInt(batches)
                .putInt(payload.remaining())
                .putInt((int) crc.getValue())
                .flip();
        ByteBuffer[] record = {header, payload};
        while (payload.hasRemaining() || header.hasRemaining()) {
            channel.write(record);
        }
        batches++;
    }

    /** Makes sure that everything appended so far survives a crash of the machine. */
    void force() throws IOException {
        channel.force(false);
    }

    /** Passes every whole record to a reader, in order; stops at the first that is torn. */
    static void scan(Path file, Reader reader) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 20))) {
            byte[] header = new byte[HEADER];
            for (int expected = 0; in.readNBytes(header, 0, HEADER) == HEADER; expected++) {
                ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
                int magic = fields.getInt();
                int batch = fields.getInt();
                int length = fields.getInt();
                int checksum = fields.getInt();
                if (magic != MAGIC
                        || batch != expected
                        || length <= 0) { // no batch is empty, and zeros would have the right checksum
                    return;
                }
                byte[] payload = in.readNBytes(length);
                CRC32 crc = new CRC32();
                crc.update(payload);
                if (payload.length < length || (int) crc.getValue() != checksum) {
                    return;
                }
                reader.record(batch, ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN));
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Receives one record. */
    interface Reader {
        void record(int batch, ByteBuffer payload) throws IOException;
    }
}
