package loupe.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that is written beside its place and moved there once it is complete and on the disk. Closed before that, it
 * leaves the file that was there as it was, and nothing else behind. Its mode is an ordinary new file's, as the umask
 * says. For one thread.
 */
public final class AsideFile implements AutoCloseable {
    private final Path target;
    private final Path aside;
    private final boolean stays;
    private final DurableMove move;
    private boolean committed;

    private AsideFile(Path target, Path aside, boolean stays, DurableMove move) {
        this.target = target;
        this.aside = aside;
        this.stays = stays;
        this.move = move;
    }

    /**
     * Begins an empty file under a name of its own, so that several processes may replace the same file, of which the
     * last one wins. The folder is made if it is missing.
     */
    public static AsideFile create(Path target) throws IOException {
        return create(target, DurableMove.OF_FILES);
    }

    static AsideFile create(Path target, DurableMove move) throws IOException {
        Path absolute = target.toAbsolutePath();
        Files.createDirectories(absolute.getParent());
        Path aside = absolute.resolveSibling(
                "." + absolute.getFileName() + "." + Long.toHexString(System.nanoTime()) + ".part");
        Files.newByteChannel(aside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)
                .close();
        return new AsideFile(absolute, aside, false, move);
    }

    /**
     * Begins a file {@code NAME.part} that only one process writes: what a crash left of an earlier one is written
     * over. Nothing is there until it is written.
     */
    public static AsideFile alone(Path target) {
        return new AsideFile(target, part(target), false, DurableMove.OF_FILES);
    }

    /**
     * Goes on with a file {@code NAME.part} that an earlier, stopped try may have left; it stays when this one is
     * stopped too. Only one process may write it.
     */
    public static AsideFile resumed(Path target) {
        return new AsideFile(target, part(target), true, DurableMove.OF_FILES);
    }

    private static Path part(Path target) {
        return target.resolveSibling(target.getFileName() + ".part");
    }

    /**
     * Replaces a file by what is written to another path.
     *
     * @throws IOException if it cannot be written; the old file is as it was
     */
    public static void replace(Path target, Writing writing) throws IOException {
        try (AsideFile file = create(target)) {
            writing.to(file.path());
            file.commit();
        }
    }

    /** Where to write. */
    public Path path() {
        return aside;
    }

    /** Puts the file, which is closed, in its place, over what was there. */
    public void commit() throws IOException {
        move.file(aside, target);
        committed = true;
    }

    @Override
    public void close() throws IOException {
        if (!committed && !stays) {
            Files.deleteIfExists(aside);
        }
    }

    /** Writes a file's whole content. */
    @FunctionalInterface
    public interface Writing {
        void to(Path aside) throws IOException;
    }
}
