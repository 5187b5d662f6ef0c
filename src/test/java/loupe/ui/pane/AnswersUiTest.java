package loupe.ui.pane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.Tab;
import javafx.scene.control.TabPane;
import javafx.scene.layout.StackPane;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class AnswersUiTest extends UiTest {
    private final Label first = new Label("first");
    private final Label second = new Label("second");
    private final List<String> inFront = new ArrayList<>();
    private final List<String> inWindow = new ArrayList<>();
    private final TabPane tabs = new TabPane();

    @Override
    protected Parent build() {
        tabs.getTabs().setAll(new Tab("1", first), new Tab("2", new StackPane(second)));
        Answers.whileInFront(first, is -> inFront.add("first " + is));
        Answers.whileInFront(second, is -> inFront.add("second " + is));
        Answers.whileShown(second, is -> inWindow.add("second " + is));
        return tabs;
    }

    @Test
    void whatIsBehindAnotherTabIsInItsWindowButNotInFront() {
        layOut();
        assertThat(inWindow).containsExactly("second false", "second true");
        assertThat(inFront).startsWith("first false", "second false").last().isEqualTo("first true");
        assertThat(inFront).doesNotContain("second true");
        inFront.clear();
        onFx(() -> tabs.getSelectionModel().select(1));
        layOut();
        assertThat(inFront).containsExactlyInAnyOrder("first false", "second true");
        inFront.clear();
        onFx(() -> tabs.setVisible(false));
        assertThat(inFront).containsExactly("second false");
        onFx(() -> tabs.setVisible(true));
        onFx(() -> tabs.getScene().getWindow().hide());
        assertThat(inFront).containsExactly("second false", "second true", "second false");
    }

    private void layOut() {
        onFx(() -> {
            tabs.applyCss();
            tabs.layout();
        });
    }
}
