package loupe.ui.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.VBox;
import javafx.scene.paint.Color;
import loupe.search.SearchQuery;
import loupe.state.window.Side;
import loupe.ui.Samples;
import loupe.ui.UiTest;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.Contrast;
import loupe.ui.style.TextWidths;
import loupe.ui.style.Theme;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TokenStripUiTest extends UiTest {
    private static final TokenLine BLUEBIRD =
            new TokenLine(new String[] {"the", " blue", "bird", " sang", " Blue"}, new int[5], new float[5], 1);

    private final List<Integer> chosen = new ArrayList<>();
    private TokenStrip strip;
    private ExampleList list;

    @Override
    protected Parent build() {
        strip = new TokenStrip(true);
        strip.setLine(Samples.examples(1).get(0), 9.4, Side.A);
        strip.setOnToken(chosen::add);
        list = new ExampleList(false);
        list.setLines(Samples.examples(500), 9.4, Side.A);
        return new VBox(strip, list);
    }

    private Point2D place(int token) {
        return onFx(() -> {
            double width = strip.getWidth()
                    - strip.getInsets().getLeft()
                    - strip.getInsets().getRight();
            TokenFlow flow = TokenFlow.wrapped(
                    Samples.examples(1).get(0),
                    width,
                    TextWidths.shared(strip.font().getFamily()));
            return strip.localToScreen(
                    strip.getInsets().getLeft() + flow.x(token) + flow.width(token) / 2,
                    (flow.row(token) + 0.5) * TokenFlow.ROW);
        });
    }

    @Test
    void aClickChoosesATokenAndArrowsWalkOn() {
        clickOn(place(13));
        type(KeyCode.RIGHT).type(KeyCode.LEFT).type(KeyCode.LEFT);
        assertThat(chosen).containsExactly(13, 14, 13, 12);
        assertThat(strip.selectedProperty().get()).isEqualTo(12);
        assertThat(onFx(() -> strip.getAccessibleText())).contains("brown").contains("activation 6.30");
    }

    @Test
    void thePointerIsFollowed() {
        moveTo(place(5));
        waitUntil(() -> strip.hoveredProperty().get() == 5);
    }

    @Test
    void aLineBreakEndsARow() {
        TokenLine line = new TokenLine(new String[] {"a", "\n", "b"}, new int[3], new float[3], 0);
        TokenFlow flow = onFx(() -> TokenFlow.wrapped(line, 1000, TextWidths.shared("System")));
        assertThat(flow.row(1)).isZero();
        assertThat(flow.row(2)).isEqualTo(1);
        assertThat(flow.x(2)).isZero();
    }

    @Test
    void aSingleRowShowsItsPeak() {
        TokenLine line = Samples.examples(1).get(0);
        TokenFlow flow = onFx(() -> TokenFlow.single(line, 200, TextWidths.shared("System")));
        assertThat(flow.rows()).isEqualTo(1);
        assertThat(flow.x(13)).isBetween(0.0, 200 - flow.width(13));
    }

    @Test
    void onlyTheExamplesInSightHaveNodes() {
        int strips = onFx(() -> list.lookupAll(".token-strip").size());
        assertThat(strips).isBetween(1, 60);
        for (Node node : onFx(() -> list.lookupAll(".example-figure"))) {
            assertThat(node.isVisible()).isTrue();
        }
    }

    @Test
    void theTokensOfWordsThatAreLookedForAreUnderlinedWhileTheyAre() {
        onFx(() -> {
            strip.setLine(BLUEBIRD, 1, Side.A);
            strip.setMarks(SearchQuery.parse("bluebird")::marksInExample);
        });
        assertThat(marked(5)).containsExactly(1, 2);
        onFx(() -> strip.setMarks(SearchQuery.parse("active:sang label:the")::marksInExample));
        assertThat(marked(5)).containsExactly(3);
        assertThat(below(3)).isEqualTo(onFx(() -> strip.palette().text()));
        assertThat(below(0)).isNotEqualTo(onFx(() -> strip.palette().text()));
        onFx(() -> strip.setMarks(SearchQuery.parse("")::marksInExample));
        assertThat(marked(5)).isEmpty();
    }

    private List<Integer> marked(int tokens) {
        return IntStream.range(0, tokens).filter(strip::isMarked).boxed().toList();
    }

    /** The colour drawn at the lower edge of a token of the first row. */
    private Color below(int token) {
        return onFx(() -> {
            strip.applyCss();
            strip.layout();
            TokenFlow flow = TokenFlow.wrapped(
                    BLUEBIRD, strip.getWidth(), TextWidths.shared(strip.font().getFamily()));
            double x = strip.getInsets().getLeft() + flow.x(token) + flow.width(token) / 2;
            return strip.snapshot(null, null).getPixelReader().getColor((int) x, (int)
                    (strip.getInsets().getTop() + TokenFlow.ROW - 1));
        });
    }

    @Test
    void aListOfExamplesIsOneStopOfTheTabKeyWithArrowsToLinesAndTokens() {
        List<Integer> walked = new ArrayList<>();
        onFx(() -> list.setOnToken((line, token) -> walked.add(token)));
        onFx(strip::requestFocus);
        type(KeyCode.TAB);
        assertThat(onFx(() -> stage.getScene().getFocusOwner())).isSameAs(list);
        assertThat(onFx(() -> list.lookupAll(".token-strip").stream().anyMatch(Node::isFocusTraversable)))
                .isFalse();
        onFx(() -> list.getSelectionModel().select(0));
        type(KeyCode.DOWN).type(KeyCode.RIGHT).type(KeyCode.RIGHT).type(KeyCode.LEFT);
        assertThat(onFx(() -> list.getSelectionModel().getSelectedIndex())).isEqualTo(1);
        assertThat(walked).containsExactly(13, 14, 13);
        assertThat(onFx(() -> list.lookupAll(".list-cell").stream()
                        .map(Node::getAccessibleText)
                        .toList()))
                .anySatisfy(text -> assertThat(text).contains("bird").contains("token 513"));
    }

    @ParameterizedTest
    @EnumSource(Theme.class)
    void textIsReadableOnEveryBackground(Theme theme) {
        ColourRoles palette = onFx(() -> {
            theme.apply(stage.getScene());
            stage.getScene().getRoot().applyCss();
            return strip.palette();
        });
        for (Side side : Side.values()) {
            for (double fraction = 0; fraction <= 1; fraction += 0.05) {
                assertThat(Contrast.of(palette.text(), TokenPaint.background(palette, side, fraction)))
                        .as("%s %s %s", theme, side, fraction)
                        .isGreaterThanOrEqualTo(theme == Theme.HIGH_CONTRAST ? 7 : 4.5);
            }
            assertThat(Contrast.of(palette.side(side), palette.surface()))
                    .as("series of %s", side)
                    .isGreaterThanOrEqualTo(3);
        }
        assertThat(Contrast.of(palette.muted(), palette.surface()))
                .isGreaterThanOrEqualTo(theme == Theme.HIGH_CONTRAST ? 7 : 4.5);
    }

    @Test
    void spacesAndLineBreaksBecomeGlyphsAndNothingElseDoes() {
        assertThat(TokenText.visible(" bird\n")).isEqualTo("\u00b7bird\u21b5");
        assertThat(TokenText.visible("\u9ce5\u00e9 \u0000")).isEqualTo("\u9ce5\u00e9\u00b7\u203900\u203a");
        assertThat(TokenText.visible("\ufffd\u0086\u202e")).isEqualTo("\ufffd\u203986\u203a\u00a6");
        assertThat(TokenText.visible("\ud83d\udc26\ud83d\ufffe"))
                .isEqualTo("\ud83d\udc26\u2039d83d\u203a\u2039fffe\u203a");
        assertThat(TokenText.runs(" bird"))
                .containsExactly(new TokenText.Run("\u00b7", true), new TokenText.Run("bird", false));
        assertThat(TokenText.sentence(" a small\nbird")).isEqualTo("a small\u21b5bird");
    }
}
