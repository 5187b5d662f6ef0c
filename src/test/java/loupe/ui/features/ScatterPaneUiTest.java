package loupe.ui.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.ToggleButton;
import loupe.analysis.features.DirectionNorms;
import loupe.search.FeatureColumn;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import loupe.ui.PaneUiTest;
import loupe.ui.chart.BoxBrush;
import loupe.ui.chart.ScatterChart;
import loupe.ui.chart.ValueRange;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;

class ScatterPaneUiTest extends PaneUiTest {
    private static final float[] NORMS = {3, 1, 2, 6, 5, 4};

    private WorkbenchModels models;
    private ScatterPane pane;

    @Override
    protected PaneFrame make() {
        models = new WorkbenchModels(opened.workbench, folder);
        pane = new ScatterPane(models, saver);
        return pane.node();
    }

    private void open() {
        onFx(() -> opened.openA());
        opened.service.asked.stream()
                .filter(ask -> ask.query instanceof DirectionNorms)
                .toList()
                .forEach(ask -> onFx(() -> ask.answer(
                        new DirectionNorms.Answer(new float[Opened.FEATURES], NORMS, new float[Opened.FEATURES]))));
        onFx(() -> {
            lookup("#scatter-across").<ComboBox<FeatureColumn>>query().setValue(FeatureColumn.NUMBER);
            lookup("#scatter-across-log").<ToggleButton>query().setSelected(false);
            lookup("#scatter-up").<ComboBox<FeatureColumn>>query().setValue(FeatureColumn.DECODER_NORM);
        });
    }

    private ScatterChart chart() {
        return lookup("#feature-scatter").query();
    }

    private void mark(double left, double right) {
        onFx(() -> chart().boxProperty().set(new BoxBrush.Box(new ValueRange(left, right), new ValueRange(0, 100))));
    }

    @Test
    void everyFeatureWithBothNumbersIsAPoint() {
        assertThat(emptyText()).startsWith("Open a checkpoint");
        open();
        assertThat(emptyText()).isEmpty();
        assertThat(onFx(() -> chart().csv().text(false)).lines().toList())
                .startsWith("side,feature,feature,decoder norm", "A,0,0.0,3.0", "A,1,1.0,1.0")
                .hasSize(7);
    }

    @Test
    void numbersThatAreNotKnownAreExplained() {
        onFx(() -> opened.openA());
        assertThat(onFx(() -> lookup(".text-hint").<Label>query().getText())).contains("Choose a corpus");
        onFx(() -> models.scatter().up().set(FeatureColumn.MATCH));
        assertThat(onFx(() -> lookup(".text-hint").<Label>query().getText())).contains("checkpoint B");
    }

    @Test
    void aLogarithmicAxisSaysHowManyFeaturesAreNotOnIt() {
        open();
        clickOn("#scatter-across-log");
        assertThat(models.scatter().logAcross().get()).isTrue();
        assertThat(subtitle()).isEqualTo("1 not on these axes");
    }

    @Test
    void aClickOnAPointChoosesItsFeature() {
        open();
        waitUntil(() -> chart().hasPlot() && chart().dataArea().getWidth() > 100);
        clickOn(onFx(() -> chart().localToScreen(chart().toPixelX(4), chart().toPixelY(NORMS[4]))));
        assertThat(opened.workbench.selection().feature().get().feature()).isEqualTo(4);
    }

    @Test
    void aMarkedRectangleBecomesPartOfTheFilterAndGoesWithIt() {
        open();
        onFx(() -> models.table().filter().set("kurtosis<9"));
        mark(1.5, 4.2);
        assertThat(models.table().filter().get()).isEqualTo("kurtosis<9 number>=2 number<=4 norm>=0.0 norm<=100.0");
        onFx(() -> models.table().filter().set("number>=2 number<=4 norm>=0.0 norm<=100.0"));
        assertThat(models.table().rows()).containsExactly(2, 3, 4);
        assertThat(chart().boxProperty().get()).isNotNull();
        onFx(() -> models.table().filter().set(""));
        assertThat(chart().boxProperty().get()).isNull();
        assertThat(models.table().rows()).hasSize(Opened.FEATURES);
    }

    @Test
    void takingTheRectangleAwayLeavesTheRestOfTheFilter() {
        open();
        onFx(() -> models.table().filter().set("max>0"));
        mark(1.5, 4.2);
        onFx(() -> chart().boxProperty().set(null));
        assertThat(models.table().filter().get()).isEqualTo("max>0");
    }

    @Test
    void behindAnotherTabItDrawsOnceItIsInFront() {
        SimpleBooleanProperty inFront = new SimpleBooleanProperty(false);
        onFx(() -> pane.standsIn(inFront));
        open();
        assertThat(onFx(() -> chart().csv().text(false)).lines()).hasSize(1);
        onFx(() -> inFront.set(true));
        assertThat(onFx(() -> chart().csv().text(false)).lines()).hasSize(7);
    }

    @Test
    void theAxesAreExchangedByTheirButton() {
        open();
        clickOn(lookup(".pane-actions .icon-button").queryAll().stream()
                .filter(node -> "Exchange the axes".equals(node.getAccessibleText()))
                .findFirst()
                .orElseThrow());
        assertThat(List.of(
                        models.scatter().across().get(), models.scatter().up().get()))
                .containsExactly(FeatureColumn.DECODER_NORM, FeatureColumn.NUMBER);
    }
}
