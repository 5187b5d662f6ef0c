package loupe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pages name what there is. */
class DocumentsTest {
    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
    private static final Pattern BLOCK = Pattern.compile("^```.*?^```", Pattern.DOTALL | Pattern.MULTILINE);
    /** A name of at least two words, as classes have them; one of a single word may be anything. */
    private static final Pattern CLASS = Pattern.compile("(?<![\\w-])[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+(?!\\w)");

    private static final Pattern DECLARED = Pattern.compile("\\b(?:class|record|interface|enum)\\s+([A-Z]\\w*)");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#[^)]*)?\\)");

    /**
     * Pages that tell of other libraries' files, whose classes they name: nothing of ours stands in their code marks.
     */
    private static final Set<String> OF_OTHERS = Set.of("formats.md");
    /** Classes and annotations of Java and its libraries, and names of programs. */
    private static final Set<String> OUTSIDE = Set.of(
            "IllegalArgumentException",
            "NullMarked",
            "SuppressWarnings",
            "IllegalStateException",
            "FileChannel",
            "MemorySegment",
            "InternalError",
            "TieredStopAtLevel",
            "TinyStories");

    static List<Path> pages() {
        try (Stream<Path> site = Files.walk(Path.of("src/site/markdown"))) {
            return Stream.concat(
                            Stream.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "src/test/README.md")
                                    .map(Path::of),
                            site.filter(file -> file.toString().endsWith(".md")))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyClassThatAPageNamesExists(Path page) throws IOException {
        if (OF_OTHERS.contains(page.getFileName().toString())) {
            return;
        }

        assertThat(missing(Files.readString(page), declared())).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyFileThatAPageLinksToExists(Path page) throws IOException {
        Path folder = page.toAbsolutePath().getParent();

        assertThat(LINK.matcher(Files.readString(page)).results().map((MatchResult link) -> link.group(1)))
                .filteredOn(target -> !target.contains("://"))
                .allSatisfy(target -> assertThat(folder.resolve(target)).exists());
    }

    @Test
    void aClassThatIsGoneIsFound() {
        assertThat(missing("`TreeCanvas` draws what `TreeScribbler` has laid out", Set.of("TreeCanvas")))
                .containsExactly("TreeScribbler");
    }

    private static Set<String> missing(String page, Set<String> declared) {
        return CODE.matcher(BLOCK.matcher(page).replaceAll(""))
                .results()
                .flatMap(code -> CLASS.matcher(code.group(1)).results().map(MatchResult::group))
                .filter(name -> !declared.contains(name) && !OUTSIDE.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The names of all classes of the project, those inside others too. */
    private static Set<String> declared() throws IOException {
        Set<String> names = new HashSet<>();
        try (Stream<Path> sources = Files.walk(Path.of("src"))) {
            for (Path source :
                    (Iterable<Path>) sources.filter(file -> file.toString().endsWith(".java"))::iterator) {
                DECLARED.matcher(Files.readString(source)).results().forEach(match -> names.add(match.group(1)));
            }
        }
        return names;
    }
}
