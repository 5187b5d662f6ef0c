package loupe.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A folder filled beside its place and moved there when it is complete; closed before that, it leaves nothing behind.
 * It replaces nothing but an empty folder. For one thread.
 */
public final class AsideFolder implements AutoCloseable {
    private final Path target;
    private final Path aside;
    private final DurableMove move;
    private boolean committed;

    private AsideFolder(Path target, Path aside, DurableMove move) {
        this.target = target;
        this.aside = aside;
        this.move = move;
    }

    /**
     * Makes an empty folder beside the target, which {@code target} will be once it is complete.
     *
     * @throws CheckpointException if something is at {@code target} already, or no folder can be made there
     */
    public static AsideFolder create(Path target) {
        return create(target, DurableMove.OF_FILES);
    }

    static AsideFolder create(Path target, DurableMove move) {
        try {
            Path absolute = target.toAbsolutePath();
            if (Files.exists(absolute) && !(Files.isDirectory(absolute) && isEmpty(absolute))) {
                throw new CheckpointException(
                        target, "there is something here already", "a new folder", "Choose another name");
            }
            Files.createDirectories(absolute.getParent());
            PartName.clear(absolute);
            return new AsideFolder(target, Files.createDirectory(PartName.of(absolute)), move);
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    /** The folder to fill until {@link #commit}. */
    public Path path() {
        return aside;
    }

    /** Moves the folder to its target. */
    public void commit() {
        try {
            Files.deleteIfExists(target);
            move.folder(aside, target);
            committed = true;
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    @Override
    public void close() {
        if (committed) {
            return;
        }
        try {
            PartName.delete(aside);
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    private static CheckpointException failure(Path target, IOException e) {
        return new CheckpointException(
                target,
                "the folder cannot be written (" + FileFailure.reason(e) + ")",
                "a place that can be written, with room for it",
                "Choose another folder, or make room",
                e);
    }
}
