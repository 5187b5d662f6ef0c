package loupe.ui.export;

import java.util.HashMap;
import java.util.Map;
import javafx.scene.canvas.GraphicsContext;
import javafx.scene.paint.Color;
import javafx.scene.shape.StrokeLineCap;
import javafx.scene.shape.StrokeLineJoin;
import javafx.scene.text.Font;
import javafx.scene.text.FontWeight;
import loupe.ui.style.TextWidths;

/** A pen on a JavaFX canvas. Fonts are cached by size, so that drawing thousands of words creates none. */
public final class CanvasPen implements Pen {
    private final GraphicsContext context;
    private final String family;
    private final TextWidths widths;
    private final Map<Double, Font> plain = new HashMap<>();
    private final Map<Double, Font> strong = new HashMap<>();
    private boolean open;

    public CanvasPen(GraphicsContext context, String family, TextWidths widths) {
        this.context = context;
        this.family = family;
        this.widths = widths;
        context.setLineCap(StrokeLineCap.ROUND);
        context.setLineJoin(StrokeLineJoin.ROUND);
    }

    @Override
    public void moveTo(double x, double y) {
        if (!open) {
            context.beginPath();
            open = true;
        }
        context.moveTo(x, y);
    }

    @Override
    public void lineTo(double x, double y) {
        context.lineTo(x, y);
    }

    @Override
    public void curveTo(double controlX, double controlY, double x, double y) {
        context.quadraticCurveTo(controlX, controlY, x, y);
    }

    @Override
    public void stroke(double width, Color color) {
        context.setLineWidth(width);
        context.setStroke(color);
        context.stroke();
        open = false;
    }

    @Override
    public void stroke(double width, Color color, double... dashes) {
        context.setLineCap(StrokeLineCap.BUTT);
        context.setLineDashes(dashes);
        stroke(width, color);
        context.setLineDashes();
        context.setLineCap(StrokeLineCap.ROUND);
    }

    @Override
    public void fill(Color color) {
        context.setFill(color);
        context.fill();
        open = false;
    }

    @Override
    public void fillRectangle(double x, double y, double width, double height, double radius, Color color) {
        context.setFill(color);
        if (radius > 0) {
            context.fillRoundRect(x, y, width, height, 2 * radius, 2 * radius);
        } else {
            context.fillRect(x, y, width, height);
        }
    }

    @Override
    public void outlineRectangle(
            double x, double y, double width, double height, double radius, double line, Color color) {
        context.setLineWidth(line);
        context.setStroke(color);
        context.strokeRoundRect(x, y, width, height, 2 * radius, 2 * radius);
    }

    @Override
    public void fillCircle(double x, double y, double radius, Color color) {
        context.setFill(color);
        context.fillOval(x - radius, y - radius, 2 * radius, 2 * radius);
    }

    @Override
    public void text(String text, double x, double baseline, double size, boolean strongly, Color color) {
        context.setFont(font(size, strongly));
        context.setFill(color);
        context.fillText(text, x, baseline);
    }

    @Override
    public void textUp(String text, double x, double bottom, double size, Color color) {
        context.save();
        context.translate(x, bottom);
        context.rotate(-90);
        text(text, 0, 0, size, false, color);
        context.restore();
    }

    @Override
    public double widthOf(String text, double size, boolean strongly) {
        return widths.of(text, strongly) * size / TextWidths.SIZE;
    }

    private Font font(double size, boolean strongly) {
        return (strongly ? strong : plain)
                .computeIfAbsent(
                        size, pixels -> Font.font(family, strongly ? FontWeight.BOLD : FontWeight.NORMAL, pixels));
    }
}
