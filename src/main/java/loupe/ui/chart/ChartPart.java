package loupe.ui.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.Objects;
import java.util.function.BiConsumer;
import javafx.geometry.BoundingBox;
import javafx.geometry.Bounds;
import javafx.scene.control.Label;
import javafx.scene.layout.Region;
import loupe.ui.export.Exportable;
import loupe.ui.export.PaperFonts;
import loupe.ui.export.PaperPen;
import loupe.ui.export.Picture;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.PaintedRegion;
import org.jfree.chart.ChartPanel;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.LegendItemSource;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.fx.ChartCanvas;
import org.jfree.chart.fx.overlay.OverlayFX;
import org.jfree.chart.panel.AbstractOverlay;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.ui.RectangleEdge;
import org.jspecify.annotations.Nullable;

/**
 * A JFreeChart chart in the workbench's look, following the theme. The readout, a line of text at the top right of the
 * chart, shows the value under the pointer.
 */
public abstract class ChartPart extends PaintedRegion implements Exportable {
    private static final double PAPER_WIDTH = 400;
    private static final double CHIP_MARGIN = 2;
    private static final double FLATTEST = 0.45;
    private static final double TALLEST = 1;

    private final String name;
    private final Label readout = new Label();
    private @Nullable ChartCanvas canvas;
    private BiConsumer<XYPlot, ColourRoles> dress = (plot, palette) -> {};

    ChartPart(String name) {
        this.name = Objects.requireNonNull(name, "name");
        getStyleClass().add("chart-part");
        readout.getStyleClass().add("chart-readout");
        readout.setMouseTransparent(true);
        getChildren().add(readout);
    }

    /**
     * Shows a plot.
     *
     * @param dressing sets the colours of the plot's series
     */
    final void show(XYPlot plot, BiConsumer<XYPlot, ColourRoles> dressing) {
        dress = dressing;
        JFreeChart chart = new JFreeChart(null, null, plot, plot.getSeriesCount() > 1 || plot.getDataset(1) != null);
        restyle(chart, palette());
        if (canvas == null) {
            canvas = new ChartCanvas(chart);
            canvas.setTooltipEnabled(false);
            canvas.setDomainZoomable(false);
            canvas.setRangeZoomable(false);
            canvas.addOverlay(new Forgetting());
            getChildren().add(0, canvas);
            canvasCreated(canvas);
        } else {
            canvas.setChart(chart);
        }
        requestLayout();
    }

    /** Called once, when there is a canvas to listen to. */
    void canvasCreated(ChartCanvas created) {}

    private void restyle(JFreeChart chart, ColourRoles palette) {
        chart.setNotify(false);
        ChartLook.apply(chart, palette, textScale());
        dress.accept(chart.getXYPlot(), palette);
        chart.setNotify(true);
    }

    final void showReadout(String text) {
        readout.setText(text);
        requestLayout();
    }

    final Label readout() {
        return readout;
    }

    /** Whether there is anything to see. */
    public final boolean hasPlot() {
        return canvas != null;
    }

    public final XYPlot plot() {
        return Objects.requireNonNull(canvas).getChart().getXYPlot();
    }

    /** The area of the data in this part's pixels, empty before the first drawing. */
    public final Bounds dataArea() {
        Rectangle2D area = canvas == null
                ? new Rectangle2D.Double()
                : canvas.getRenderingInfo().getPlotInfo().getDataArea();
        return new BoundingBox(area.getX(), area.getY(), area.getWidth(), area.getHeight());
    }

    public final double toPixelX(double value) {
        return plot().getDomainAxis().valueToJava2D(value, area(), RectangleEdge.BOTTOM);
    }

    public final double toPixelY(double value) {
        return plot().getRangeAxis().valueToJava2D(value, area(), RectangleEdge.LEFT);
    }

    final double toValueX(double pixel) {
        ValueAxis axis = plot().getDomainAxis();
        return Math.max(
                axis.getLowerBound(),
                Math.min(axis.getUpperBound(), axis.java2DToValue(pixel, area(), RectangleEdge.BOTTOM)));
    }

    final double toValueY(double pixel) {
        ValueAxis axis = plot().getRangeAxis();
        return Math.max(
                axis.getLowerBound(),
                Math.min(axis.getUpperBound(), axis.java2DToValue(pixel, area(), RectangleEdge.LEFT)));
    }

    private Rectangle2D area() {
        return Objects.requireNonNull(canvas).getRenderingInfo().getPlotInfo().getDataArea();
    }

    @Override
    protected void layoutChildren() {
        if (restyled() && canvas != null) {
            restyle(canvas.getChart(), palette());
        }
        double width = Math.floor(getWidth());
        double height = Math.floor(getHeight());
        if (canvas != null && (canvas.getWidth() != width || canvas.getHeight() != height)) {
            canvas.setWidth(width);
            canvas.setHeight(height);
        }
        readout.autosize();
        readout.relocate(width - readout.getWidth() - 12, 4);
        placeOverlays();
    }

    /**
     * Puts the chip of a mark where the horizontal axis is named, which the chip says too, so that it hides nothing.
     *
     * @param from the mark's left end in pixels
     * @param to its right end
     */
    final void placeChip(Region chip, double from, double to) {
        Bounds area = dataArea();
        double width = Math.min(Math.ceil(chip.prefWidth(-1)), getWidth() - 2 * CHIP_MARGIN);
        double height = Math.ceil(chip.prefHeight(-1));
        double most = getWidth() - width - CHIP_MARGIN;
        chip.resizeRelocate(
                Math.max(CHIP_MARGIN, Math.min(most, Math.max(area.getMinX(), (from + to - width) / 2))),
                getHeight() - height - 1,
                width,
                height);
    }

    /** Called after the chart has been placed. */
    void placeOverlays() {}

    @Override
    public final String exportName() {
        return name;
    }

    @Override
    public final Picture picture() {
        double shape = Math.max(FLATTEST, Math.min(TALLEST, getHeight() / Math.max(1, getWidth())));
        return picture(PAPER_WIDTH, Math.round(PAPER_WIDTH * shape));
    }

    @Override
    public final Picture picture(double width, double height) {
        if (canvas == null) {
            throw new IllegalStateException("chart " + name + " has nothing to show yet");
        }
        try {
            return new ChartPicture((JFreeChart) canvas.getChart().clone(), dress, width, height);
        } catch (CloneNotSupportedException notOurs) {
            throw new IllegalStateException("a renderer of chart " + name + " cannot be copied", notOurs);
        }
    }

    /** A chart of its own, to be drawn once on any thread. */
    private record ChartPicture(JFreeChart chart, BiConsumer<XYPlot, ColourRoles> dress, double width, double height)
            implements Picture {
        @Override
        public void draw(Graphics2D graphics, ColourRoles palette) {
            PaperPen.smooth(graphics);
            ChartLook.apply(chart, palette, 1);
            dress.accept(chart.getXYPlot(), palette);
            if (chart.getLegend() != null) { // a copy's legend still asks the plot on the screen for its colours
                chart.getLegend().setSources(new LegendItemSource[] {chart.getXYPlot()});
            }
            chart.draw(graphics, new Rectangle2D.Double(0, 0, width, height));
        }
    }

    /**
     * Sets paint, font and stroke to values that no chart uses, after each drawing. ChartCanvas (2.0.2) then restores
     * the FX context but not the Java 2D graphics over it, which skips settings that it believes are in effect: the
     * next drawing would begin in black and in another font.
     */
    private static final class Forgetting extends AbstractOverlay implements OverlayFX {
        @Override
        public void paintOverlay(Graphics2D graphics, ChartCanvas owner) {
            graphics.setPaint(new Color(1, 2, 3, 4));
            graphics.setFont(PaperFonts.of(1, true));
            graphics.setStroke(new BasicStroke(0.123f));
        }

        @Override
        public void paintOverlay(Graphics2D graphics, ChartPanel swing) {
            throw new UnsupportedOperationException("charts of the workbench are never shown in Swing");
        }
    }
}
