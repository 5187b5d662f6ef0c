package loupe.ui.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.scene.input.MouseEvent;
import loupe.ui.control.NumberTexts;
import loupe.ui.export.Csv;
import loupe.ui.export.PaperFonts;
import loupe.ui.export.PaperPen;
import loupe.ui.style.ColourRoles;
import org.jfree.chart.fx.ChartCanvas;
import org.jfree.chart.plot.ValueMarker;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.StandardXYBarPainter;
import org.jfree.chart.renderer.xy.XYBarRenderer;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.chart.ui.RectangleAnchor;
import org.jfree.chart.ui.TextAnchor;
import org.jfree.data.xy.AbstractIntervalXYDataset;
import org.jfree.data.xy.DefaultXYDataset;
import org.jfree.data.xy.IntervalXYDataset;
import org.jfree.data.xy.XYDataset;

/**
 * A histogram of one side, or of both on shared axes, with linear or logarithmic counts and a brush.
 *
 * <p>A brushed range ends at edges of bins, so that what it selects is exactly what the bars count.
 */
public final class HistogramChart extends ChartPart {
    /** The most bars drawn with gaps; with more, gaps would take most of the room. */
    private static final int MOST_OUTLINED = 60;

    private ChartAxis values;
    private final String counted;
    private boolean cumulative;
    private final BooleanProperty logarithmic = new SimpleBooleanProperty(this, "logarithmic");
    private final RangeBrush brush;
    private List<HistogramSeries> series = List.of();
    private List<HistogramOutline> outlines = List.of();
    private List<Mark> marks = List.of();
    private double leastHeight = 1;

    /**
     * @param name for file names, such as {@code activations}
     * @param values what is counted along the horizontal axis
     * @param counted what a count is of, such as {@code tokens}
     */
    public HistogramChart(String name, ChartAxis values, String counted) {
        super(name);
        this.values = values;
        this.counted = counted;
        setFocusTraversable(true);
        setAccessibleText("Histogram of " + values.quantity());
        brush = new RangeBrush(this, values.quantity(), this::nearestEdge, this::nextEdge);
        getChildren().addAll(brush.nodes());
        logarithmic.addListener(source -> rebuild());
    }

    /** Shows bars; of the side given first behind. An empty list leaves the last bars. */
    public void setSeries(List<HistogramSeries> shown) {
        series = List.copyOf(shown);
        rebuild();
    }

    /** Shows bars on an axis of counts that reaches at least so far. */
    public void setSeries(List<HistogramSeries> shown, double leastCount) {
        leastHeight = Math.max(1, leastCount);
        setSeries(shown);
    }

    /** A line at a value along the horizontal axis, with its name beside it. */
    public record Mark(String name, double value) {}

    /** Shows bars, outlines of others on the same axes, and lines at some values. */
    public void setSeries(List<HistogramSeries> shown, List<HistogramOutline> compared, List<Mark> lines) {
        outlines = List.copyOf(compared);
        marks = List.copyOf(lines);
        setSeries(shown);
    }

    /** Makes the axis of counts reach at least so far, so that two charts can be drawn to one scale. */
    public void setLeastHeight(double count) {
        if (leastHeight != Math.max(1, count)) {
            leastHeight = Math.max(1, count);
            rebuild();
        }
    }

    /**
     * Shows bars on another axis.
     *
     * @param across what is counted along the horizontal axis; edges must be positive if it is logarithmic
     * @param sums whether a bar counts everything up to its upper edge
     */
    public void setSeries(List<HistogramSeries> shown, double leastCount, ChartAxis across, boolean sums) {
        values = across;
        cumulative = sums;
        setSeries(shown, leastCount);
    }

    /** Whether counts are drawn on a logarithmic axis. */
    public BooleanProperty logarithmicProperty() {
        return logarithmic;
    }

    /** The range marked by dragging, null for none. */
    public ObjectProperty<ValueRange> brushProperty() {
        return brush.rangeProperty();
    }

    private void rebuild() {
        if (series.isEmpty()) {
            return;
        }
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        double highest = leastHeight;
        for (HistogramSeries one : series) {
            least = Math.min(least, one.edges()[0]);
            most = Math.max(most, one.edges()[one.edges().length - 1]);
            for (double count : one.counts()) {
                highest = Math.max(highest, count);
            }
        }
        for (HistogramOutline outline : outlines) {
            for (double count : outline.counts()) {
                highest = Math.max(highest, count);
            }
        }
        for (Mark mark : marks) {
            least = Math.min(least, mark.value());
            most = Math.max(most, mark.value());
        }
        boolean log = logarithmic.get();
        ChartAxis counts = ChartAxis.of(countedWords()).withLogarithm(log);
        XYBarRenderer renderer = new XYBarRenderer(0);
        renderer.setBarPainter(new StandardXYBarPainter());
        renderer.setShadowVisible(false);
        renderer.setBase(log ? ChartAxis.LEAST_LOG_COUNT : 0);
        renderer.setUseYInterval(false);
        List<HistogramSeries> bars = series;
        renderer.setDrawBarOutline(bars.size() > 1 || bars.get(0).counts().length <= MOST_OUTLINED);
        XYPlot plot = new XYPlot(dataset(bars), values.create(least, most), counts.createForCounts(highest), renderer);
        boolean signed = least < 0;
        if (!outlines.isEmpty()) {
            plot.setDataset(1, steps(outlines, log ? ChartAxis.LEAST_LOG_COUNT : 0));
            plot.setRenderer(1, new XYLineAndShapeRenderer(true, false));
        }
        List<Mark> lines = marks;
        double middle = (least + most) / 2;
        show(plot, (dressed, palette) -> {
            dress((XYBarRenderer) dressed.getRenderer(), palette, bars);
            dressOutlines(dressed, palette);
            dressed.clearDomainMarkers();
            lines.forEach(line -> dressed.addDomainMarker(marker(line, line.value() < middle, palette)));
            dressed.setDomainZeroBaselineVisible(signed);
            dressed.setDomainZeroBaselinePaint(PaperPen.awt(palette.muted()));
            dressed.setDomainZeroBaselineStroke(new BasicStroke(1f));
        });
    }

    private static XYDataset steps(List<HistogramOutline> outlines, double base) {
        DefaultXYDataset data = new DefaultXYDataset();
        for (HistogramOutline outline : outlines) {
            int bins = outline.counts().length;
            double[][] points = new double[2][2 * bins + 2];
            for (int bin = 0; bin <= bins; bin++) {
                points[0][2 * bin] = outline.edges()[bin];
                points[0][2 * bin + 1] = outline.edges()[bin];
                points[1][2 * bin] = bin == 0 ? base : Math.max(base, outline.counts()[bin - 1]);
                points[1][2 * bin + 1] = bin == bins ? base : Math.max(base, outline.counts()[bin]);
            }
            data.addSeries(outline.name(), points);
        }
        return data;
    }

    /** The first is a whole line, later ones are dashed. */
    private static void dressOutlines(XYPlot plot, ColourRoles palette) {
        if (plot.getRenderer(1) == null) {
            return;
        }
        for (int i = 0; i < plot.getDataset(1).getSeriesCount(); i++) {
            plot.getRenderer(1).setSeriesPaint(i, PaperPen.awt(palette.text()));
            plot.getRenderer(1)
                    .setSeriesStroke(
                            i,
                            new BasicStroke(
                                    1.3f,
                                    BasicStroke.CAP_BUTT,
                                    BasicStroke.JOIN_MITER,
                                    10,
                                    i == 0 ? null : new float[] {4, 3},
                                    0));
        }
    }

    private static ValueMarker marker(Mark line, boolean toTheRight, ColourRoles palette) {
        ValueMarker marker = new ValueMarker(line.value(), PaperPen.awt(palette.muted()), new BasicStroke(1f));
        marker.setLabel(line.name());
        marker.setLabelPaint(PaperPen.awt(palette.text()));
        marker.setLabelFont(PaperFonts.of(10, false));
        marker.setLabelBackgroundColor(PaperPen.awt(palette.surface()));
        marker.setLabelAnchor(toTheRight ? RectangleAnchor.TOP_RIGHT : RectangleAnchor.TOP_LEFT);
        marker.setLabelTextAnchor(toTheRight ? TextAnchor.TOP_LEFT : TextAnchor.TOP_RIGHT);
        return marker;
    }

    public static IntervalXYDataset dataset(List<HistogramSeries> bars) {
        return new Bars(bars);
    }

    private static void dress(XYBarRenderer renderer, ColourRoles palette, List<HistogramSeries> bars) {
        for (int i = 0; i < bars.size(); i++) {
            Color color = PaperPen.awt(palette.side(bars.get(i).side()));
            int strength = bars.size() > 1 ? 120 : 205;
            renderer.setSeriesPaint(i, new Color(color.getRed(), color.getGreen(), color.getBlue(), strength));
            renderer.setSeriesOutlinePaint(i, bars.size() > 1 ? color : PaperPen.awt(palette.surface()));
            renderer.setSeriesOutlineStroke(i, new BasicStroke(bars.size() > 1 ? 1f : 0.6f));
        }
    }

    @Override
    void canvasCreated(ChartCanvas canvas) {
        brush.listenTo(canvas);
        canvas.addEventHandler(MouseEvent.MOUSE_MOVED, event -> point(event.getX()));
        canvas.addEventHandler(MouseEvent.MOUSE_EXITED, event -> showReadout(""));
    }

    private void point(double pixel) {
        if (pixel < dataArea().getMinX() || pixel > dataArea().getMaxX()) {
            showReadout("");
            return;
        }
        double value = toValueX(pixel);
        List<String> parts = new ArrayList<>();
        for (HistogramSeries one : series) {
            int bin = one.bin(value);
            if (bin >= 0) {
                parts.add((series.size() > 1 ? (one.ofCheckpoint() ? one.side() : one.name()) + ": " : "")
                        + words(one, bin));
            }
        }
        showReadout(String.join("    ", parts));
    }

    private String words(HistogramSeries one, int bin) {
        String count = ", " + NumberTexts.count(Math.round(one.counts()[bin])) + " " + counted;
        if (cumulative) {
            return "up to " + NumberTexts.plain(one.edges()[bin + 1]) + count + " ("
                    + NumberTexts.percent(one.counts()[bin] / Math.max(1, one.counts()[one.counts().length - 1])) + ")";
        }
        return NumberTexts.plain(one.edges()[bin]) + " to " + NumberTexts.plain(one.edges()[bin + 1]) + count;
    }

    private String countedWords() {
        return cumulative ? counted + ", summed" : counted;
    }

    private double nextEdge(double value, int direction) {
        double[] edges = series.isEmpty() ? new double[] {value} : series.get(0).edges();
        int nearest = 0;
        for (int i = 1; i < edges.length; i++) {
            nearest = Math.abs(edges[i] - value) < Math.abs(edges[nearest] - value) ? i : nearest;
        }
        return edges[Math.max(0, Math.min(edges.length - 1, nearest + direction))];
    }

    private double nearestEdge(double value) {
        double nearest = value;
        double distance = Double.POSITIVE_INFINITY;
        for (double edge : series.isEmpty() ? new double[0] : series.get(0).edges()) {
            if (Math.abs(edge - value) < distance) {
                distance = Math.abs(edge - value);
                nearest = edge;
            }
        }
        return nearest;
    }

    @Override
    void placeOverlays() {
        brush.place();
    }

    @Override
    public Csv csv() {
        List<List<?>> rows = new ArrayList<>();
        for (HistogramSeries one : series) {
            for (int bin = 0; bin < one.counts().length; bin++) {
                rows.add(List.of(one.name(), one.edges()[bin], one.edges()[bin + 1], one.counts()[bin]));
            }
        }
        for (HistogramOutline outline : outlines) {
            for (int bin = 0; bin < outline.counts().length; bin++) {
                rows.add(
                        List.of(outline.name(), outline.edges()[bin], outline.edges()[bin + 1], outline.counts()[bin]));
            }
        }
        return new Csv(List.of("series", "from", "to", countedWords()), rows);
    }

    /** The bars as JFreeChart asks for them. */
    private static final class Bars extends AbstractIntervalXYDataset {
        private final transient List<HistogramSeries> series;

        Bars(List<HistogramSeries> series) {
            this.series = series;
        }

        @Override
        public int getSeriesCount() {
            return series.size();
        }

        @Override
        public Comparable<?> getSeriesKey(int which) {
            return series.get(which).legend();
        }

        @Override
        public int getItemCount(int which) {
            return series.get(which).counts().length;
        }

        @Override
        public Number getX(int which, int bin) {
            return (getStartX(which, bin).doubleValue() + getEndX(which, bin).doubleValue()) / 2;
        }

        @Override
        public Number getY(int which, int bin) {
            double count = series.get(which).counts()[bin];
            return count > 0 ? count : Double.NaN;
        }

        @Override
        public Number getStartX(int which, int bin) {
            return series.get(which).edges()[bin];
        }

        @Override
        public Number getEndX(int which, int bin) {
            return series.get(which).edges()[bin + 1];
        }

        @Override
        public Number getStartY(int which, int bin) {
            return getY(which, bin);
        }

        @Override
        public Number getEndY(int which, int bin) {
            return getY(which, bin);
        }
    }
}
