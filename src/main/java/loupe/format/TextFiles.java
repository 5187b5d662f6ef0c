package loupe.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Text files in UTF-8. */
public final class TextFiles {
    private TextFiles() {}

    /**
     * Writes a text so that the file is either as it was or complete.
     *
     * @throws loupe.base.CheckpointException if it cannot be written
     */
    public static void write(Path path, String text) {
        try (OutputFile file = OutputFile.create(path)) {
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            file.commit();
        }
    }
}
