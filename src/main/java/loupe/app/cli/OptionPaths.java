package loupe.app.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks of paths that were given as options, before any work starts. */
public final class OptionPaths {
    /** Of file systems, in bytes. */
    private static final int LONGEST_NAME = 255;

    private OptionPaths() {}

    /**
     * A path to something that is there.
     *
     * @throws UsageException naming the option, if the path is empty or there is nothing at it
     */
    public static Path existing(Path path, String option) {
        requireNamed(path, option);
        if (!Files.exists(path)) {
            throw new UsageException(option + ": " + path + " does not exist");
        }
        return path;
    }

    /**
     * A path where a file can be put.
     *
     * @throws UsageException if a file cannot be put at {@code path} because its folder is missing or it is a folder
     *     itself
     */
    public static Path writable(Path path, String option) {
        requireNamed(path, option);
        if (Files.isDirectory(path)) {
            throw new UsageException(option + ": " + path + " is a folder, a file is wanted");
        }
        int bytes = path.getFileName().toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > LONGEST_NAME) {
            throw new UsageException(option + ": a file's name has " + LONGEST_NAME + " bytes at most, that of " + path
                    + " has " + bytes);
        }
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new UsageException(option + ": the folder " + folder + " does not exist");
        }
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new UsageException(option + ": " + path + " is a device or a pipe, a file is wanted");
        }
        return path;
    }

    /**
     * A path that is a folder or free for one.
     *
     * @throws UsageException if something is at {@code path} that is no folder
     */
    public static Path folder(Path path, String option) {
        requireNamed(path, option);
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new UsageException(option + ": " + path + " is a file, a folder is wanted");
        }
        return path;
    }

    /** An empty path would mean the folder that the program was started in. */
    private static void requireNamed(Path path, String option) {
        if (path.toString().isEmpty()) {
            throw new UsageException(option + " is empty, a path is wanted; write . for the current folder");
        }
    }
}
