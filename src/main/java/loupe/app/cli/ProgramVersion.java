package loupe.app.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;

/**
 * The versions of the program, of its platform, and of the libraries that its numbers depend on.
 *
 * @param version of the program
 * @param java version of the Java that runs it
 * @param system name and architecture of the operating system
 * @param libtorch version of PyTorch's library that it is built for
 * @param djl version of the Deep Java Library
 */
public record ProgramVersion(String program, String version, String java, String system, String libtorch, String djl) {
    private static final String BUILT_WITH = "version.properties";

    /** The versions recorded by the build, and the Java of this process. */
    public static ProgramVersion current() {
        Properties built = new Properties();
        try (InputStream file = ProgramVersion.class.getResourceAsStream(BUILT_WITH)) {
            built.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ProgramVersion(
                "SAE Loupe",
                built.getProperty("version"),
                System.getProperty("java.version"),
                System.getProperty("os.name") + ", " + System.getProperty("os.arch"),
                built.getProperty("libtorch"),
                built.getProperty("djl"));
    }

    /** The version as text: the program on the first line, Java and its libraries on the second. */
    List<String> lines() {
        return List.of(
                program + " " + version, "Java " + java + " (" + system + "), libtorch " + libtorch + ", DJL " + djl);
    }
}
