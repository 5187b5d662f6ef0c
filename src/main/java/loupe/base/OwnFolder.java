package loupe.base;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Collections;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A folder that nobody but this user can put anything into: programs may be kept in it and run from it. */
public final class OwnFolder {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private OwnFolder() {}

    /**
     * Makes the folder with mode 0700, or checks the one that is there and closes it to others.
     *
     * @return the folder
     * @throws CheckpointException if it cannot be made or written to, is a link, or is another user's
     */
    public static Path make(Path folder) {
        Path absolute = folder.toAbsolutePath();
        try {
            Path parent = absolute.getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            boolean posix = parent != null && isPosix(Files.getFileStore(parent));
            try {
                if (posix) {
                    Files.createDirectory(absolute, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
                } else {
                    Files.createDirectory(absolute);
                }
            } catch (FileAlreadyExistsException there) {
                if (!Files.isDirectory(absolute, LinkOption.NOFOLLOW_LINKS)) {
                    throw refused(absolute, "this is not a folder", there);
                }
            }
            // made by us, so that its owner is us
            Path probe = Files.createTempFile(absolute, "own", null);
            try {
                if (!Files.getOwner(probe).equals(Files.getOwner(absolute, LinkOption.NOFOLLOW_LINKS))) {
                    throw refused(absolute, "this folder is another user's", null);
                }
            } finally {
                Files.delete(probe);
            }
            if (posix) {
                close(absolute);
            }
            return absolute;
        } catch (IOException e) {
            throw refused(absolute, "no folder of our own can be made here (" + FileFailure.reason(e) + ")", e);
        }
    }

    /** Closes a folder to others, who may have put something into it that is theirs if they could. */
    private static void close(Path folder) throws IOException {
        Set<PosixFilePermission> before = Files.getPosixFilePermissions(folder);
        if (before.equals(OWNER_ONLY)) {
            return;
        }
        Files.setPosixFilePermissions(folder, OWNER_ONLY);
        if (Collections.disjoint(before, Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE))) {
            return;
        }
        UserPrincipal owner = Files.getOwner(folder);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                if (!Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).equals(owner)) {
                    Files.setPosixFilePermissions(folder, before);
                    throw refused(
                            folder, "others could write here, and " + file.getFileName() + " is another user's", null);
                }
            }
        }
    }

    private static boolean isPosix(FileStore store) {
        return store.supportsFileAttributeView("posix");
    }

    private static CheckpointException refused(Path folder, String found, @Nullable Exception cause) {
        return new CheckpointException(
                folder,
                found,
                "a folder that only you can write to",
                "Name a folder of yours in XDG_CACHE_HOME",
                cause);
    }
}
