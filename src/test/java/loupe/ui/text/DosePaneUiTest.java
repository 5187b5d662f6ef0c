package loupe.ui.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Labeled;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import loupe.analysis.effects.DoseResponse;
import loupe.analysis.effects.DoseResponse.Arm;
import loupe.analysis.effects.DoseResponse.Curve;
import loupe.analysis.effects.DoseResponse.Point;
import loupe.analysis.effects.DoseTable;
import loupe.state.WorkbenchModels;
import loupe.state.text.PromptPair;
import loupe.ui.PaneUiTest;
import loupe.ui.chart.LineChart;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;

class DosePaneUiTest extends PaneUiTest {
    private WorkbenchModels models;

    @Override
    protected PaneFrame make() {
        opened.openA();
        opened.choose(3);
        models = new WorkbenchModels(opened.workbench, folder);
        models.prompt().pair().set(PromptPair.of("bad"));
        return new DosePane(models.doses(), () -> "of the test", saver).node();
    }

    private static DoseResponse.Answer answer() {
        return new DoseResponse.Answer(
                Arrays.stream(Arm.values())
                        .map(arm -> new Curve(arm, List.of(measured(0, 0), measured(1, 0.5 + arm.ordinal()))))
                        .toList(),
                List.of(5),
                1);
    }

    private static Point measured(double dose, double kl) {
        return new Point(
                dose,
                kl,
                OptionalDouble.of(dose),
                OptionalDouble.of(-3),
                OptionalDouble.of(20 + kl),
                List.of(List.of(1, 4, 3), List.of(2, 0, 1)));
    }

    @Test
    @SuppressWarnings("unchecked") // the choice of a measure, the rows of the table
    void dosesAreMeasuredOnDemandAndShownAsCurvesAndFigures() {
        onFx(() -> {
            TextField words = lookup("#dose-words").query();
            words.setText("bed, x");
            words.getOnAction().handle(null);
            TextField most = lookup("#dose-most").query();
            most.setText("1");
            most.getOnAction().handle(null);
        });
        assertThat(onFx(() -> lookup("#dose-start").<Button>query().getText())).isEqualTo("Measure #3");
        assertThat(opened.count(DoseResponse.class))
                .as("nothing is asked before")
                .isZero();
        onFx(() -> lookup("#dose-start").<Button>query().fire());
        DoseResponse question = (DoseResponse) opened.newest(DoseResponse.class).query;
        assertThat(question.feature()).isEqualTo(3);
        assertThat(question.doses()).hasSize(21).startsWith(0.0).endsWith(1.0);
        assertThat(question.prompts()).containsExactly(List.of(1, 0, 3));

        answer(DoseResponse.class, answer());
        TableView<DoseTable.Row> table = onFx(() -> lookup("#doses").query());
        assertThat(onFx(() -> table.getItems().size())).isEqualTo(8);
        assertThat(onFx(() -> table.getItems().get(1).share()))
                .as("bed is one of two texts")
                .isEqualTo(0.5);
        assertThat(subtitle()).isEqualTo("feature 3");
        onFx(() ->
                lookup("#dose-measure").<ComboBox<DoseFigures.Measure>>query().setValue(DoseFigures.Measure.SHARE));
        LineChart chart = onFx(() -> lookup("#dose-chart").query());
        assertThat(onFx(() -> chart.csv().header()))
                .containsExactly("series", "Dose (of activation)", "Share of texts with a chosen word", "low", "high");
        assertThat(onFx(() -> lookup(".pane-foot").<Labeled>query().getText())).contains("no corpus is counted");

        onFx(() -> opened.workbench.closeModel());
        assertThat(emptyText()).startsWith("Open a model");
        assertThat(onFx(() -> table.getItems().isEmpty())).isTrue();
    }
}
