package loupe.ui.tree;

/** Which part of a drawing a pane shows: the corner in drawing units and pixels per unit. FX thread only. */
public final class Viewport {
    static final double SMALLEST_ZOOM = 0.02;
    static final double LARGEST_ZOOM = 4;
    private static final double MARGIN = 12;
    /** The zoom, as a fraction of the natural one, at which text can just be read. */
    private static final double READABLE = 0.5;

    /** What was asked for last, which a pane of another size shows again. */
    private enum Framing {
        BEGINNING,
        WHOLE,
        FREE
    }

    private double left = -MARGIN;
    private double top = -MARGIN;
    private double zoom = 1;
    private double natural = 1;
    private double width;
    private double height;
    private Framing framing = Framing.BEGINNING;

    /** Takes another size, in pixels: the beginning stays the beginning, and the whole the whole. */
    void resize(double newWidth, double newHeight, double contentWidth, double contentHeight) {
        width = newWidth;
        height = newHeight;
        switch (framing) {
            case BEGINNING -> home();
            case WHOLE -> fit(contentWidth, contentHeight);
            case FREE -> {}
        }
    }

    TreePainter.Window window() {
        return new TreePainter.Window(left, top, zoom, width, height);
    }

    public double zoom() {
        return zoom;
    }

    double toUnitsX(double pixel) {
        return left + pixel / zoom;
    }

    double toUnitsY(double pixel) {
        return top + pixel / zoom;
    }

    double toPixelX(double unit) {
        return (unit - left) * zoom;
    }

    double toPixelY(double unit) {
        return (unit - top) * zoom;
    }

    /** Zooms by a factor so that what is under a pixel stays under it. */
    void zoomAt(double pixelX, double pixelY, double factor) {
        double unitX = toUnitsX(pixelX);
        double unitY = toUnitsY(pixelY);
        framing = Framing.FREE;
        zoom = Math.max(SMALLEST_ZOOM, Math.min(LARGEST_ZOOM, zoom * factor));
        left = unitX - pixelX / zoom;
        top = unitY - pixelY / zoom;
    }

    /** Moves the drawing by pixels, as a drag does. */
    void pan(double pixelsX, double pixelsY) {
        framing = Framing.FREE;
        left -= pixelsX / zoom;
        top -= pixelsY / zoom;
    }

    /** Moves the drawing's corner by units, so that something keeps its place. */
    void shift(double unitsX, double unitsY) {
        left += unitsX;
        top += unitsY;
    }

    /**
     * Shows all of a drawing, never larger than at its natural size; of one that could not be read then, as much from
     * its beginning as can.
     */
    void fit(double contentWidth, double contentHeight) {
        double across = (width - 2 * MARGIN) / Math.max(1, contentWidth);
        double down = (height - 2 * MARGIN) / Math.max(1, contentHeight);
        framing = Framing.WHOLE;
        zoom = Math.max(READABLE * natural, Math.min(natural, Math.min(across, down)));
        left = Math.min(-MARGIN / zoom, (contentWidth - width / zoom) / 2);
        top = -MARGIN / zoom;
    }

    /** Sets the zoom at which text has its ordinary size, keeping what is shown in proportion. */
    void setNatural(double zoomOfOrdinaryText) {
        if (zoomOfOrdinaryText != natural) {
            Framing before = framing;
            zoomAt(MARGIN, MARGIN, zoomOfOrdinaryText / natural);
            framing = before;
            natural = zoomOfOrdinaryText;
        }
    }

    /** Back to the natural size at the top left corner. */
    void home() {
        framing = Framing.BEGINNING;
        zoom = natural;
        left = -MARGIN / zoom;
        top = -MARGIN / zoom;
    }

    /** Zooms in around a point, given in units, until text has its ordinary size; does nothing if it has. */
    void makeReadable(double unitX, double unitY) {
        if (zoom < natural) {
            zoom = natural;
            centreOn(unitX, unitY);
        }
    }

    void centreOn(double unitX, double unitY) {
        framing = Framing.FREE;
        left = unitX - width / zoom / 2;
        top = unitY - height / zoom / 2;
    }

    /** Moves as little as needed to show a box, given in units. */
    void reveal(double x, double y, double boxWidth, double boxHeight) {
        double margin = 2 * MARGIN / zoom;
        double newLeft = within(left, x - margin, x + boxWidth + margin, width / zoom);
        double newTop = within(top, y - margin, y + boxHeight + margin, height / zoom);
        if (newLeft != left || newTop != top) {
            framing = Framing.FREE;
            left = newLeft;
            top = newTop;
        }
    }

    private static double within(double corner, double from, double to, double span) {
        double moved = Math.max(corner, to - span);
        return Math.min(moved, from);
    }

    /** Keeps at least a corner of the content in sight. */
    void keepInSight(double contentWidth, double contentHeight) {
        double spanX = width / zoom;
        double spanY = height / zoom;
        left = Math.max(-spanX * 0.75, Math.min(Math.max(contentWidth - spanX * 0.25, -MARGIN), left));
        top = Math.max(-spanY * 0.75, Math.min(Math.max(contentHeight - spanY * 0.25, -MARGIN), top));
    }

    /** Whether part of a box, given in units, lies in sight. */
    boolean shows(double x, double y, double boxWidth, double boxHeight) {
        return x + boxWidth >= left && x <= left + width / zoom && y + boxHeight >= top && y <= top + height / zoom;
    }

    /** Whether part of a drawing lies in sight. */
    boolean showsSomeOf(TreeLayout layout) {
        return layout.isCrossed(left, top, left + width / zoom, top + height / zoom);
    }

    boolean showsAll(double contentWidth, double contentHeight) {
        return left <= 0 && top <= 0 && left + width / zoom >= contentWidth && top + height / zoom >= contentHeight;
    }
}
