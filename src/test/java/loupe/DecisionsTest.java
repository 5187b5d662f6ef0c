package loupe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The index of decisions lists every record of its folder, in the order of their numbers, and no other. */
class DecisionsTest {
    private static final Path FOLDER = Path.of("src/site/markdown/decisions");
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| \\[((\\d+)\\. [^]]+)]\\(((\\d{4})-[\\w-]+\\.md)\\) \\|");

    @Test
    void theIndexListsEveryRecordInOrder() throws IOException {
        List<String> records;
        try (Stream<Path> files = Files.list(FOLDER)) {
            records = files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("README.md"))
                    .sorted()
                    .toList();
        }

        assertThat(rows().map(row -> row.group(3)))
                .as("the rows of %s", FOLDER.resolve("README.md"))
                .containsExactlyElementsOf(records);
    }

    @Test
    void aRowShowsTheNumberAndTheTitleOfItsRecord() throws IOException {
        for (MatchResult row : rows().toList()) {
            String record = row.group(3);
            assertThat(Integer.parseInt(row.group(2))).as(record).isEqualTo(Integer.parseInt(row.group(4)));
            assertThat(Files.readAllLines(FOLDER.resolve(record)).get(0)).isEqualTo("# " + row.group(1));
        }
    }

    private static Stream<MatchResult> rows() throws IOException {
        return ROW.matcher(Files.readString(FOLDER.resolve("README.md"))).results();
    }
}
