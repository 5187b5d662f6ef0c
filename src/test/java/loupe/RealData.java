package loupe;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Published models, tokenizers and texts, which are too large or not ours to ship, in the folder that the system
 * property {@code loupe.shared} names; {@code src/test/README.md} says where to get them. A test that reads any is
 * tagged {@code real-data} and runs where the property is set.
 */
public final class RealData {
    private RealData() {}

    /**
     * A file or folder of the data.
     *
     * @param name for example {@code real-lm/gpt-nano-sort}
     * @throws IllegalStateException if it is not there
     */
    public static Path file(String name) {
        String folder = System.getProperty("loupe.shared", "");
        Path file = Path.of(folder, "data").resolve(name);
        if (folder.isBlank() || !Files.exists(file)) {
            throw new IllegalStateException("This test is tagged real-data and needs data/" + name
                    + " in the folder loupe.shared, which is \"" + folder
                    + "\": src/test/README.md says where to get it");
        }
        return file;
    }
}
