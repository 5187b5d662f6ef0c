package loupe.ui.welcome;

import java.util.stream.Stream;
import javafx.geometry.Bounds;
import javafx.geometry.Point2D;
import org.jspecify.annotations.Nullable;

/** Where a callout stands: beside what it is about where there is room, else in a corner of it. */
final class CalloutPlace {
    private static final double GAP = 12;

    private CalloutPlace() {}

    /**
     * The upper left corner of a callout, within the window.
     *
     * @param around what the callout is about; null for nothing, which puts it into the lower right corner
     */
    static Point2D beside(@Nullable Bounds around, double width, double height, Bounds window) {
        if (around == null) {
            return within(window.getMaxX(), window.getMaxY(), width, height, window);
        }
        return Stream.of(
                        new Point2D(around.getMaxX() + GAP, around.getMinY()),
                        new Point2D(around.getMinX() - GAP - width, around.getMinY()),
                        new Point2D(around.getMinX(), around.getMaxY() + GAP),
                        new Point2D(around.getMinX(), around.getMinY() - GAP - height))
                .map(place -> slid(place, around, width, height, window))
                .filter(place -> isFree(place, around, width, height, window))
                .findFirst()
                .orElseGet(() ->
                        within(around.getMaxX() - width - GAP, around.getMaxY() - height - GAP, width, height, window));
    }

    /** Moved along the side of what it is about, so that it stays in the window. */
    private static Point2D slid(Point2D place, Bounds around, double width, double height, Bounds window) {
        boolean isAtSide = place.getX() >= around.getMaxX() || place.getX() + width <= around.getMinX();
        Point2D inside = within(place.getX(), place.getY(), width, height, window);
        return isAtSide ? new Point2D(place.getX(), inside.getY()) : new Point2D(inside.getX(), place.getY());
    }

    private static boolean isFree(Point2D place, Bounds around, double width, double height, Bounds window) {
        return place.getX() >= window.getMinX()
                && place.getY() >= window.getMinY()
                && place.getX() + width <= window.getMaxX()
                && place.getY() + height <= window.getMaxY()
                && !around.intersects(place.getX(), place.getY(), width, height);
    }

    private static Point2D within(double x, double y, double width, double height, Bounds window) {
        return new Point2D(
                Math.max(window.getMinX(), Math.min(x, window.getMaxX() - width - GAP)),
                Math.max(window.getMinY(), Math.min(y, window.getMaxY() - height - GAP)));
    }
}
