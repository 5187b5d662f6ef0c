package loupe.ui.help;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import javafx.css.PseudoClass;
import javafx.geometry.Bounds;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.StackPane;
import loupe.analysis.tokens.TokenMetric;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class HelpPageUiTest extends UiTest {
    private HelpTexts texts;
    private HelpPage page;

    @Override
    protected Parent build() {
        texts = HelpTexts.with(List.of(new HelpEntry("Keys: Files", "Open a model", "Ctrl+O")));
        page = new HelpPage(texts);
        return new StackPane(page.node());
    }

    private List<String> titles() {
        return lookup(".help-title").queryAllAs(Label.class).stream()
                .map(Label::getText)
                .toList();
    }

    private Node entry(String title) {
        return lookup(".help-title").queryAllAs(Label.class).stream()
                .filter(label -> label.getText().equals(title))
                .findFirst()
                .orElseThrow()
                .getParent();
    }

    @Test
    void withoutWordsEverythingIsThereFromWhatTheProgramIsOn() {
        assertThat(titles())
                .startsWith("What is this program?", "What is a feature?", "What is a ghost?")
                .contains("Density", "Loss recovered (ce_recovered in JSON)", "Open a model")
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
    void anEntryThatIsAskedForIsMarkedAndInSight() {
        onFx(() -> page.openAt(texts.titled("Entropy").orElseThrow()));
        waitUntil(() -> lookup(".scroll-pane").queryAs(ScrollPane.class).getVvalue() > 0);
        Node entry = entry("Entropy");
        assertThat(entry.getPseudoClassStates()).contains(PseudoClass.getPseudoClass("opened"));
        Bounds at = onFx(() -> entry.localToScene(entry.getBoundsInLocal()));
        assertThat(at.getMinY()).isBetween(0.0, 500.0);
    }

    @Test
    void whatAPaneShowsHasAWayToEverythingElse() {
        onFx(() -> page.openWith("Active together"));
        assertThat(titles()).contains("Phi and Jaccard").doesNotContain("What is a ghost?", "Entropy");
        clickOn("#help-all");
        assertThat(titles()).hasSize(texts.entries().size());
    }

    @Test
    void eachMeasureOfNearnessIsExplained() {
        String nearness = texts.find("what is nearness").get(0).text().toLowerCase(java.util.Locale.ROOT);
        assertThat(Arrays.stream(TokenMetric.values()).map(TokenMetric::label)).allMatch(nearness::contains);
    }
}
