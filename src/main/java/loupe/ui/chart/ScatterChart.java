package loupe.ui.chart;

import java.awt.Color;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import javafx.beans.property.ObjectProperty;
import javafx.geometry.Bounds;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.Region;
import loupe.state.window.Side;
import loupe.ui.control.NumberTexts;
import loupe.ui.export.Csv;
import loupe.ui.export.PaperPen;
import org.jfree.chart.fx.ChartCanvas;
import org.jfree.chart.plot.XYPlot;
import org.jfree.data.xy.DefaultXYDataset;
import org.jspecify.annotations.Nullable;

/**
 * Tens of thousands of points as dots, of one side or of both; the readout shows the one nearest to the pointer, a
 * click chooses it, the chosen ones are ringed. A drag marks a rectangle, the wheel zooms at the pointer, a double
 * click beside the points shows all again, left and right walk from point to point.
 */
public final class ScatterChart extends ChartPart {
    private static final double REACH_PIXELS = 8;
    private static final double RING_PIXELS = 12;

    private final Map<Side, Region> rings = new EnumMap<>(Side.class);
    private final Map<Side, Integer> selected = new EnumMap<>(Side.class);
    private final BoxBrush brush = new BoxBrush(this);
    private ChartAxis horizontal;
    private ChartAxis vertical;
    private List<CloudRenderer.Drawn> clouds = List.of();
    private BiFunction<Side, Integer, String> words = (side, point) -> "";
    private BiConsumer<Side, Integer> chosen = (side, point) -> {};
    private String pointName = "feature";
    private Function<Side, String> sideNames = Side::toString;

    public ScatterChart(String name, ChartAxis horizontal, ChartAxis vertical) {
        super(name);
        this.horizontal = horizontal;
        this.vertical = vertical;
        setFocusTraversable(true);
        getChildren().addAll(brush.nodes());
        for (Side side : Side.values()) {
            Region ring = new Region();
            ring.getStyleClass()
                    .addAll("scatter-ring", "ring-" + side.toString().toLowerCase(java.util.Locale.ROOT));
            ring.setManaged(false);
            ring.setMouseTransparent(true);
            ring.setVisible(false);
            rings.put(side, ring);
            getChildren().add(ring);
        }
        describe();
        addEventHandler(KeyEvent.KEY_PRESSED, this::key);
    }

    /**
     * Shows clouds on the axes there are.
     *
     * @param names the name of a side's point, for the readout
     */
    public void setClouds(List<ScatterCloud> shown, BiFunction<Side, Integer, String> names) {
        setClouds(shown, names, horizontal, vertical);
    }

    /** Shows points on new axes. A zoom or mark is dropped only if an axis really changes. */
    public void setClouds(
            List<ScatterCloud> shown, BiFunction<Side, Integer, String> names, ChartAxis across, ChartAxis up) {
        boolean sameAxes = hasPlot() && across.equals(horizontal) && up.equals(vertical);
        org.jfree.data.Range zoomAcross = sameAxes ? plot().getDomainAxis().getRange() : null;
        org.jfree.data.Range zoomUp = sameAxes ? plot().getRangeAxis().getRange() : null;
        boolean zoomed = sameAxes && !isAllShown();
        if (!across.quantity().equals(horizontal.quantity()) || !up.quantity().equals(vertical.quantity())) {
            brush.boxProperty().set(null);
        }
        horizontal = across;
        vertical = up;
        words = names;
        clouds = shown.stream()
                .map(cloud -> new CloudRenderer.Drawn(cloud, along(cloud.x(), across), along(cloud.y(), up)))
                .toList();
        describe();
        DefaultXYDataset oneItemEach = new DefaultXYDataset();
        clouds.forEach(drawn -> oneItemEach.addSeries(drawn.cloud().side(), new double[][] {{0}, {0}}));
        double[] acrossEnds = ends(true);
        double[] upEnds = ends(false);
        CloudRenderer dots = new CloudRenderer(clouds, this::pixelScale);
        dots.setLegendItemLabelGenerator((dataset, series) -> sideNames.apply((Side) dataset.getSeriesKey(series)));
        XYPlot plot = new XYPlot(
                oneItemEach, across.create(acrossEnds[0], acrossEnds[1]), up.create(upEnds[0], upEnds[1]), dots);
        if (zoomed) {
            plot.getDomainAxis().setRange(zoomAcross);
            plot.getRangeAxis().setRange(zoomUp);
        }
        plot.addChangeListener(change -> requestLayout());
        show(plot, (dressed, palette) -> {
            dressed.setDomainGridlinesVisible(true);
            dressed.setDomainGridlinePaint(PaperPen.awt(palette.grid()));
            dressed.setDomainGridlineStroke(dressed.getRangeGridlineStroke());
            for (int series = 0; series < dressed.getSeriesCount(); series++) {
                Side side = (Side) dressed.getDataset().getSeriesKey(series);
                Color color = PaperPen.awt(palette.side(side));
                ((CloudRenderer) dressed.getRenderer()).color(side, color);
                dressed.getRenderer().setSeriesPaint(series, color);
                ((CloudRenderer) dressed.getRenderer()).far(PaperPen.awt(palette.negative()));
            }
        });
    }

    private void describe() {
        setAccessibleText(vertical.quantity() + " over " + horizontal.quantity());
        brush.name(horizontal.quantity(), vertical.quantity());
    }

    private double pixelScale() {
        return getScene() == null || getScene().getWindow() == null
                ? 1
                : getScene().getWindow().getRenderScaleX();
    }

    private static double[] along(double[] values, ChartAxis axis) {
        double[] places = new double[values.length];
        for (int i = 0; i < places.length; i++) {
            places[i] = !axis.logarithmic() ? values[i] : values[i] > 0 ? Math.log10(values[i]) : Double.NaN;
        }
        return places;
    }

    /** Shows all points again after zooming. */
    public void showAll() {
        double[] across = ends(true);
        double[] up = ends(false);
        plot().getDomainAxis().setRange(across[0], across[1]);
        plot().getRangeAxis().setRange(up[0], up[1]);
    }

    private boolean isAllShown() {
        double[] across = ends(true);
        double[] up = ends(false);
        return plot().getDomainAxis().getRange().equals(new org.jfree.data.Range(across[0], across[1]))
                && plot().getRangeAxis().getRange().equals(new org.jfree.data.Range(up[0], up[1]));
    }

    /**
     * Sets what is drawn, where it is not the features of two checkpoints.
     *
     * @param point what a point is, for the heading of its numbers
     * @param names what the points of each side are, for the legend and the numbers
     */
    public void setNames(String point, Function<Side, String> names) {
        pointName = point;
        sideNames = names;
    }

    /** Sets the action of a click on a point, with its side and index. */
    public void setOnPoint(BiConsumer<Side, Integer> action) {
        chosen = action;
    }

    /** Rings a side's point, -1 for none. */
    public void select(Side side, int index) {
        selected.put(side, index);
        requestLayout();
    }

    /** The marked rectangle, null for none. */
    public ObjectProperty<BoxBrush.Box> boxProperty() {
        return brush.boxProperty();
    }

    private double[] ends(boolean across) {
        boolean logarithmic = (across ? horizontal : vertical).logarithmic();
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (CloudRenderer.Drawn drawn : clouds) {
            double[] mine = across ? drawn.u() : drawn.v();
            double[] others = across ? drawn.v() : drawn.u();
            for (int i = 0; i < mine.length; i++) {
                if (Double.isFinite(mine[i]) && Double.isFinite(others[i])) {
                    least = Math.min(least, mine[i]);
                    most = Math.max(most, mine[i]);
                }
            }
        }
        if (least > most) {
            return new double[] {logarithmic ? 0.1 : 0, 1};
        }
        double margin = Math.max((most - least) * 0.03, 1e-9);
        return logarithmic
                ? new double[] {Math.pow(10, least) / 1.2, Math.pow(10, most) * 1.2}
                : new double[] {least - margin, most + margin};
    }

    @Override
    void canvasCreated(ChartCanvas canvas) {
        canvas.setDomainZoomable(true);
        canvas.setRangeZoomable(true);
        brush.listenTo(canvas);
        canvas.addEventHandler(MouseEvent.MOUSE_MOVED, event -> showPoint(nearest(event.getX(), event.getY())));
        canvas.addEventHandler(MouseEvent.MOUSE_EXITED, event -> showReadout(""));
        canvas.addEventHandler(MouseEvent.MOUSE_CLICKED, event -> {
            Point point = nearest(event.getX(), event.getY());
            if (!event.isStillSincePress()) {
                return;
            }
            if (point == null && event.getClickCount() == 2) {
                showAll();
            } else if (point != null && event.getButton() == MouseButton.PRIMARY) {
                choose(point);
            }
        });
    }

    /** One of the points. */
    private record Point(CloudRenderer.Drawn drawn, int index) {
        Side side() {
            return drawn.cloud().side();
        }
    }

    private void choose(Point point) {
        select(point.side(), point.index());
        showPoint(point);
        chosen.accept(point.side(), point.index());
    }

    private void showPoint(@Nullable Point point) {
        if (point == null) {
            showReadout("");
        } else {
            ScatterCloud cloud = point.drawn().cloud();
            showReadout(words.apply(point.side(), point.index()) + "    " + horizontal.quantity() + " "
                    + NumberTexts.with(cloud.x()[point.index()], horizontal.unit()) + ", " + vertical.quantity() + " "
                    + NumberTexts.with(cloud.y()[point.index()], vertical.unit()));
        }
    }

    /** The point nearest to a pixel within reach, or null. Faint points are skipped. */
    private @Nullable Point nearest(double pixelX, double pixelY) {
        Point nearest = null;
        double best = REACH_PIXELS * REACH_PIXELS;
        if (!hasPlot()) {
            return null;
        }
        Bounds area = dataArea();
        CloudRenderer.Scale across = CloudRenderer.Scale.of(plot().getDomainAxis());
        CloudRenderer.Scale up = CloudRenderer.Scale.of(plot().getRangeAxis());
        for (CloudRenderer.Drawn drawn : clouds) {
            for (int i = 0; i < drawn.u().length; i++) {
                double dx = area.getMinX() + across.fraction(drawn.u()[i]) * area.getWidth() - pixelX;
                double dy = area.getMaxY() - up.fraction(drawn.v()[i]) * area.getHeight() - pixelY;
                double distance = dx * dx + dy * dy;
                if (distance < best && !drawn.cloud().isFaint(i)) {
                    best = distance;
                    nearest = new Point(drawn, i);
                }
            }
        }
        return nearest;
    }

    /** Left and right choose the next point of the first side along the horizontal axis. */
    private void key(KeyEvent event) {
        boolean right = event.getCode() == KeyCode.RIGHT;
        if ((!right && event.getCode() != KeyCode.LEFT) || clouds.isEmpty()) {
            return;
        }
        CloudRenderer.Drawn drawn = clouds.get(0);
        int from = selected.getOrDefault(drawn.cloud().side(), -1);
        int next = -1;
        for (int i = 0; i < drawn.u().length; i++) {
            boolean drawable = Double.isFinite(drawn.u()[i])
                    && Double.isFinite(drawn.v()[i])
                    && !drawn.cloud().isFaint(i);
            if (drawable
                    && i != from
                    && (from < 0 || before(drawn.u(), from, i) == right)
                    && (next < 0 || before(drawn.u(), i, next) == right)) {
                next = i;
            }
        }
        if (next >= 0) {
            choose(new Point(drawn, next));
        }
        event.consume();
    }

    private static boolean before(double[] places, int one, int other) {
        return places[one] != places[other] ? places[one] < places[other] : one < other;
    }

    @Override
    void placeOverlays() {
        brush.place();
        rings.forEach((side, ring) -> {
            ring.setVisible(false);
            clouds.stream()
                    .filter(drawn -> drawn.cloud().side() == side)
                    .findFirst()
                    .ifPresent(drawn -> ring(drawn, ring, selected.getOrDefault(side, -1)));
        });
    }

    private void ring(CloudRenderer.Drawn drawn, Region ring, int point) {
        if (!hasPlot() || point < 0 || point >= drawn.u().length) {
            return;
        }
        double x = toPixelX(drawn.cloud().x()[point]);
        double y = toPixelY(drawn.cloud().y()[point]);
        ring.setVisible(Double.isFinite(drawn.u()[point])
                && Double.isFinite(drawn.v()[point])
                && dataArea().contains(x, y));
        ring.resizeRelocate(x - RING_PIXELS / 2, y - RING_PIXELS / 2, RING_PIXELS, RING_PIXELS);
    }

    @Override
    public Csv csv() {
        List<List<?>> rows = new ArrayList<>();
        for (CloudRenderer.Drawn drawn : clouds) {
            ScatterCloud cloud = drawn.cloud();
            for (int i = 0; i < cloud.x().length; i++) {
                rows.add(List.of(sideNames.apply(cloud.side()), i, cloud.x()[i], cloud.y()[i]));
            }
        }
        return new Csv(List.of("side", pointName, horizontal.quantity(), vertical.quantity()), rows);
    }
}
