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
     * Moves a file that cannot be used out of the way, to another name in its folder.
     *
     * @param other a name that nothing has
     */
    public static void keep(Path file, Path other) throws IOException {
        DurableMove.OF_FILES.file(file, other);
    }

    /**
     * Creates an empty temporary file with a unique name, so that several processes may replace the same file; the last
     * one wins. Creates the folder if it is missing, and deletes what writers of the same file left that were killed.
     */
    public static AsideFile create(Path target) throws IOException {
        return create(target, DurableMove.OF_FILES);
    }

    static AsideFile create(Path target, DurableMove move) throws IOException {
        Path absolute = target.toAbsolutePath();
        Files.createDirectories(absolute.getParent());
        PartName.clear(absolute);
        Path aside = PartName.of(absolute);
        Files.newByteChannel(aside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)
                .close();
        return new AsideFile(absolute, aside, false, move);
    }

    /**
     * Prepares a temporary file {@code NAME.part} that only one process writes; the leftover of a crash is overwritten.
     * The file does not exist until it is written.
     */
    public static AsideFile alone(Path target) {
        return new AsideFile(target, part(target), false, DurableMove.OF_FILES);
    }

    /**
     * Resumes a file {@code NAME.part} that an earlier, aborted attempt may have left; it is kept if this one is
     * aborted too. Only one process may write it.
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

    /** The path to write to until {@link #commit}. */
    public Path path() {
        return aside;
    }

    /** Moves the file, which must be closed, to its target, replacing what was there. */
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
