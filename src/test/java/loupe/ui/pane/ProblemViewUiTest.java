package loupe.ui.pane;

import static org.assertj.core.api.Assertions.assertThat;

import javafx.geometry.Bounds;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.layout.StackPane;
import javafx.scene.text.Text;
import loupe.base.Problem;
import loupe.ui.UiTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProblemViewUiTest extends UiTest {
    private ProblemView view;

    @Override
    protected Parent build() {
        view = new ProblemView(() -> {});
        view.show(new Problem(
                "/home/somebody/.cache/sae-loupe/glossary/activations.parquet: the index is damaged: 12 bytes are "
                        + "missing. Build the index anew.",
                false,
                "details"));
        view.onDismiss(() -> {});
        return new StackPane(view);
    }

    @ParameterizedTest
    @CsvSource({"220, 98", "220, 140", "330, 98", "500, 90"})
    void itsButtonsAreWholeInTheSmallestPanes(double width, double height) {
        onFx(() -> {
            view.setMinSize(width, height);
            view.setMaxSize(width, height);
        });
        onFx(() -> stage.getScene().getRoot().layout());
        for (Node node : onFx(() -> view.lookupAll(".button"))) {
            if (node instanceof Button button && button.isVisible()) {
                Bounds place = onFx(() -> view.sceneToLocal(button.localToScene(button.getLayoutBounds())));
                assertThat(place.getMaxY()).as(button.getText()).isLessThanOrEqualTo(height);
                assertThat(place.getMinY()).as(button.getText()).isNotNegative();
                assertThat(place.getMaxX()).as(button.getText()).isLessThanOrEqualTo(width);
                assertThat(onFx(() -> ((Text) button.lookup(".text")).getText()))
                        .isEqualTo(button.getText());
            }
        }
        assertThat(onFx(() -> view.lookup(".problem-words").getLayoutBounds().getHeight()))
                .as("room for a line of the message")
                .isGreaterThan(14);
    }
}
