package loupe.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the engine and the tokenizers keep the libraries that they unpack and run. Left to themselves they take a
 * folder that anybody can make where the user's home cannot be written to, and run what is in it.
 */
public final class NativeLibraries {
    /** Names the folder to the engine: a variable of the environment, or else a system property. */
    private static final String FOLDER = "DJL_CACHE_DIR";

    private static final String NAME = "native";
    private static final String MEGABYTES = "450 MB";
    /** What the engine and the tokenizers call what they are unpacking. */
    private static final Pattern UNPACKING = Pattern.compile("tmp\\d+|jni\\d+tmp|own\\d+\\.tmp");

    private static final int FOLDERS_DEEP = 3;
    private static final int LONGEST_REASON = 120;
    private static final Duration LONGEST_UNPACKING = Duration.ofMinutes(10);

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
        clear(folder);
        System.setProperty(FOLDER, folder.toString());
    }

    /**
     * Deletes what processes left that were killed while they unpacked: nothing is unpacked for as long as what is
     * deleted has lain there.
     */
    static void clear(Path folder) {
        FileTime before = FileTime.from(Instant.now().minus(LONGEST_UNPACKING));
        try (Stream<Path> files = Files.walk(folder, FOLDERS_DEEP)) {
            for (Path left : files.filter(path ->
                            UNPACKING.matcher(path.getFileName().toString()).matches())
                    .toList()) {
                if (Files.exists(left) && Files.getLastModifiedTime(left).compareTo(before) < 0) {
                    PartName.delete(left);
                }
            }
        } catch (IOException | UncheckedIOException stays) {
            // it is in nobody's way
        }
    }

    /**
     * What to say of a library that cannot be unpacked or run.
     *
     * @param whose such as {@code engine}
     */
    public static Refusal unusable(String whose, Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String whole = cause instanceof IOException io ? FileFailure.reason(io) : String.valueOf(cause.getMessage());
        // the system's loader says the path twice before it says what is wrong
        String reason = whole.substring(whole.lastIndexOf(": ") + 1).strip();
        return new Refusal(
                "The " + whose + "'s library cannot be unpacked to or run from "
                        + folder().map(Path::toString).orElse("the user's folder")
                        + " (" + reason.substring(0, Math.min(reason.length(), LONGEST_REASON)) + ")",
                MEGABYTES + " of room in a folder that programs may be run from",
                "Make room, or name another folder in the environment: " + FOLDER + "=FOLDER");
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
