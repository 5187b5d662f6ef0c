package loupe.ui.chart;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import loupe.state.window.Side;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.CrosshairState;
import org.jfree.chart.plot.PlotRenderingInfo;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.AbstractXYItemRenderer;
import org.jfree.chart.renderer.xy.XYItemRendererState;
import org.jfree.chart.util.PublicCloneable;
import org.jfree.data.xy.XYDataset;
import org.jfree.fx.FXGraphics2D;

/**
 * Draws whole clouds of points. On the screen they are set pixel by pixel into one image, so that tens of thousands
 * take a few milliseconds; in a file each is a round dot of its own. The plot's dataset has one item for each cloud.
 */
final class CloudRenderer extends AbstractXYItemRenderer implements PublicCloneable {
    private static final long serialVersionUID = 1L;
    private static final int DENSE = 4_000;
    private static final int STRONG = 200;
    private static final int STRONG_DENSE = 120;
    private static final int FAINT = 34;

    private final transient List<Drawn> clouds;
    private transient Map<Side, Color> colors = new EnumMap<>(Side.class);
    private transient Color far = Color.GRAY;
    private final transient DoubleSupplier pixelScale;

    /** A cloud with its coordinates along both axes, in the axes' own units: values, or their decimal logarithms. */
    record Drawn(ScatterCloud cloud, double[] u, double[] v) {}

    /** @param pixelScale pixels of the screen for one of the window's */
    CloudRenderer(List<Drawn> clouds, DoubleSupplier pixelScale) {
        this.clouds = clouds;
        this.pixelScale = pixelScale;
    }

    void color(Side side, Color color) {
        colors.put(side, color);
        fireChangeEvent();
    }

    /** The colour of points of shade 1. */
    void far(Color color) {
        far = color;
        fireChangeEvent();
    }

    private static int between(Color near, Color far, double shade) {
        double part = Double.isNaN(shade) ? 0 : Math.max(0, Math.min(1, shade));
        return channel(near.getRed(), far.getRed(), part) << 16
                | channel(near.getGreen(), far.getGreen(), part) << 8
                | channel(near.getBlue(), far.getBlue(), part);
    }

    private static int channel(int near, int far, double part) {
        return (int) Math.round(near + part * (far - near));
    }

    /** A copy for drawing a picture in other colours on another thread. */
    @Override
    public Object clone() throws CloneNotSupportedException {
        CloudRenderer copy = (CloudRenderer) super.clone();
        copy.colors = new EnumMap<>(colors);
        return copy;
    }

    /**
     * The mapping from coordinates to positions along an axis.
     *
     * @param low the axis' lower end, in its own units
     * @param span its length, in its own units
     */
    record Scale(double low, double span) {
        static Scale of(ValueAxis axis) {
            boolean logarithmic = axis instanceof DecadeAxis;
            double low = logarithmic ? Math.log10(axis.getLowerBound()) : axis.getLowerBound();
            double high = logarithmic ? Math.log10(axis.getUpperBound()) : axis.getUpperBound();
            return new Scale(low, high - low);
        }

        /** A place as a fraction of the axis' length; below 0 or above 1 beyond its ends. */
        double fraction(double u) {
            return (u - low) / span;
        }
    }

    @Override
    public void drawItem(
            Graphics2D graphics,
            XYItemRendererState state,
            Rectangle2D area,
            PlotRenderingInfo info,
            XYPlot plot,
            ValueAxis across,
            ValueAxis up,
            XYDataset data,
            int series,
            int item,
            CrosshairState crosshair,
            int pass) {
        Drawn drawn = clouds.get(series);
        Color color = colors.getOrDefault(drawn.cloud().side(), Color.GRAY);
        boolean screen = graphics instanceof FXGraphics2D;
        double scale = screen ? pixelScale.getAsDouble() : 1;
        boolean dense = drawn.u().length > DENSE;
        Scale horizontal = Scale.of(across);
        Scale vertical = Scale.of(up);
        Raster raster = screen ? new Raster(area, scale, dense) : null;
        for (int strength : new int[] {FAINT, dense ? STRONG_DENSE : STRONG}) {
            graphics.setPaint(new Color(color.getRed(), color.getGreen(), color.getBlue(), strength));
            for (int i = 0; i < drawn.u().length; i++) {
                double x = horizontal.fraction(drawn.u()[i]);
                double y = vertical.fraction(drawn.v()[i]);
                if (drawn.cloud().isFaint(i) != (strength == FAINT) || !(x >= 0 && x <= 1 && y >= 0 && y <= 1)) {
                    continue;
                }
                double[] shade = drawn.cloud().shade();
                int own = shade == null ? color.getRGB() & 0xffffff : between(color, far, shade[i]);
                if (raster != null) {
                    raster.dot(x, y, own, strength);
                } else {
                    if (shade != null) {
                        graphics.setPaint(new Color(own >> 16 & 255, own >> 8 & 255, own & 255, strength));
                    }
                    double size = dense ? 2 : 3.2;
                    graphics.fill(new Ellipse2D.Double(
                            area.getX() + x * area.getWidth() - size / 2,
                            area.getMaxY() - y * area.getHeight() - size / 2,
                            size,
                            size));
                }
            }
        }
        if (raster != null) {
            graphics.drawImage(raster.image, (int) area.getX(), (int) area.getY(), raster.width, raster.height, null);
        }
    }

    /** An image over the plot's area. */
    private static final class Raster {
        final int width;
        final int height;
        final BufferedImage image;
        private final int[] pixels;
        private final Rectangle2D area;
        private final double scale;
        private final int radius;

        Raster(Rectangle2D area, double scale, boolean dense) {
            this.area = area;
            this.scale = scale;
            width = (int) Math.ceil(area.getWidth()) + 1;
            height = (int) Math.ceil(area.getHeight()) + 1;
            image = new BufferedImage(
                    Math.max(1, (int) Math.ceil(width * scale)),
                    Math.max(1, (int) Math.ceil(height * scale)),
                    BufferedImage.TYPE_INT_ARGB);
            pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
            radius = (int) Math.max(1, Math.round((dense ? 1 : 2) * scale));
        }

        /**
         * A disc of few pixels; squares at the smallest size.
         *
         * @param x and y as fractions, y upwards
         */
        void dot(double x, double y, int color, int strength) {
            double shift = area.getX() - (int) area.getX();
            int left = (int) Math.round((x * area.getWidth() + shift) * scale) - radius;
            int top = (int) Math.round(((1 - y) * area.getHeight() + area.getY() - (int) area.getY()) * scale) - radius;
            for (int row = 0; row < 2 * radius; row++) {
                for (int column = 0; column < 2 * radius; column++) {
                    double dx = column + 0.5 - radius;
                    double dy = row + 0.5 - radius;
                    if (radius > 1 && dx * dx + dy * dy > radius * radius) {
                        continue;
                    }
                    int px = left + column;
                    int py = top + row;
                    if (px >= 0 && py >= 0 && px < image.getWidth() && py < image.getHeight()) {
                        int at = py * image.getWidth() + px;
                        int under = pixels[at] >>> 24;
                        pixels[at] = (strength + under * (255 - strength) / 255) << 24 | color;
                    }
                }
            }
        }
    }
}
