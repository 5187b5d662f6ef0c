package loupe.base;

import java.nio.file.Files;
import java.nio.file.Path;

/** What is opened as a file has to be one: a pipe would be waited on for ever, and a device may have no end. */
public final class RegularFile {
    private RegularFile() {}

    /**
     * Refuses what is there and no regular file.
     *
     * @return the file, which may be missing
     * @throws CheckpointException if it is a folder, a device or a pipe
     */
    public static Path require(Path file) {
        if (Files.isDirectory(file)) {
            throw new CheckpointException(
                    file, "this is a folder, not a regular file", "a file", "Choose the weight file in it");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new CheckpointException(
                    file, "this is a device or a pipe, not a regular file", "a regular file", "Choose a file on disk");
        }
        return file;
    }
}
