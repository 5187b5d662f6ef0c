package loupe;

import java.net.URI;
import java.net.URL;
import java.nio.file.Path;

/**
 * Inputs as people have them, which programs have been seen to misread, from {@code src/test/resources/loupe/trial};
 * the README in each says what it is. A case that is not there is a failure.
 */
public final class Trial {
    private Trial() {}

    /**
     * The folder of one case, not to be written.
     *
     * @param name for example {@code hook-names}
     * @throws IllegalStateException if there is no such case
     */
    public static Path folder(String name) {
        URL folder = Trial.class.getResource("trial/" + name);
        if (folder == null) {
            throw new IllegalStateException("The test resources have no loupe/trial/" + name + ": check it out again");
        }
        return Path.of(URI.create(folder.toString()));
    }
}
