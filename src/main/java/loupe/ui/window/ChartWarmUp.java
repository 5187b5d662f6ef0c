package loupe.ui.window;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;
import javafx.scene.paint.Color;
import loupe.state.window.Side;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.ChartLook;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.HistogramSeries;
import loupe.ui.style.ColourRoles;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYBarRenderer;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.xy.DefaultXYDataset;

/**
 * Loads the classes that the first chart would load on the FX thread: Java 2D, our font for it, JFreeChart. Call on a
 * background thread at the start; the first histogram then takes a tenth of the time. Thread-safe.
 */
public final class ChartWarmUp implements Runnable {
    private static final int SIZE = 200;

    @Override
    public void run() {
        Color grey = Color.GRAY;
        ColourRoles palette = new ColourRoles(
                grey, grey, grey, grey, grey, grey, grey, grey, grey, grey, grey, grey, grey, grey, grey);
        BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = image.createGraphics();
        DefaultXYDataset points = new DefaultXYDataset();
        points.addSeries("points", new double[][] {{1, 2}, {3, 40}});
        HistogramSeries bars = new HistogramSeries(Side.A, "bars", new double[] {0, 1, 2}, new double[] {3, 40});
        for (boolean logarithmic : new boolean[] {false, true}) {
            ChartAxis counts = ChartAxis.of("counts").withLogarithm(logarithmic);
            for (XYPlot plot : List.of(
                    new XYPlot(
                            HistogramChart.dataset(List.of(bars)),
                            ChartAxis.of("values").create(0, 2),
                            counts.create(0.5, 50),
                            new XYBarRenderer()),
                    new XYPlot(
                            points,
                            ChartAxis.of("values").create(0, 2),
                            counts.create(0.5, 50),
                            new XYLineAndShapeRenderer()))) {
                JFreeChart chart = new JFreeChart(null, null, plot, true);
                ChartLook.apply(chart, palette, 1);
                chart.draw(graphics, new Rectangle2D.Double(0, 0, SIZE, SIZE));
            }
        }
        graphics.dispose();
    }
}
