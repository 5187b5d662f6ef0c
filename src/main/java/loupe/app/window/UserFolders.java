package loupe.app.window;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.state.window.NamedSessions;
import loupe.state.window.SessionFile;
import org.jspecify.annotations.Nullable;

/**
 * The folders that the program uses on a user's computer: settings, cache and sample. None of them is created here. On
 * Linux the XDG base directories count, an empty variable or a relative path as if it were not set; on macOS the
 * folders of the user's Library; on Windows {@code APPDATA} for settings and {@code LOCALAPPDATA} for the cache.
 *
 * @param config where the session is kept
 * @param cache where finished passes over a corpus, and other things that take long to make, are kept
 * @param samplePlaces where the sample may lie, most likely first
 * @see <a href="https://specifications.freedesktop.org/basedir-spec/latest/">XDG Base Directory Specification</a>
 */
public record UserFolders(Path config, Path cache, List<Path> samplePlaces) {
    private static final String TITLE = "SAE Loupe";
    private static final String UNIX_NAME = "sae-loupe";
    private static final String SAMPLE = "sample-checkpoints";
    /** Nothing can be made there, which whoever tries says. */
    private static final Path NOWHERE = Path.of("/nonexistent").toAbsolutePath();

    public UserFolders {
        samplePlaces = List.copyOf(samplePlaces);
    }

    /** The folders of the user who runs this process. */
    public static UserFolders ofUser() {
        return of(
                System.getenv(),
                System.getProperty("os.name"),
                home(System.getenv("HOME"), Path.of(System.getProperty("user.home"))),
                Optional.ofNullable(System.getProperty("loupe.home")).map(Path::of));
    }

    /**
     * The user's home. Where the environment names one, that is it, as for other programs and for the launcher; Java
     * asks the system, which has none for a user that it does not know, as in many containers.
     */
    static Path home(@Nullable String environment, Path ofJava) {
        if (environment != null && Path.of(environment).isAbsolute()) {
            return Path.of(environment);
        }
        return ofJava.isAbsolute() ? ofJava : NOWHERE;
    }

    /**
     * The folders on a computer described by its environment.
     *
     * @param os name of the operating system, as the system property {@code os.name} has it
     * @param home the user's home folder
     * @param program the folder that the program was built in, if the launcher named it
     */
    static UserFolders of(Map<String, String> environment, String os, Path home, Optional<Path> program) {
        List<Path> samplePlaces = new ArrayList<>();
        program.ifPresent(folder -> samplePlaces.add(folder.resolve(SAMPLE)));
        samplePlaces.add(Path.of(SAMPLE));
        return new UserFolders(config(environment, os, home), cache(environment, os, home), samplePlaces);
    }

    private static Path config(Map<String, String> environment, String os, Path home) {
        if (os.startsWith("Windows") && environment.containsKey("APPDATA")) {
            return Path.of(environment.get("APPDATA"), TITLE);
        }
        if (os.startsWith("Mac")) {
            return home.resolve("Library/Application Support").resolve(TITLE);
        }
        return base(environment, "XDG_CONFIG_HOME", home.resolve(".config")).resolve(UNIX_NAME);
    }

    private static Path cache(Map<String, String> environment, String os, Path home) {
        if (os.startsWith("Windows") && environment.containsKey("LOCALAPPDATA")) {
            return Path.of(environment.get("LOCALAPPDATA"), TITLE);
        }
        if (os.startsWith("Mac")) {
            return home.resolve("Library/Caches").resolve(TITLE);
        }
        return base(environment, "XDG_CACHE_HOME", home.resolve(".cache")).resolve(UNIX_NAME);
    }

    private static Path base(Map<String, String> environment, String variable, Path usual) {
        String set = environment.getOrDefault(variable, "");
        return set.isBlank() || !Path.of(set).isAbsolute() ? usual : Path.of(set);
    }

    /** The folder of finished passes over a corpus. */
    public Path indexes() {
        return cache.resolve("indexes");
    }

    /** The folder of unigram residuals, a file for each model, hook point and first token. */
    public Path unigrams() {
        return cache.resolve("unigrams");
    }

    /** The session file. */
    Path session() {
        return config.resolve("session.json");
    }

    /** The sessions that the window has kept under names. */
    public NamedSessions sessions() {
        return NamedSessions.beside(session());
    }

    /** The file of all that is written down about features. */
    public Path labels() {
        return SessionFile.labelsBeside(session());
    }

    /** The folder of the sample that comes with the program; empty where it is not installed. */
    public Optional<Path> sample() {
        return samplePlaces.stream().filter(Files::isDirectory).findFirst();
    }
}
