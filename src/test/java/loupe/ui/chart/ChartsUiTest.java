package loupe.ui.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javafx.geometry.Point2D;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.scene.layout.HBox;
import javafx.scene.layout.VBox;
import loupe.state.window.Side;
import loupe.ui.Samples;
import loupe.ui.UiTest;
import loupe.ui.control.NumberTexts;
import loupe.ui.nearest.LogitChart;
import org.junit.jupiter.api.Test;

class ChartsUiTest extends UiTest {
    private final List<Object> chosen = new ArrayList<>();
    private HistogramChart histogram;
    private ScatterChart scatter;
    private LogitChart logits;

    @Override
    protected Parent build() {
        histogram = new HistogramChart("activations", ChartAxis.of("activation"), "tokens");
        histogram.setSeries(List.of(Samples.bars(Side.A, 1, 9)));
        scatter = new ScatterChart(
                "moments", ChartAxis.of("skewness"), ChartAxis.of("kurtosis").withLogarithm(true));
        double[][] points = Samples.points(24_576);
        scatter.setClouds(List.of(new ScatterCloud(Side.A, points[0], points[1], null)), (side, i) -> "feature " + i);
        scatter.setOnPoint((side, i) -> chosen.add(i));
        logits = new LogitChart();
        logits.setTokens(Samples.promoted(), Samples.suppressed());
        logits.setOnToken(chosen::add);
        VBox left = new VBox(histogram, logits);
        histogram.setPrefSize(400, 300);
        logits.setPrefSize(400, 300);
        scatter.setPrefWidth(400);
        return new HBox(left, scatter);
    }

    private Point2D at(double activation) {
        return onFx(() -> histogram.localToScreen(
                histogram.toPixelX(activation), histogram.dataArea().getCenterY()));
    }

    @Test
    void aDragMarksARangeThatEndsAtBins() {
        drag(at(2.0), MouseButton.PRIMARY).dropTo(at(5.0));
        ValueRange range = histogram.brushProperty().get();
        assertThat(range.from() / 0.225)
                .isCloseTo(Math.rint(range.from() / 0.225), org.assertj.core.api.Assertions.within(1e-9));
        assertThat(range.from()).isBetween(1.8, 2.2);
        assertThat(range.to()).isBetween(4.8, 5.2);
        assertThat(onFx(() -> ((Label) histogram.lookup(".chip .label")).getText()))
                .isEqualTo("activation " + range.words());
    }

    @Test
    void theChipAndEscapeRemoveTheRange() {
        onFx(() -> histogram.brushProperty().set(new ValueRange(1.8, 4.5)));
        clickOn(".chip .icon-button");
        assertThat(histogram.brushProperty().get()).isNull();
        onFx(() -> histogram.brushProperty().set(new ValueRange(1.8, 4.5)));
        onFx(() -> histogram.requestFocus());
        type(KeyCode.ESCAPE);
        assertThat(histogram.brushProperty().get()).isNull();
    }

    @Test
    void theMarkedRangeCanBeMoved() {
        onFx(() -> histogram.brushProperty().set(new ValueRange(1.8, 3.6)));
        drag(at(2.7), MouseButton.PRIMARY).dropTo(at(4.5));
        assertThat(histogram.brushProperty().get().from()).isBetween(3.3, 3.9);
        assertThat(histogram.brushProperty().get().to()).isBetween(5.1, 5.7);
    }

    @Test
    void arrowsMarkAndMoveARange() {
        onFx(() -> histogram.requestFocus());
        type(KeyCode.RIGHT);
        assertThat(histogram.brushProperty().get()).isEqualTo(new ValueRange(0, 0.225));
        press(KeyCode.SHIFT).type(KeyCode.RIGHT).release(KeyCode.SHIFT);
        type(KeyCode.RIGHT);
        assertThat(histogram.brushProperty().get()).isEqualTo(new ValueRange(0.225, 9 * 3 / 40.0));
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
    void thePointerTellsTheBinsCount() {
        moveTo(at(0.1));
        HistogramSeries bars = Samples.bars(Side.A, 1, 9);
        waitUntil(() ->
                histogram.readout().getText().endsWith(NumberTexts.count(Math.round(bars.counts()[0])) + " tokens"));
    }

    @Test
    void logarithmicCountsAreSaidOnTheAxis() {
        onFx(() -> histogram.logarithmicProperty().set(true));
        assertThat(onFx(() -> histogram.plot().getRangeAxis().getLabel())).isEqualTo("tokens, log");
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
    void aClickOnATokenChoosesIt() {
        clickOn(onFx(() -> logits.localToScreen(60, 26 + 2.5 * LogitChart.ROW)));
        assertThat(chosen).containsExactly(Samples.promoted().get(2));
    }

    private Point2D inScatter(double across, double up) {
        return onFx(() -> scatter.localToScreen(scatter.toPixelX(across), scatter.toPixelY(up)));
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
        assertThat(onFx(() -> scatter.csv()))
                .isEqualToIgnoringNewLines("side,feature,density,maxA,0,0.0,1.0A,1,1.0,2.0B,0,3.0,3.0B,1,4.0,4.0");
        assertThat(scatter.readout().getText()).startsWith("B 0");
    }

    @Test
    void cumulativeBarsSayTheirShare() {
        onFx(() -> histogram.setSeries(
                List.of(new HistogramSeries(Side.A, "A", new double[] {1, 2, 4}, new double[] {3, 4})),
                1,
                ChartAxis.of("activation").withLogarithm(true),
                true));
        assertThat(onFx(() -> histogram.plot().getRangeAxis().getLabel())).isEqualTo("tokens, summed");
        assertThat(onFx(() -> histogram.plot().getDomainAxis().getLabel())).isEqualTo("activation, log");
        waitUntil(() -> histogram.dataArea().getWidth() > 100);
        moveTo(at(1.5));
        waitUntil(() -> histogram.readout().getText().equals("up to 2, 3 tokens (75.0\u00a0%)"));
    }
}
