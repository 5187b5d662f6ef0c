package loupe.ui.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javafx.beans.property.SimpleDoubleProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.geometry.Point2D;
import javafx.scene.Parent;
import javafx.scene.layout.VBox;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.ScaleSweep;
import loupe.analysis.ghost.TreeBaseline;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.state.ghost.GhostControlsModel;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class ScaleCurvesUiTest extends UiTest {
    private ScaleCurves curves;
    private double set = Double.NaN;

    @Override
    protected Parent build() {
        curves = new ScaleCurves(
                new SimpleObjectProperty<>(new GhostControlsModel.ScaleRange(19, 0.05, 3.8)),
                new SimpleDoubleProperty(3.8),
                scale -> set = scale);
        curves.setPrefWidth(320);
        return new VBox(curves);
    }

    private static ScaleSweep.Answer answer() {
        ScaleSweep sweep = new ScaleSweep(
                new ModelId("m", "m"),
                GhostSettings.encoder(new SaeId("s", "s"), 1),
                new GhostPrompt(List.of(0), List.of(0)),
                List.of(1.0, 2.0, 4.0, 8.0),
                false,
                5,
                5,
                TreeBaseline.CENTROID,
                1,
                Optional.empty());
        double[][] values = new double[ScaleSweep.Curve.values().length][];
        for (int i = 0; i < values.length; i++) {
            values[i] = new double[] {0, 1 + i, 2, 1};
        }
        values[ScaleSweep.Curve.SCORE.ordinal()] = new double[] {0, 1, 2, 1};
        values[ScaleSweep.Curve.SELF_SIMILARITY.ordinal()] =
                new double[] {Double.NaN, Double.NaN, Double.NaN, Double.NaN};
        return new ScaleSweep.Answer(sweep, new double[] {1, 2, 4, 8}, values, 0, true);
    }

    @Test
    void aClickSetsTheScaleUnderThePointerAndHoverTellsEveryCurveWhereItsRangeStood() {
        onFx(() -> curves.show(answer()));
        assertThat(words()).startsWith("0 to 2.00 nats", "0 to 2.00 nats").contains("not known here");
        assertThat(words().get(5)).isEqualTo("0 to 6.00 correlation");
        double height = onFx(() -> curves.getHeight());
        double x = onFx(() -> curves.xOf(3.9));
        Point2D place = onFx(() -> curves.localToScreen(x, 60));
        moveTo(place);
        waitUntil(() -> curves.plot().pointed() == 2);
        assertThat(words()).startsWith("2.00 nats", "2.00 nats");
        assertThat(onFx(() -> curves.xOf(3.9))).isEqualTo(x);
        assertThat(onFx(() -> curves.getHeight())).isEqualTo(height);
        clickOn(place);
        waitUntil(() -> !Double.isNaN(set));
        assertThat(set).isCloseTo(3.9, within(0.2));
    }

    private List<String> words() {
        return onFx(() -> Arrays.stream(ScaleSweep.Curve.values())
                .map(curves.plot()::words)
                .toList());
    }

    @Test
    void aRightClickSetsNothing() {
        onFx(() -> curves.show(answer()));
        rightClickOn(onFx(() -> curves.localToScreen(curves.xOf(3.9), 60)));
        assertThat(set).isNaN();
    }

    @Test
    void curvesAreSavedAsAPictureAndAsNumbersWithTheirUnits() {
        onFx(() -> curves.show(answer()));
        assertThat(onFx(() -> curves.csv().header()))
                .startsWith("scale", "score (nats)")
                .endsWith("self_similarity (cosine)", "logit_agreement (correlation)");
        assertThat(onFx(() -> curves.csv().rows())).hasSize(4);
        assertThat(onFx(() -> curves.picture().height())).isEqualTo(ScalePlot.HEIGHT);
    }

    @Test
    void nothingIsSetWhileThereAreNoCurves() {
        clickOn(onFx(() -> curves.localToScreen(100, 60)));
        assertThat(set).isNaN();
    }

    @Test
    void whereAScaleStandsIsWhereAClickFindsIt() {
        onFx(() -> curves.show(answer()));
        for (double scale : new double[] {1, 1.5, 8}) {
            assertThat(onFx(() -> curves.scaleAt(curves.xOf(scale)))).isCloseTo(scale, within(1e-9));
        }
        assertThat(onFx(() -> curves.scaleAt(-50))).isEqualTo(1);
        assertThat(onFx(() -> curves.scaleAt(curves.xOf(100)))).isCloseTo(8, within(1e-9));
    }
}
