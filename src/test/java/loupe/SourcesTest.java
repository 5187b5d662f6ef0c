package loupe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the formatter and the compiler let pass in our sources. */
class SourcesTest {
    private static final int WIDEST = 120;

    /** A block tag that javadoc prints as text, since it only knows tags that begin a line. */
    private static final Pattern TAG_WITHIN_A_LINE =
            Pattern.compile("^\\s*(/\\*)?\\*+ *[^@\\s*/{].*(?<![{\\w`\"])@(param|return|throws|see)\\b");

    @Test
    void noLineIsWiderThanAReviewShowsIt() throws IOException {
        assertThat(linesThat(SourcesTest::isTooWide)).isEmpty();
    }

    @Test
    void everyBlockTagBeginsItsLine() throws IOException {
        assertThat(linesThat(SourcesTest::hasTagWithin)).isEmpty();
    }

    @Test
    void aLineThatIsTooWideOrHasATagWithinIsFound() {
        assertThat(isTooWide("x".repeat(WIDEST))).isFalse();
        assertThat(isTooWide("x".repeat(WIDEST + 1))).isTrue();
        assertThat(hasTagWithin("    /** Reads one document. @throws IOException if it cannot be read */"))
                .isTrue();
        assertThat(hasTagWithin("     * The sum of both. @return a number")).isTrue();
        assertThat(hasTagWithin("     * @return a number")).isFalse();
        assertThat(hasTagWithin("    /** @return a number */")).isFalse();
        assertThat(hasTagWithin("     * Like {@code @param}, which begins a line."))
                .isFalse();
    }

    private static boolean isTooWide(String line) {
        return line.codePointCount(0, line.length()) > WIDEST;
    }

    private static boolean hasTagWithin(String line) {
        return TAG_WITHIN_A_LINE.matcher(line.replaceAll("\\{@code [^}]*}", "")).find();
    }

    private static List<String> linesThat(Predicate<String> wrong) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("src"))) {
            for (Path file :
                    (Iterable<Path>) files.filter(path -> path.toString().endsWith(".java"))::iterator) {
                List<String> lines = Files.readAllLines(file);
                for (int i = 0; i < lines.size(); i++) {
                    if (wrong.test(lines.get(i))) {
                        found.add(file + ":" + (i + 1) + ": " + lines.get(i));
                    }
                }
            }
        }
        return found;
    }
}
