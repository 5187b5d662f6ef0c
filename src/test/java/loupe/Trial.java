package loupe;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Small copies of layouts that people met in public, from {@code src/test/resources/loupe/trial}: a README in each says
 * what it is and what should happen. A folder that is not there is a failure.
 */
public final class Trial {
    private static final Path ROOT = Path.of("src", "test", "resources", "loupe", "trial");

    private Trial() {}

    /**
     * The folder of one layout, not to be written to.
     *
     * @param name for example {@code hub-cache}
     * @throws IllegalStateException if there is no such folder
     */
    public static Path folder(String name) {
        Path folder = ROOT.resolve(name);
        if (!Files.isDirectory(folder)) {
            throw new IllegalStateException("There is no folder " + name + " in " + ROOT);
        }
        return folder;
    }
}
