package loupe.ui.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JavaFX passes over a file that a style sheet names and that is not there, so this looks. */
class StyleSheetsTest {
    private static final Pattern FILE = Pattern.compile("url\\(\"([^\"]+)\"\\)");

    @ParameterizedTest
    @ValueSource(strings = {"workbench.css", "window.css", "light.css", "dark.css", "high-contrast.css"})
    void everyFileThatAStyleSheetNamesIsThere(String sheet) throws IOException {
        List<String> named;
        try (InputStream text = Theme.class.getResourceAsStream(sheet)) {
            named = FILE.matcher(new String(text.readAllBytes(), StandardCharsets.UTF_8))
                    .results()
                    .map((MatchResult url) -> url.group(1))
                    .toList();
        }

        assertThat(named)
                .allSatisfy(file -> assertThat(Theme.class.getResource(file)).isNotNull());
    }
}
