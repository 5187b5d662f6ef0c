package loupe.ui.chart;

import java.awt.BasicStroke;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import javafx.scene.input.MouseEvent;
import loupe.state.window.Side;
import loupe.ui.control.NumberTexts;
import loupe.ui.export.Csv;
import loupe.ui.export.PaperPen;
import org.jfree.chart.fx.ChartCanvas;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.xy.DefaultXYDataset;

/**
 * Lines over one axis: a training run, a sweep, a value by layer. Sides have their colours; a second line of a side is
 * dashed.
 */
public final class LineChart extends ChartPart {
    /**
     * One line.
     *
     * @param side whose colour it has
     * @param name its name in legend, readout and exported data; no two lines of a chart share one
     * @param x ascending; not to be written
     * @param y as many; not to be written
     */
    public record Line(Side side, String name, double[] x, double[] y) {
        public Line {
            Objects.requireNonNull(side, "side");
            if (x.length != y.length) {
                throw new IllegalArgumentException("x has " + x.length + " values, y " + y.length);
            }
        }
    }

    private final ChartAxis horizontal;
    private final ChartAxis vertical;
    private List<Line> lines = List.of();

    public LineChart(String name, ChartAxis horizontal, ChartAxis vertical) {
        super(name);
        this.horizontal = horizontal;
        this.vertical = vertical;
        setAccessibleText(vertical.quantity() + " over " + horizontal.quantity());
    }

    /** Shows lines; an empty list leaves the last ones. */
    public void setLines(List<Line> shown) {
        if (shown.isEmpty()) {
            return;
        }
        lines = List.copyOf(shown);
        DefaultXYDataset data = new DefaultXYDataset();
        XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(true, false);
        for (int i = 0; i < lines.size(); i++) {
            data.addSeries(
                    lines.get(i).name(),
                    new double[][] {lines.get(i).x(), lines.get(i).y()});
        }
        List<Line> drawn = lines;
        XYPlot plot = new XYPlot(data, axis(horizontal, true), axis(vertical, false), renderer);
        show(plot, (dressed, palette) -> {
            for (int i = 0; i < drawn.size(); i++) {
                Side side = drawn.get(i).side();
                boolean second = drawn.subList(0, i).stream().anyMatch(line -> line.side() == side);
                dressed.getRenderer().setSeriesPaint(i, PaperPen.awt(palette.side(side)));
                dressed.getRenderer()
                        .setSeriesStroke(
                                i,
                                new BasicStroke(
                                        1.8f,
                                        BasicStroke.CAP_ROUND,
                                        BasicStroke.JOIN_ROUND,
                                        1,
                                        second ? new float[] {5, 4} : null,
                                        0));
            }
        });
    }

    private org.jfree.chart.axis.ValueAxis axis(ChartAxis axis, boolean across) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (Line line : lines) {
            for (double value : across ? line.x() : line.y()) {
                if (Double.isFinite(value) && (!axis.logarithmic() || value > 0)) {
                    least = Math.min(least, value);
                    most = Math.max(most, value);
                }
            }
        }
        if (least > most) {
            least = axis.logarithmic() ? 0.1 : 0;
            most = 1;
        }
        double margin = across || axis.logarithmic() ? 0 : (most - least) * 0.05;
        return axis.create(least - margin, most + margin);
    }

    @Override
    void canvasCreated(ChartCanvas canvas) {
        canvas.addEventHandler(MouseEvent.MOUSE_MOVED, event -> {
            List<String> parts = new ArrayList<>();
            double x = toValueX(event.getX());
            for (Line line : lines) {
                at(line, x).ifPresent(y -> parts.add(line.name() + " " + NumberTexts.with(y, vertical.unit())));
            }
            showReadout(parts.isEmpty() ? "" : NumberTexts.number(x) + ":  " + String.join("    ", parts));
        });
        canvas.addEventHandler(MouseEvent.MOUSE_EXITED, event -> showReadout(""));
    }

    /** The line's value at the nearest of its points. */
    private static OptionalDouble at(Line line, double x) {
        int nearest = -1;
        for (int i = 0; i < line.x().length; i++) {
            if (nearest < 0 || Math.abs(line.x()[i] - x) < Math.abs(line.x()[nearest] - x)) {
                nearest = i;
            }
        }
        return nearest < 0 ? OptionalDouble.empty() : OptionalDouble.of(line.y()[nearest]);
    }

    @Override
    public Csv csv() {
        List<List<?>> rows = new ArrayList<>();
        for (Line line : lines) {
            for (int i = 0; i < line.x().length; i++) {
                rows.add(List.of(line.name(), line.x()[i], line.y()[i]));
            }
        }
        return new Csv(List.of("series", horizontal.label(), vertical.label()), rows);
    }
}
