package loupe.ui.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javafx.geometry.Point2D;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.scene.layout.StackPane;
import loupe.state.window.Side;
import loupe.ui.Samples;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class ScatterChartUiTest extends UiTest {
    private final List<Object> chosen = new ArrayList<>();
    private ScatterChart scatter;

    @Override
    protected Parent build() {
        scatter = new ScatterChart(
                "moments", ChartAxis.of("skewness"), ChartAxis.of("kurtosis").withLogarithm(true));
        double[][] points = Samples.points(24_576);
        scatter.setClouds(List.of(new ScatterCloud(Side.A, points[0], points[1], null)), (side, i) -> "feature " + i);
        scatter.setOnPoint((side, i) -> chosen.add(i));
        return new StackPane(scatter);
    }

    private Point2D inScatter(double across, double up) {
        return onFx(() -> scatter.localToScreen(scatter.toPixelX(across), scatter.toPixelY(up)));
    }

    @Test
    void theWheelZoomsTheScatterAndADoubleClickShowsAll() {
        double all = onFx(() -> scatter.plot().getDomainAxis().getRange().getLength());
        moveTo(onFx(() -> scatter.localToScreen(
                scatter.dataArea().getMinX() + 20, scatter.dataArea().getMinY() + 20)));
        scroll(2, javafx.geometry.VerticalDirection.UP);
        waitUntil(() -> scatter.plot().getDomainAxis().getRange().getLength() != all);
        onFx(() -> scatter.showAll());
        assertThat(onFx(() -> scatter.plot().getDomainAxis().getRange().getLength()))
                .isEqualTo(all);
    }

    @Test
    void theChipOfAMarkHidesNoPoint() {
        onFx(() -> scatter.boxProperty().set(new BoxBrush.Box(new ValueRange(0, 1), new ValueRange(3, 9))));
        assertThat(onFx(() -> scatter.lookup(".chip").getBoundsInParent().getMinY()))
                .isGreaterThan(onFx(() -> scatter.dataArea().getMaxY()));
    }

    @Test
    void aClickChoosesTheNearestPoint() {
        double[][] points = Samples.points(24_576);
        int lonely = 0;
        for (int i = 0; i < points[0].length; i++) {
            lonely = points[0][i] > points[0][lonely] ? i : lonely;
        }
        int outlier = lonely;
        clickOn(onFx(() ->
                scatter.localToScreen(scatter.toPixelX(points[0][outlier]), scatter.toPixelY(points[1][outlier]))));
        assertThat(chosen).containsExactly(outlier);
    }

    @Test
    void aDragInTheScatterMarksARectangle() {
        drag(inScatter(1, 4), MouseButton.PRIMARY).dropTo(inScatter(3, 20));
        BoxBrush.Box box = onFx(() -> scatter.boxProperty().get());
        assertThat(box.across().from()).isBetween(0.9, 1.1);
        assertThat(box.across().to()).isBetween(2.9, 3.1);
        assertThat(box.up().from()).isBetween(3.8, 4.2);
        assertThat(box.up().to()).isBetween(19.0, 21.0);
        assertThat(chosen).as("a drag chooses no point").isEmpty();
        assertThat(onFx(() -> scatter.lookupAll(".chip .label").stream()
                        .map(node -> ((Label) node).getText())
                        .toList()))
                .contains(box.words("skewness", "kurtosis"));
        type(KeyCode.ESCAPE);
        assertThat(onFx(() -> scatter.boxProperty().get())).isNull();
    }

    @Test
    void rightWalksToTheNextPointAndPassesThoseThatStandBack() {
        onFx(() -> scatter.setClouds(
                List.of(new ScatterCloud(
                        Side.A, new double[] {3, 1, 2, Double.NaN}, new double[] {5, 5, 5, 5}, new boolean[] {
                            false, false, true, false
                        })),
                (side, i) -> "feature " + i));
        onFx(() -> scatter.requestFocus());
        type(KeyCode.RIGHT);
        type(KeyCode.RIGHT);
        type(KeyCode.RIGHT);
        type(KeyCode.LEFT);
        assertThat(chosen).containsExactly(1, 0, 1);
    }

    @Test
    void theScatterOfTwoSidesTellsWhichIsWhich() {
        List<Side> sides = new ArrayList<>();
        onFx(() -> {
            scatter.setClouds(
                    List.of(
                            new ScatterCloud(Side.A, new double[] {0, 1}, new double[] {1, 2}, null),
                            new ScatterCloud(Side.B, new double[] {3, 4}, new double[] {3, 4}, null)),
                    (side, i) -> side + " " + i,
                    ChartAxis.of("density"),
                    ChartAxis.of("max"));
            scatter.setOnPoint((side, i) -> sides.add(side));
        });
        waitUntil(() -> scatter.dataArea().getWidth() > 100);
        clickOn(inScatter(3, 3));
        assertThat(sides).containsExactly(Side.B);
        assertThat(onFx(() -> scatter.csv().text(false)))
                .isEqualToIgnoringNewLines("side,feature,density,maxA,0,0.0,1.0A,1,1.0,2.0B,0,3.0,3.0B,1,4.0,4.0");
        assertThat(scatter.readout().getText()).startsWith("B 0");
    }
}
