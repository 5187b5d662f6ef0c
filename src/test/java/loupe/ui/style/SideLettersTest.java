package loupe.ui.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javafx.scene.paint.Color;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The letters that tell the checkpoints apart can be read: contrast of WCAG AA in both themes. */
class SideLettersTest {
    @ParameterizedTest
    @CsvSource({"light, a", "light, b", "dark, a", "dark, b"})
    void lettersHaveTheContrastOfAa(String theme, String side) throws IOException {
        assertThat(contrast(colour(theme, "-color-letter-" + side), colour(theme, "-color-letter-text")))
                .isGreaterThanOrEqualTo(4.5);
    }

    private static Color colour(String theme, String name) throws IOException {
        try (InputStream css = Theme.class.getResourceAsStream(theme + ".css")) {
            Matcher found = Pattern.compile(name + ": (#[0-9a-f]{6});")
                    .matcher(new String(css.readAllBytes(), StandardCharsets.UTF_8));
            assertThat(found.find()).as(name).isTrue();
            return Color.web(found.group(1));
        }
    }

    private static double contrast(Color one, Color other) {
        double light = Math.max(luminance(one), luminance(other));
        double dark = Math.min(luminance(one), luminance(other));
        return (light + 0.05) / (dark + 0.05);
    }

    private static double luminance(Color colour) {
        return 0.2126 * linear(colour.getRed())
                + 0.7152 * linear(colour.getGreen())
                + 0.0722 * linear(colour.getBlue());
    }

    private static double linear(double channel) {
        return channel <= 0.04045 ? channel / 12.92 : Math.pow((channel + 0.055) / 1.055, 2.4);
    }
}
