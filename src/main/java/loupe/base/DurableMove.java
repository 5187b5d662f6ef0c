package loupe.base;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Moves a file or folder to another name in the same folder so that a crash leaves the old or the new one: in one step
 * where the file system can, and written to the disk before this returns.
 *
 * @param system how the file system moves
 */
record DurableMove(System system) {
    static final DurableMove OF_FILES = new DurableMove((from, to, how) -> Files.move(from, to, how));

    /** What a file system does when it moves; tests let it fail. */
    @SuppressWarnings("JavaLangClash") // nothing here asks the system of Java
    interface System {
        void move(Path from, Path to, CopyOption... how) throws IOException;
    }

    /** Moves a file to its target, replacing what is there. */
    void file(Path from, Path to) throws IOException {
        try (FileChannel content = FileChannel.open(from, StandardOpenOption.WRITE)) {
            content.force(true);
        }
        try {
            system.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException inSteps) {
            system.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
        forceEntries(to.toAbsolutePath().resolveSibling(""));
    }

    /** Moves a folder to a target that does not exist. */
    void folder(Path from, Path to) throws IOException {
        forceEntries(from);
        try {
            system.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException inSteps) {
            system.move(from, to);
        }
        forceEntries(to.toAbsolutePath().resolveSibling(""));
    }

    /**
     * Flushes a folder's entries to the disk where the system supports that: not on Windows, nor on every network
     * share.
     */
    private static void forceEntries(Path folder) {
        try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
            entries.force(true);
        } catch (IOException cannotBeAsked) {
            // the move has happened all the same
        }
    }
}
