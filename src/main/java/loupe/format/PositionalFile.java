package loupe.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.base.RegularFile;

/**
 * A file read at positions, never through a memory map: a mapped file that is cut short takes the whole JVM down, a
 * read past its end is an error message (decision 0002). Thread-safe.
 */
final class PositionalFile implements ElementBytes, AutoCloseable {
    /** Reads into heap buffers go through a temporary native buffer of the same size; this keeps it small. */
    private static final int HEAP_STEP_BYTES = 1 << 20;

    private static final int DIRECT_STEP_BYTES = 1 << 28;

    private final Path path;
    private final FileChannel channel;
    private final long size;

    private PositionalFile(Path path, FileChannel channel, long size) {
        this.path = path;
        this.channel = channel;
        this.size = size;
    }

    /** @throws CheckpointException if there is no such file, it is not a regular file, or it may not be read */
    static PositionalFile open(Path path) {
        HubCache.requireTarget(path);
        RegularFile.require(path);
        if (!Files.exists(path)) {
            throw new CheckpointException(path, "there is no such file", "a file", "Check the path");
        }
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return new PositionalFile(path, channel, channel.size());
        } catch (IOException e) {
            throw new CheckpointException(
                    path,
                    "the file cannot be opened (" + FileFailure.reason(e) + ")",
                    "a file that may be read",
                    "Check its permissions and that the drive is there",
                    e);
        }
    }

    Path path() {
        return path;
    }

    /** Size in bytes when the file was opened. */
    long size() {
        return size;
    }

    /**
     * Fills {@code destination} from its position to its limit with the bytes from {@code position} on.
     *
     * @throws CheckpointException if the file has become shorter or cannot be read any more
     */
    @Override
    public void read(long position, ByteBuffer destination) {
        int limit = destination.limit();
        int step = destination.isDirect() ? DIRECT_STEP_BYTES : HEAP_STEP_BYTES;
        try {
            while (destination.position() < limit) {
                destination.limit((int) Math.min(limit, (long) destination.position() + step));
                int count = channel.read(destination, position);
                if (count < 0) {
                    throw refuse(
                            "the file ends at byte " + position + ", it had " + size + " bytes when it was opened",
                            "an unchanged file",
                            "Wait until nothing writes to it, then open it again");
                }
                position += count;
                destination.limit(limit);
            }
        } catch (java.nio.channels.ClosedChannelException e) {
            throw new IllegalStateException(path + " is closed", e);
        } catch (IOException e) {
            throw new CheckpointException(
                    path,
                    "the file cannot be read any more (" + FileFailure.reason(e) + ")",
                    "a readable file",
                    "Check that the drive is still there, then open the file again",
                    e);
        } finally {
            destination.limit(limit);
        }
    }

    /** A fresh little-endian heap buffer with the {@code count} bytes from {@code position} on. */
    ByteBuffer read(long position, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        read(position, bytes);
        return bytes.flip();
    }

    /** The first bytes, at most {@code count}, fewer if the file is shorter. */
    ByteBuffer head(int count) {
        return read(0, (int) Math.min(size, count));
    }

    /** The refusal of this file; see {@link CheckpointException} for how the parts are worded. */
    CheckpointException refuse(String found, String expected, String remedy) {
        return new CheckpointException(path, found, expected, remedy);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new CheckpointException(
                    path, "the file could not be closed (" + FileFailure.reason(e) + ")", "", "", e);
        }
    }
}
