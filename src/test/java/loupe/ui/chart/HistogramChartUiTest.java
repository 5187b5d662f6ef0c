package loupe.ui.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import javafx.geometry.Bounds;
import javafx.geometry.Point2D;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.scene.layout.StackPane;
import loupe.state.window.Side;
import loupe.ui.Samples;
import loupe.ui.UiTest;
import loupe.ui.control.NumberTexts;
import loupe.ui.export.PaperPen;
import loupe.ui.export.Picture;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.Theme;
import org.junit.jupiter.api.Test;

class HistogramChartUiTest extends UiTest {
    private HistogramChart histogram;

    @Override
    protected Parent build() {
        histogram = new HistogramChart("activations", ChartAxis.of("activation"), "tokens");
        histogram.setSeries(List.of(Samples.bars(Side.A, 1, 9)));
        return new StackPane(histogram);
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
    void theLegendOfASavedPictureHasItsOwnColoursNotThoseOfTheScreen() {
        onFx(() -> histogram.setSeries(List.of(Samples.bars(Side.A, 1, 9), Samples.bars(Side.B, 2, 9))));
        ColourRoles palette = onFx(() -> ColourRoles.of(Theme.DARK));
        BufferedImage image = new BufferedImage(400, 240, BufferedImage.TYPE_INT_RGB);
        Picture picture = onFx(() -> histogram.picture(400, 240));
        picture.draw(image.createGraphics(), palette);
        assertThat(inLegend(image, PaperPen.awt(palette.sideA()))).isPositive();
        assertThat(inLegend(
                        image,
                        PaperPen.awt(onFx(() -> ColourRoles.of(Theme.LIGHT)).sideA())))
                .isZero();
    }

    private static long inLegend(BufferedImage image, Color colour) {
        return java.util.stream.IntStream.range(0, image.getWidth() * 30)
                .filter(i -> image.getRGB(i % image.getWidth(), i / image.getWidth()) == colour.getRGB())
                .count();
    }

    @Test
    void outlinesAndLinesStandOnTheAxesOfTheBarsAndInTheirNumbers() {
        HistogramSeries bars = Samples.bars(Side.A, 1, 9);
        onFx(() -> histogram.setSeries(
                List.of(bars),
                List.of(new HistogramOutline("random", new double[] {0, 1, 2}, new double[] {3, 1000})),
                List.of(new HistogramChart.Mark("far", 30))));
        assertThat(onFx(() -> histogram.plot().getRangeAxis().getUpperBound())).isGreaterThan(1000);
        assertThat(onFx(() -> histogram.plot().getDomainAxis().getUpperBound())).isEqualTo(30);
        assertThat(histogram.csv().rows().stream()
                        .filter(row -> row.get(0).equals("random"))
                        .map(row -> List.<Object>copyOf(row))
                        .toList())
                .containsExactly(List.of("random", 0.0, 1.0, 3.0), List.of("random", 1.0, 2.0, 1000.0));
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
    void theChipStandsWhereTheAxisIsNamedAndHidesNoBarAndNoHoverText() {
        onFx(() -> histogram.brushProperty().set(new ValueRange(1.8, 4.5)));
        moveTo(at(0.1));
        waitUntil(() -> !histogram.readout().getText().isEmpty());
        Bounds chip = onFx(() -> histogram.lookup(".chip").getBoundsInParent());
        assertThat(chip.getMinY())
                .isGreaterThanOrEqualTo(onFx(() -> histogram.dataArea().getMaxY()) + 14);
        assertThat(chip.getMaxY()).isLessThanOrEqualTo(histogram.getHeight());
        assertThat(chip.intersects(onFx(() -> histogram.readout().getBoundsInParent())))
                .isFalse();
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
