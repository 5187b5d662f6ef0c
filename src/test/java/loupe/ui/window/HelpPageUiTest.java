package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.StackPane;
import loupe.analysis.tokens.TokenMetric;
import loupe.search.FeatureColumn;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class HelpPageUiTest extends UiTest {
    private HelpTexts texts;

    @Override
    protected Parent build() {
        Commands commands = new Commands();
        commands.add("open", "Open a model", "Files", "Shortcut+O", () -> {});
        texts = HelpTexts.of(commands);
        HelpPage page = new HelpPage(texts);
        return new StackPane(page.node());
    }

    private List<String> titles() {
        return lookup(".help-title").queryAllAs(Label.class).stream()
                .map(Label::getText)
                .toList();
    }

    @Test
    void withoutWordsEverythingIsThereFromWhatTheProgramIsOn() {
        assertThat(titles())
                .startsWith("What is this program?", "What is a feature?", "What is a ghost?")
                .contains("Open a model", FeatureColumn.SKEWNESS.title() + " (skew in filters)")
                .hasSize(texts.entries().size());
    }

    @Test
    void wordsFindWhatHasAllOfThem() {
        clickOn("#help-search").write("ghost scale");
        assertThat(titles())
                .contains("What is a ghost?", "What is the natural scale?")
                .doesNotContain("Open a model");
        onFx(() -> lookup("#help-search").queryTextInputControl().setText("ctrl+o"));
        assertThat(titles()).containsExactly("Open a model");
        onFx(() -> lookup("#help-search").queryTextInputControl().setText("zzz"));
        assertThat(titles()).isEmpty();
        assertThat(lookup("#help-found .muted").queryAs(Label.class).getText()).contains("Nothing");
    }

    @Test
    void theKeysScrollWhileOneTypes() {
        clickOn("#help-search").type(KeyCode.PAGE_DOWN);
        assertThat(onFx(() -> lookup(".scroll-pane").queryAs(ScrollPane.class).getVvalue()))
                .isPositive();
    }

    @Test
    void eachMeasureOfNearnessIsExplained() {
        String nearness = texts.find("what is nearness").get(0).text().toLowerCase(java.util.Locale.ROOT);
        assertThat(Arrays.stream(TokenMetric.values()).map(TokenMetric::label)).allMatch(nearness::contains);
    }
}
