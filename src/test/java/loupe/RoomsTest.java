package loupe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the code is divided into packages, so that a newcomer can read a package off one screen. */
class RoomsTest {
    private static final Path SOURCES = Path.of("src/main/java/loupe");
    private static final int MOST_FILES = 40;
    /** Rooms of {@code ui} whose parts belong to no pane, and so to no view model. */
    private static final Set<String> PARTS = Set.of("chart", "token", "control", "export", "style", "help", "welcome");

    @Test
    void noPackageHasMoreFilesThanFitOnAScreen() {
        Map<String, Long> packages = tooLarge(SOURCES);
        packages.remove("format"); // one class for each file format

        assertThat(packages).isEmpty();
    }

    @Test
    void aPackageThatIsTooLargeIsFound(@TempDir Path folder) throws IOException {
        Path crowded = Files.createDirectories(folder.resolve("ui/tree"));
        for (int i = 0; i <= MOST_FILES; i++) {
            Files.createFile(crowded.resolve("Tree" + i + ".java"));
        }

        assertThat(tooLarge(folder)).containsOnlyKeys("ui/tree");
    }

    @Test
    void panesAndTheirViewModelsStandInRoomsOfTheSameName() {
        Set<String> panes = new TreeSet<>(rooms("ui"));
        panes.removeAll(PARTS);

        assertThat(panes).isEqualTo(rooms("state"));
        assertThat(rooms("ui")).containsAll(PARTS);
    }

    /** The packages with more source files than a screen shows, with how many they have. */
    private static Map<String, Long> tooLarge(Path sources) {
        try (Stream<Path> files = Files.walk(sources)) {
            Map<String, Long> counts = files.filter(file -> file.toString().endsWith(".java"))
                    .collect(Collectors.groupingBy(
                            file -> sources.relativize(file.getParent())
                                    .toString()
                                    .replace('\\', '/'),
                            TreeMap::new,
                            Collectors.counting()));
            counts.values().removeIf(count -> count <= MOST_FILES);
            return counts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> rooms(String layer) {
        try (Stream<Path> folders = Files.list(SOURCES.resolve(layer))) {
            return folders.filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
