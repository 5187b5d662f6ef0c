package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.util.List;
import javafx.application.Platform;
import javafx.scene.Parent;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.ListCell;
import javafx.scene.layout.BorderPane;
import javafx.scene.text.Text;
import loupe.base.Problem;
import loupe.state.window.Activity;
import loupe.state.window.Notices;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class ActivityBarUiTest extends UiTest {
    private static final String LONG =
            "Opening model.safetensors: /home/somebody/models/a-folder-with-a-long-name/glossary/model.safetensors: "
                    + "this is a language model; expected a sparse autoencoder. Open it as the model.";

    private final Notices notices = new Notices(Clock.systemUTC());

    @Override
    protected Parent build() {
        BorderPane root = new BorderPane();
        root.setBottom(new ActivityBar(new Activity(Platform::runLater, System::nanoTime), notices).node());
        return root;
    }

    @Test
    void aNoticeLongerThanALineIsShownToItsEnd() {
        onFx(() -> notices.add(LONG));
        clickOn("#notices");
        waitUntil(() -> !shown().isEmpty());
        assertThat(onFx(this::shown)).containsExactly(LONG);
    }

    @Test
    void aFailureLooksLikeOneUntilItHasBeenLookedAt() {
        onFx(() -> notices.add("Saved chart.png"));
        Hyperlink link = lookup("#notices").query();
        assertThat(link.getText()).isEqualTo("1 notice");
        onFx(() -> notices.add("Saving", new Problem("/proc/foo.png cannot be written", true, "")));
        assertThat(link.getText()).isEqualTo("Saving: /proc/foo.png cannot be written");
        assertThat(link.getStyleClass()).contains("failed");
        clickOn("#notices");
        waitUntil(() -> shown().size() == 2);
        assertThat(link.getText()).isEqualTo("2 notices");
        assertThat(link.getStyleClass()).doesNotContain("failed");
        assertThat(onFx(() -> lookup(".notice-list .failed").queryAll())).hasSize(1);
    }

    /** The texts of the rows as they are drawn, an ellipsis for what has no room. */
    private List<String> shown() {
        return lookup(".notice-list .list-cell").queryAllAs(ListCell.class).stream()
                .filter(cell -> cell.getGraphic() != null && cell.isVisible() && cell.getParent() != null)
                .map(cell -> ((Text) cell.lookup(".label .text")).getText())
                .distinct()
                .toList();
    }
}
