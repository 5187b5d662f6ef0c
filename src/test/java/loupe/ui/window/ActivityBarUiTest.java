package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import javafx.application.Platform;
import javafx.event.Event;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.control.Labeled;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.HBox;
import javafx.scene.text.Text;
import javafx.stage.Window;
import loupe.base.Problem;
import loupe.state.window.Activity;
import loupe.state.window.Notices;
import loupe.ui.UiTest;
import org.controlsfx.control.PopOver;
import org.junit.jupiter.api.Test;

class ActivityBarUiTest extends UiTest {
    private static final String LONG =
            "Opening model.safetensors: /home/somebody/models/a-folder-with-a-long-name/glossary/model.safetensors: "
                    + "this is a language model; expected a sparse autoencoder. Open it as the model.";

    private final List<Path> opened = new ArrayList<>();
    private final Notices notices = new Notices(Clock.systemUTC());
    private final Activity activity = new Activity(Platform::runLater, System::nanoTime);

    @Override
    protected Parent build() {
        BorderPane root = new BorderPane();
        root.setBottom(new ActivityBar(activity, notices, opened::add).node());
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
    void aLongTitleLeavesTheStopButtonAndTheNoticesTheirWords() {
        onFx(() -> {
            notices.add("Saved chart.png");
            activity.begin("Counting activations of " + LONG, () -> {});
        });
        onFx(() -> lookup(".activity-bar").queryAs(Parent.class).layout());
        for (Labeled whole :
                List.<Labeled>of(lookup(".job-stop").query(), lookup("#notices").query())) {
            assertThat(onFx(whole::getWidth)).isGreaterThanOrEqualTo(onFx(() -> whole.prefWidth(-1)));
        }
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

    @Test
    void theListIsAsLargeAsItsNoticesAndEscapeClosesIt() {
        onFx(() -> notices.add("Saved chart.png"));
        clickOn("#notices");
        waitUntil(() -> !shown().isEmpty());
        PopOver over = onFx(ActivityBarUiTest::popOvers).get(0);
        assertThat(onFx(over::getHeight)).isLessThan(170);
        assertThat(onFx(over::getWidth)).isLessThan(330);
        type(KeyCode.ESCAPE);
        waitUntil(() -> popOvers().isEmpty());
    }

    @Test
    void openedTwiceTheListIsThereOnceAndEscapeClosesItAtOnce() {
        onFx(() -> notices.add("Saved chart.png"));
        Hyperlink link = lookup("#notices").query();
        onFx(() -> {
            link.fire();
            link.fire();
            assertThat(popOvers()).hasSize(1);
            press(link, KeyCode.ESCAPE);
            assertThat(popOvers()).isEmpty();
            link.fire();
            press(link, KeyCode.ESCAPE);
            assertThat(popOvers()).isEmpty();
        });
    }

    @Test
    void aSavedFileOffersItsFolder() {
        onFx(() -> notices.add("Something else"));
        onFx(() -> notices.addSaved(Path.of("/tmp/pictures/chart.png")));
        clickOn("#notices");
        waitUntil(() -> shown().size() == 2);
        assertThat(lookup(".notice-list .hyperlink").queryAll()).hasSize(1);
        clickOn("Open folder");
        assertThat(opened).containsExactly(Path.of("/tmp/pictures/chart.png"));
    }

    /** Presses a key as the window hears it, whichever window the system has given the keyboard to. */
    private static void press(Node node, KeyCode key) {
        Event.fireEvent(node, new KeyEvent(KeyEvent.KEY_PRESSED, "", "", key, false, false, false, false));
    }

    private static List<PopOver> popOvers() {
        return Window.getWindows().stream()
                .filter(PopOver.class::isInstance)
                .map(PopOver.class::cast)
                .toList();
    }

    /** The texts of the notices as they are drawn, an ellipsis for what has no room. */
    private List<String> shown() {
        return lookup(".notice-list .label").queryAllAs(Label.class).stream()
                .filter(label -> !(label.getParent() instanceof HBox))
                .map(label -> ((Text) label.lookup(".text")).getText())
                .toList();
    }
}
