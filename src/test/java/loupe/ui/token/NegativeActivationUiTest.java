package loupe.ui.token;

import static org.assertj.core.api.Assertions.assertThat;

import javafx.scene.Parent;
import javafx.scene.image.PixelReader;
import javafx.scene.layout.VBox;
import javafx.scene.paint.Color;
import loupe.state.window.Side;
import loupe.ui.UiTest;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.Contrast;
import loupe.ui.style.Theme;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tokens at which a feature is 4, -4 and 0. */
class NegativeActivationUiTest extends UiTest {
    private TokenStrip strip;
    private ExampleList list;

    @Override
    protected Parent build() {
        TokenLine line = new TokenLine(
                new String[] {"above", "below", "silent"}, new int[] {1, 2, 3}, new float[] {4, -4, 0}, 1);
        strip = new TokenStrip(true);
        strip.setLine(line, 4, Side.A);
        list = new ExampleList(false);
        list.setLines(java.util.List.of(line), 4, Side.A);
        return new VBox(strip, list);
    }

    private ColourRoles palette(Theme theme) {
        return onFx(() -> {
            theme.apply(stage.getScene());
            stage.getScene().getRoot().applyCss();
            stage.getScene().getRoot().layout();
            return strip.palette();
        });
    }

    @ParameterizedTest
    @EnumSource(Theme.class)
    void textIsReadableOnNegativeBackgrounds(Theme theme) {
        ColourRoles palette = palette(theme);
        for (Side side : Side.values()) {
            for (double fraction = 0.05; fraction <= 1; fraction += 0.05) {
                Color below = TokenPaint.background(palette, side, -fraction);
                assertThat(Contrast.of(palette.text(), below))
                        .as("%s %s %s", theme, side, -fraction)
                        .isGreaterThanOrEqualTo(theme == Theme.HIGH_CONTRAST ? 7 : 4.5);
                assertThat(below).isNotEqualTo(TokenPaint.background(palette, side, fraction));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Theme.class)
    void aNegativeActivationHasALineUnderIt(Theme theme) {
        ColourRoles palette = palette(theme);
        PixelReader pixels = onFx(() -> strip.snapshot(null, null)).getPixelReader();
        int negative = 0;
        int height = (int) onFx(() -> strip.getHeight()).doubleValue();
        int width = (int) onFx(() -> strip.getWidth()).doubleValue();
        for (int x = 0; x < width; x++) {
            for (int y = 0; y < height; y++) {
                negative += near(pixels.getColor(x, y), palette.negative()) ? 1 : 0;
            }
        }
        assertThat(negative).as("a line as long as the word").isGreaterThan(25);
    }

    @Test
    void anExampleSaysTheSignOfItsActivation() {
        assertThat(onFx(() -> list.lookupAll(".list-cell").stream()
                        .map(node -> node.getAccessibleText())
                        .filter(text -> text != null)
                        .toList()))
                .anyMatch(text -> text.startsWith("activation \u22124.00: "));
    }

    private static boolean near(Color a, Color b) {
        return Math.abs(a.getRed() - b.getRed())
                        + Math.abs(a.getGreen() - b.getGreen())
                        + Math.abs(a.getBlue() - b.getBlue())
                < 0.03;
    }
}
