package loupe.app.window;

import static org.assertj.core.api.Assertions.assertThat;

import javafx.scene.Parent;
import javafx.scene.control.ToggleButton;
import javafx.scene.layout.StackPane;
import loupe.ui.UiTest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tests of parts after one that has started JavaFX as the program does. */
class StartedToolkitUiTest extends UiTest {
    private final ToggleButton button = new ToggleButton("Press");

    @BeforeAll
    static void startAsTheProgramDoes() {
        Toolkit.withoutScreen();
        Toolkit.start();
    }

    @Override
    protected Parent build() {
        return new StackPane(button);
    }

    @Test
    void clicksArriveWhoeverHasStartedJavaFx() {
        clickOn(button);
        assertThat(button.isSelected()).isTrue();
    }
}
