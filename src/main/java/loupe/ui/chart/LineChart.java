package loupe.ui.chart;

import java.awt.BasicStroke;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.DoubleStream;
import javafx.scene.input.MouseEvent;
import loupe.state.window.Side;
import loupe.ui.control.NumberTexts;
import loupe.ui.export.Csv;
import loupe.ui.export.PaperPen;
import org.jfree.chart.fx.ChartCanvas;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.DeviationRenderer;
import org.jfree.data.xy.DefaultIntervalXYDataset;

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
     * @param low the lower ends of intervals, drawn as a band; the same array as {@code y} for none
     * @param high their upper ends
     */
    public record Line(Side side, String name, double[] x, double[] y, double[] low, double[] high) {
        public Line {
            Objects.requireNonNull(side, "side");
            if (x.length != y.length || low.length != y.length || high.length != y.length) {
                throw new IllegalArgumentException("x has " + x.length + " values, y " + y.length + ", low "
                        + low.length + ", high " + high.length);
            }
        }

        /** A line without a band. */
        public Line(Side side, String name, double[] x, double[] y) {
            this(side, name, x, y, y, y);
        }

        boolean hasBand() {
            return low != y;
        }
    }

    private static final float BAND_OPACITY = 0.16f;

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
        DefaultIntervalXYDataset data = new DefaultIntervalXYDataset();
        DeviationRenderer renderer = new DeviationRenderer(true, false);
        renderer.setAlpha(BAND_OPACITY);
        for (Line line : lines) {
            data.addSeries(
                    line.name(), new double[][] {line.x(), line.x(), line.x(), line.y(), line.low(), line.high()});
        }
        List<Line> drawn = lines;
        XYPlot plot = new XYPlot(data, axis(horizontal, true), axis(vertical, false), renderer);
        show(plot, (dressed, palette) -> {
            for (int i = 0; i < drawn.size(); i++) {
                Side side = drawn.get(i).side();
                boolean second = drawn.subList(0, i).stream().anyMatch(line -> line.side() == side);
                dressed.getRenderer().setSeriesPaint(i, PaperPen.awt(palette.side(side)));
                renderer.setSeriesFillPaint(i, PaperPen.awt(palette.side(side)));
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
            double[] values = across
                    ? line.x()
                    : DoubleStream.concat(Arrays.stream(line.low()), Arrays.stream(line.high()))
                            .toArray();
            for (double value : values) {
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
                nearest(line, x)
                        .ifPresent(i -> parts.add(line.name() + " "
                                + NumberTexts.with(line.y()[i], vertical.unit())
                                + (line.hasBand()
                                        ? " (" + NumberTexts.number(line.low()[i]) + " to "
                                                + NumberTexts.number(line.high()[i]) + ")"
                                        : "")));
            }
            showReadout(parts.isEmpty() ? "" : NumberTexts.number(x) + ":  " + String.join("    ", parts));
        });
        canvas.addEventHandler(MouseEvent.MOUSE_EXITED, event -> showReadout(""));
    }

    /** The nearest of the line's points. */
    private static OptionalInt nearest(Line line, double x) {
        int nearest = -1;
        for (int i = 0; i < line.x().length; i++) {
            if (nearest < 0 || Math.abs(line.x()[i] - x) < Math.abs(line.x()[nearest] - x)) {
                nearest = i;
            }
        }
        return nearest < 0 ? OptionalInt.empty() : OptionalInt.of(nearest);
    }

    @Override
    public Csv csv() {
        boolean bands = lines.stream().anyMatch(Line::hasBand);
        List<List<?>> rows = new ArrayList<>();
        for (Line line : lines) {
            for (int i = 0; i < line.x().length; i++) {
                List<Object> row = new ArrayList<>(List.of(line.name(), line.x()[i], line.y()[i]));
                if (bands) {
                    row.addAll(List.of(line.low()[i], line.high()[i]));
                }
                rows.add(row);
            }
        }
        List<String> header = new ArrayList<>(List.of("series", horizontal.label(), vertical.label()));
        if (bands) {
            header.addAll(List.of("low", "high"));
        }
        return new Csv(header, rows);
    }
}
