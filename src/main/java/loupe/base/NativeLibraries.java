package loupe.base;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where the engine and the tokenizers keep the libraries that they unpack and run. Left to themselves they take a
 * folder that anybody can make where the user's home cannot be written to, and run what is in it.
 */
public final class NativeLibraries {
    /** Names the folder to the engine: a variable of the environment, or else a system property. */
    private static final String FOLDER = "DJL_CACHE_DIR";

    private static final String NAME = "native";

    private NativeLibraries() {}

    /**
     * Keeps them in a folder of the user's own, unless the environment names another. To be called before the first
     * class of the engine loads.
     *
     * @param cache the user's folder for what can be made again
     * @param temporary used if nothing can be made in the cache; others may write there
     * @param user the user's name
     * @throws CheckpointException if no folder can be made that is safe from other users
     */
    public static void keepIn(Path cache, Path temporary, String user) {
        if (chosen().isPresent()) {
            return;
        }
        Path folder;
        try {
            folder = OwnFolder.make(cache.resolve(NAME));
        } catch (CheckpointException notThere) {
            folder = OwnFolder.make(temporary.resolve("sae-loupe-" + user.replaceAll("[^A-Za-z0-9_-]", "_")));
        }
        System.setProperty(FOLDER, folder.toString());
    }

    /** The folder that has been chosen; empty if nobody has chosen. */
    public static Optional<Path> folder() {
        return chosen().or(() -> Optional.ofNullable(System.getProperty(FOLDER)))
                .map(Path::of);
    }

    private static Optional<String> chosen() {
        return List.of(FOLDER, "ENGINE_CACHE_DIR").stream()
                .map(System::getenv)
                .filter(value -> value != null && !value.isEmpty())
                .findFirst();
    }
}
