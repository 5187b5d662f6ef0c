package loupe.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32;
import loupe.base.RegularFile;
import org.jspecify.annotations.Nullable;

/**
 * The append-only file of a pass while it runs: one record a batch, each with its number, length and checksum. After a
 * crash the records that are whole are kept and the rest is cut off, so that no batch is lost or doubled.
 *
 * <p>Record: int magic, int batch number, int payload bytes, int CRC-32 of the payload, payload; little-endian.
 */
final class Staging implements AutoCloseable {
    private static final int MAGIC = 0x4C4F5550;
    private static final int HEADER = 16;

    private final Path file;
    private final FileChannel channel;
    private int batches;

    private Staging(Path file, FileChannel channel, int batches) {
        this.file = file;
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
        return new Staging(file, channel, whole[0]);
    }

    Path file() {
        return file;
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
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long at = 0;
            for (int batch = 0; ; batch++) {
                ByteBuffer payload = record(channel, at, batch);
                if (payload == null) {
                    return;
                }
                at += bytes(payload);
                reader.record(batch, payload);
            }
        }
    }

    /** The bytes that a record takes in the file. */
    static long bytes(ByteBuffer payload) {
        return (long) HEADER + payload.capacity();
    }

    /**
     * The payload of one record, whole.
     *
     * @param at where it begins in the file
     * @param batch its number
     * @return null if there is none, or it is torn
     */
    static @Nullable ByteBuffer record(FileChannel channel, long at, int batch) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        if (!read(channel, header, at) || header.getInt() != MAGIC || header.getInt() != batch) {
            return null;
        }
        int length = header.getInt();
        int checksum = header.getInt();
        if (length <= 0 // no batch is empty, and zeros would have the right checksum
                || length > channel.size() - at - HEADER) {
            return null;
        }
        ByteBuffer payload = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        if (!read(channel, payload, at + HEADER)) {
            return null;
        }
        CRC32 crc = new CRC32();
        crc.update(payload.duplicate());
        return (int) crc.getValue() == checksum ? payload : null;
    }

    /** Fills a buffer and flips it; false if the file ends before. */
    private static boolean read(FileChannel channel, ByteBuffer into, long at) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into, at + into.position()) < 0) {
                return false;
            }
        }
        into.flip();
        return true;
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
