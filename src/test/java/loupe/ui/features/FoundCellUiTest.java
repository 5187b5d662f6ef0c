package loupe.ui.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.layout.Pane;
import javafx.scene.text.Text;
import loupe.search.FeatureSearch;
import loupe.search.SearchField;
import loupe.ui.UiTest;
import loupe.ui.token.FoundExcerpt;
import org.junit.jupiter.api.Test;

class FoundCellUiTest extends UiTest {
    private final FoundExcerpt excerpt = new FoundExcerpt();

    @Override
    protected Parent build() {
        excerpt.setManaged(false); // keeps the width that a test gives it
        return new Pane(excerpt);
    }

    /** The texts as they are drawn in a width, in turn. */
    private String drawn(double width, FeatureSearch.Reason... reasons) {
        return onFx(() -> {
            excerpt.show(List.of(reasons));
            excerpt.resize(width, 24);
            excerpt.applyCss();
            excerpt.layout();
            return excerpt.getChildrenUnmodifiable().stream()
                    .filter(part -> part.isVisible() && part.getLayoutBounds().getWidth() > 0)
                    .map(part -> ((Text) part.lookup(".text")).getText())
                    .collect(Collectors.joining());
        });
    }

    private static FeatureSearch.Reason reason(String text, String word) {
        int at = text.indexOf(word);
        return new FeatureSearch.Reason(SearchField.EXAMPLE, text, List.of(at, at + word.length()));
    }

    private void assertMarkIsSeenWhole(double width, String word) {
        Label mark = onFx(() -> (Label) excerpt.lookup(".found-mark"));
        assertThat(((Text) mark.lookup(".text")).getText()).isEqualTo(word);
        assertThat(mark.isVisible()).isTrue();
        assertThat(mark.getLayoutX() + mark.getWidth()).isLessThanOrEqualTo(width);
    }

    @Test
    void withRoomForAllTheNameOfTheFieldComesFirstAndTheWordIsMarked() {
        assertThat(drawn(400, reason("the sky is blue", "blu"))).isEqualTo("in an example: the sky is blue");
        assertMarkIsSeenWhole(400, "blu");
    }

    @Test
    void aWordLateInALongTextIsSeenWithOneEllipsisAtEachEnd() {
        FeatureSearch.Reason late = reason(
                "\u2026nothing else to wear than a dress of needle silk and other things that were worn\u2026",
                "needle");
        for (double width : new double[] {90, 150, 220}) {
            String drawn = drawn(width, late);
            assertThat(drawn)
                    .as("%.0f px", width)
                    .startsWith("\u2026")
                    .endsWith("\u2026")
                    .contains("needle")
                    .doesNotContain("\u2026\u2026", "...", "in an example");
            assertThat(drawn.chars().filter(c -> c == '\u2026')).hasSize(2);
            assertMarkIsSeenWhole(width, "needle");
        }
    }

    @Test
    void aWordAtTheEndHasTheRoomBeforeItAndOneAtTheBeginningTheRoomBehind() {
        String many = "word word word word word word word word word word";
        assertThat(drawn(150, reason(many + " needle", "needle")))
                .startsWith("\u2026")
                .endsWith("word needle");
        assertThat(drawn(150, reason("needle " + many, "needle")))
                .startsWith("needle word")
                .endsWith("\u2026");
    }
}
