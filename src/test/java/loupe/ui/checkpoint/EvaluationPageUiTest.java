package loupe.ui.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import loupe.analysis.compare.EvaluationFigure;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The page with the figures of {@code evaluate}, in the whole window on a tiny model. */
class EvaluationPageUiTest extends WindowUiTest {
    @BeforeEach
    void openAll() {
        begin();
    }

    private TableView<EvaluationFigure> table() {
        return lookup("#evaluation-table").query();
    }

    private double shown(EvaluationFigure figure) {
        return UiTest.onFx(() -> ((Number) table().getColumns().get(1).getCellData(figure)).doubleValue());
    }

    @Test
    void everyFigureOfEvaluateIsMeasuredAndShown() {
        UiTest.waitUntil(
                () -> workbench.a().sae().get() != null && workbench.model().get() != null);
        UiTest.onFx(() -> view.run("evaluate"));
        assertThat(UiTest.onFx(() -> table().getColumns().size()))
                .as("the figure, A and the unit, as there is no B")
                .isEqualTo(3);
        assertThat(UiTest.onFx(() -> table().getItems().size())).isEqualTo(EvaluationFigure.values().length);
        assertThat(shown(EvaluationFigure.L0)).isNaN();
        clickOn("#evaluation-measure");
        UiTest.waitUntil(() -> models.evaluation(workbench.a()).answer().get() != null);
        assertThat(shown(EvaluationFigure.L0)).isPositive();
        assertThat(shown(EvaluationFigure.CE_RECOVERED))
                .isCloseTo(
                        (shown(EvaluationFigure.CE_ZERO) - shown(EvaluationFigure.CE_SAE))
                                / (shown(EvaluationFigure.CE_ZERO) - shown(EvaluationFigure.CE_CLEAN)),
                        within(1e-9));
        assertThat(UiTest.onFx(
                        () -> lookup("#evaluation-summary").<Label>query().getText()))
                .startsWith("A: words.txt, ");
    }
}
