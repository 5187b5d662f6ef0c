package loupe.ui.export;

import java.awt.BasicStroke;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import javafx.scene.paint.Color;
import loupe.base.VisibleText;

/**
 * A pen on anything Java 2D draws to: an image, an SVG document, a PDF page. Characters that nobody sees, and that XML
 * has no place for, are drawn as their codes. One thread at a time.
 */
public final class PaperPen implements Pen {
    private static final FontRenderContext METRICS = new FontRenderContext(null, true, true);

    private final Graphics2D graphics;
    private Path2D.Double path = new Path2D.Double();

    public PaperPen(Graphics2D graphics) {
        this.graphics = graphics;
        smooth(graphics);
    }

    /** Turns on antialiasing and text placed between pixels. */
    public static void smooth(Graphics2D graphics) {
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    }

    public static java.awt.Color awt(Color color) {
        return new java.awt.Color(
                (float) color.getRed(), (float) color.getGreen(), (float) color.getBlue(), (float) color.getOpacity());
    }

    @Override
    public void moveTo(double x, double y) {
        path.moveTo(x, y);
    }

    @Override
    public void lineTo(double x, double y) {
        path.lineTo(x, y);
    }

    @Override
    public void curveTo(double controlX, double controlY, double x, double y) {
        path.quadTo(controlX, controlY, x, y);
    }

    @Override
    public void stroke(double width, Color color) {
        graphics.setColor(awt(color));
        graphics.setStroke(new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        graphics.draw(path);
        path = new Path2D.Double();
    }

    @Override
    public void stroke(double width, Color color, double... dashes) {
        float[] lengths = new float[dashes.length];
        for (int i = 0; i < dashes.length; i++) {
            lengths[i] = (float) dashes[i];
        }
        graphics.setColor(awt(color));
        graphics.setStroke(new BasicStroke(
                (float) width,
                BasicStroke.CAP_BUTT,
                BasicStroke.JOIN_ROUND,
                1,
                lengths.length == 0 ? null : lengths,
                0));
        graphics.draw(path);
        path = new Path2D.Double();
    }

    @Override
    public void fill(Color color) {
        graphics.setColor(awt(color));
        path.closePath();
        graphics.fill(path);
        path = new Path2D.Double();
    }

    @Override
    public void fillRectangle(double x, double y, double width, double height, double radius, Color color) {
        graphics.setColor(awt(color));
        graphics.fill(
                radius > 0
                        ? new RoundRectangle2D.Double(x, y, width, height, 2 * radius, 2 * radius)
                        : new Rectangle2D.Double(x, y, width, height));
    }

    @Override
    public void outlineRectangle(
            double x, double y, double width, double height, double radius, double line, Color color) {
        graphics.setColor(awt(color));
        graphics.setStroke(new BasicStroke((float) line));
        graphics.draw(new RoundRectangle2D.Double(x, y, width, height, 2 * radius, 2 * radius));
    }

    @Override
    public void fillCircle(double x, double y, double radius, Color color) {
        graphics.setColor(awt(color));
        graphics.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
    }

    @Override
    public void text(String words, double x, double baseline, double size, boolean strong, Color color) {
        String text = VisibleText.line(words);
        graphics.setColor(awt(color));
        double at = x;
        for (int start = 0; start < text.length(); ) {
            int end = runEnd(text, start, size, strong);
            Font font = fontFor(text, start, size, strong);
            String run = text.substring(start, end);
            graphics.setFont(font);
            graphics.drawString(run, (float) at, (float) baseline);
            at += font.getStringBounds(run, METRICS).getWidth();
            start = end;
        }
    }

    @Override
    public void textUp(String text, double x, double bottom, double size, Color color) {
        AffineTransform before = graphics.getTransform();
        graphics.translate(x, bottom);
        graphics.rotate(-Math.PI / 2);
        text(text, 0, 0, size, false, color);
        graphics.setTransform(before);
    }

    @Override
    public double widthOf(String text, double size, boolean strong) {
        return width(text, size, strong);
    }

    /** The width of a text on paper. */
    public static double width(String words, double size, boolean strong) {
        String text = VisibleText.line(words);
        double width = 0;
        for (int start = 0; start < text.length(); ) {
            int end = runEnd(text, start, size, strong);
            width += fontFor(text, start, size, strong)
                    .getStringBounds(text.substring(start, end), METRICS)
                    .getWidth();
            start = end;
        }
        return width;
    }

    private static Font fontFor(String text, int at, double size, boolean strong) {
        Font font = PaperFonts.of(size, strong);
        return font.canDisplay(text.codePointAt(at)) ? font : PaperFonts.fallback(size, strong);
    }

    /** The end of the run of characters that one font draws. */
    private static int runEnd(String text, int start, double size, boolean strong) {
        Font font = PaperFonts.of(size, strong);
        boolean ours = font.canDisplay(text.codePointAt(start));
        int at = start;
        while (at < text.length() && font.canDisplay(text.codePointAt(at)) == ours) {
            at += Character.charCount(text.codePointAt(at));
        }
        return at;
    }
}
