package loupe.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import loupe.base.AsideFile;
import loupe.base.CheckpointException;

/**
 * A file of tensors or text that is written piece by piece to a temporary file and moved to its target when complete;
 * closed before that, it leaves nothing behind. Failures are {@link CheckpointException}s with a sentence for the user.
 * For one thread.
 */
final class OutputFile implements AutoCloseable {
    private final Path target;
    private final AsideFile aside;
    private final FileChannel channel;

    private OutputFile(Path target, AsideFile aside, FileChannel channel) {
        this.target = target;
        this.aside = aside;
        this.channel = channel;
    }

    /** @throws CheckpointException if nothing can be written there; the folder is made if it is missing */
    static OutputFile create(Path target) {
        try {
            AsideFile aside = AsideFile.create(target);
            return new OutputFile(target, aside, FileChannel.open(aside.path(), StandardOpenOption.WRITE));
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    long position() {
        try {
            return channel.position();
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    /** Writes all that remains in {@code bytes} at the end. */
    void write(ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    /** Writes over what is at {@code position}. */
    void write(long position, ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                position += channel.write(bytes, position);
            }
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    /** Moves the file to its target, replacing what was there. */
    void commit() {
        try {
            channel.close();
            aside.commit();
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    private static CheckpointException failure(Path target, IOException e) {
        return new CheckpointException(
                target,
                "the file cannot be written (" + reason(e) + ")",
                "a place that can be written, with room for it",
                "Choose another folder, or make room",
                e);
    }

    /** The system's reason for a failure, in words. */
    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "nothing can be made there";
        }
        String reason = e instanceof FileSystemException file ? file.getReason() : null;
        return reason != null ? reason : String.valueOf(e.getMessage());
    }

    @Override
    public void close() {
        try {
            channel.close();
            aside.close();
        } catch (IOException e) {
            throw failure(target, e);
        }
    }
}
