package loupe.ui;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.Region;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.fx.ChartCanvas;
import org.jfree.chart.plot.CrosshairState;
import org.jfree.chart.plot.PlotRenderingInfo;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.AbstractXYItemRenderer;
import org.jfree.chart.renderer.xy.XYItemRendererState;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.data.xy.DefaultXYDataset;
import org.jfree.data.xy.XYDataset;

/**
 * Tens of thousands of points as dots; the nearest one to the pointer is told, a click chooses it, the chosen one is ringed.
 * The wheel zooms at the pointer, a double click beside the points shows all again.
 */
public final class ScatterChart extends ChartPart {
    private static final double REACH_PIXELS = 8;
    private static final int DENSE = 4_000;

    private final ChartAxis horizontal;
    private final ChartAxis vertical;
    private final Region ring = new Region();
    private double[] xs = {};
    private double[] ys = {};
    private IntFunction<String> words = i -> "";
    private IntConsumer chosen = i -> { };
    private int selected = -1;

    public ScatterChart(String name, ChartAxis horizontal, ChartAxis vertical) {
        super(name);
        this.horizontal = horizontal;
        this.vertical = vertical;
        ring.getStyleClass().add("scatter-ring");
        ring.setManaged(false);
        ring.setMouseTransparent(true);
        ring.setVisible(false);
        getChildren().add(ring);
        setAccessibleText(vertical.quantity() + " over " + horizontal.quantity());
    }

    /**
     * Shows points; those that are not finite are left out.
     *
     * @param x horizontal values; not to be written afterwards
     * @param y vertical values, as many
     * @param names what point i is called when pointed at
     */
    public void setPoints(double[] x, double[] y, Side side, IntFunction<String> names) {
        if (x.length != y.length) {
            throw new IllegalArgumentException("x has " + x.length + " values, y " + y.length);
        }
        xs = x;
        ys = y;
        words = names;
        selected = -1;
        double[] acrossEnds = ends(x, horizontal.logarithmic());
        double[] upEnds = ends(y, vertical.logarithmic());
        DefaultXYDataset data = new DefaultXYDataset();
        data.addSeries(side, new double[][] {x, y});
        XYPlot plot = new XYPlot(data, horizontal.made(acrossEnds[0], acrossEnds[1]), vertical.made(upEnds[0], upEnds[1]), new Dots());
        plot.addChangeListener(change -> requestLayout());
        show(plot, (dressed, palette) -> {
            dressed.setDomainGridlinesVisible(true);
            dressed.setDomainGridlinePaint(PaperPen.awt(palette.grid()));
            dressed.setDomainGridlineStroke(dressed.getRangeGridlineStroke());
            Color color = PaperPen.awt(palette.side(side));
            int strength = x.length > DENSE ? 110 : 190;
            dressed.getRenderer().setSeriesPaint(0, new Color(color.getRed(), color.getGreen(), color.getBlue(), strength));
        });
    }

    /** Shows all points again after zooming. */
    public void showAll() {
        double[] across = ends(xs, horizontal.logarithmic());
        double[] up = ends(ys, vertical.logarithmic());
        plot().getDomainAxis().setRange(across[0], across[1]);
        plot().getRangeAxis().setRange(up[0], up[1]);
    }

    /** What a click on a point does with its index. */
    public void setOnPoint(IntConsumer action) {
        chosen = action;
    }

    /** Rings a point, -1 for none. */
    public void select(int index) {
        selected = index;
        requestLayout();
    }

    private static double[] ends(double[] values, boolean logarithmic) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            if (Double.isFinite(value) && (!logarithmic || value > 0)) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        }
        if (least > most) {
            return new double[] {logarithmic ? 0.1 : 0, 1};
        }
        double margin = Math.max((most - least) * 0.03, 1e-9);
        return logarithmic ? new double[] {least / 1.2, most * 1.2} : new double[] {least - margin, most + margin};
    }

    @Override
    void canvasMade(ChartCanvas canvas) {
        canvas.setDomainZoomable(true);
        canvas.setRangeZoomable(true);
        canvas.addEventHandler(MouseEvent.MOUSE_MOVED, event -> {
            int index = nearest(event.getX(), event.getY());
            tell(index < 0 ? "" : words.apply(index) + "    " + Figures.number(xs[index]) + ", " + Figures.number(ys[index]));
        });
        canvas.addEventHandler(MouseEvent.MOUSE_EXITED, event -> tell(""));
        canvas.addEventHandler(MouseEvent.MOUSE_CLICKED, event -> {
            int index = nearest(event.getX(), event.getY());
            if (index < 0 && event.getClickCount() == 2) {
                showAll();
            } else if (index >= 0 && event.getButton() == MouseButton.PRIMARY) {
                select(index);
                chosen.accept(index);
            }
        });
    }

    /** The point nearest to a pixel within reach, or -1. */
    private int nearest(double pixelX, double pixelY) {
        int nearest = -1;
        double best = REACH_PIXELS * REACH_PIXELS;
        for (int i = 0; i < xs.length; i++) {
            double dx = toPixelX(xs[i]) - pixelX;
            double dy = toPixelY(ys[i]) - pixelY;
            double distance = dx * dx + dy * dy;
            if (distance < best) {
                best = distance;
                nearest = i;
            }
        }
        return nearest;
    }

    @Override
    void placeOverlays() {
        ring.setVisible(selected >= 0 && selected < xs.length && hasPlot()
            && dataArea().contains(toPixelX(xs[selected]), toPixelY(ys[selected])));
        if (ring.isVisible()) {
            ring.resizeRelocate(toPixelX(xs[selected]) - 6, toPixelY(ys[selected]) - 6, 12, 12);
        }
    }

    @Override
    public String csv() {
        List<List<?>> rows = new ArrayList<>(xs.length);
        for (int i = 0; i < xs.length; i++) {
            rows.add(List.of(words.apply(i), xs[i], ys[i]));
        }
        return Csv.of(List.of("name", horizontal.label(), vertical.label()), rows);
    }

    /** Round dots of two or three pixels; many small ones are squares, which look the same and draw faster. */
    private static final class Dots extends AbstractXYItemRenderer {
        private static final long serialVersionUID = 1L;

        @Override
        public void drawItem(Graphics2D graphics, XYItemRendererState state, Rectangle2D area, PlotRenderingInfo info, XYPlot plot,
                ValueAxis across, ValueAxis up, XYDataset data, int series, int item, CrosshairState crosshair, int pass) {
            double x = across.valueToJava2D(data.getXValue(series, item), area, RectangleEdge.BOTTOM);
            double y = up.valueToJava2D(data.getYValue(series, item), area, RectangleEdge.LEFT);
            if (!Double.isFinite(x) || !Double.isFinite(y)) {
                return;
            }
            if (item == 0) {
                graphics.setPaint(getItemPaint(series, item));
            }
            if (data.getItemCount(series) > DENSE) {
                graphics.fill(new Rectangle2D.Double(x - 1, y - 1, 2, 2));
            } else {
                graphics.fill(new Ellipse2D.Double(x - 2, y - 2, 4, 4));
            }
        }
    }
}
