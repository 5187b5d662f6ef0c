package loupe.ui.export;

import javafx.scene.paint.Color;

/**
 * A drawing surface, so that the same drawing code serves the screen, PNG, SVG and PDF. Lengths are in pixels of the
 * drawing, y downwards; text is placed by its baseline.
 */
public interface Pen {
    void moveTo(double x, double y);

    void lineTo(double x, double y);

    /** A quadratic curve with one control point. */
    void curveTo(double controlX, double controlY, double x, double y);

    /** Strokes the path made since the last stroke, with round ends. */
    void stroke(double width, Color color);

    /**
     * Strokes the path made since the last stroke with a broken line.
     *
     * @param dashes lengths of dashes and gaps in turn; none for a whole line
     */
    void stroke(double width, Color color, double... dashes);

    /** Fills the path made since the last stroke or fill. */
    void fill(Color color);

    void fillRectangle(double x, double y, double width, double height, double radius, Color color);

    void outlineRectangle(double x, double y, double width, double height, double radius, double line, Color color);

    void fillCircle(double x, double y, double radius, Color color);

    void text(String text, double x, double baseline, double size, boolean strong, Color color);

    /**
     * A text that runs upwards.
     *
     * @param x its baseline, to the right of the letters
     * @param bottom where it begins
     */
    void textUp(String text, double x, double bottom, double size, Color color);

    double widthOf(String text, double size, boolean strong);
}
