package loupe.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import loupe.base.CheckpointException;

/**
 * A file written beside its place and moved there when it is complete; closed before that, it leaves nothing behind.
 * For one thread.
 */
final class AsideFile implements AutoCloseable {
    private final Path target;
    private final Path aside;
    private final FileChannel channel;
    private boolean committed;

    private AsideFile(Path target, Path aside, FileChannel channel) {
        this.target = target;
        this.aside = aside;
        this.channel = channel;
    }

    /** @throws CheckpointException if nothing can be written there; the folder is made if it is missing */
    static AsideFile create(Path target) {
        try {
            Path folder = target.toAbsolutePath().getParent();
            Files.createDirectories(folder);
            Path aside =
                    folder.resolve("." + target.getFileName() + "." + Long.toHexString(System.nanoTime()) + ".part");
            return new AsideFile(
                    target, aside, FileChannel.open(aside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
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

    /** Puts the file in its place, over what was there. */
    void commit() {
        try {
            channel.force(false);
            channel.close();
            try {
                Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(aside, target, StandardCopyOption.REPLACE_EXISTING);
            }
            committed = true;
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

    /** What the system said, in words. */
    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "nothing can be made there";
        }
        return e instanceof FileSystemException file && file.getReason() != null ? file.getReason() : e.getMessage();
    }

    @Override
    public void close() {
        if (committed) {
            return;
        }
        try {
            channel.close();
            Files.deleteIfExists(aside);
        } catch (IOException e) {
            throw failure(target, e);
        }
    }
}
