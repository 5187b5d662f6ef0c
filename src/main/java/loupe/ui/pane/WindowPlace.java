package loupe.ui.pane;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javafx.geometry.Rectangle2D;
import javafx.stage.Screen;

/** Where a window stands, in pixels, as a session keeps it; screens may have gone since. */
public final class WindowPlace {
    private static final int PARTS = 4;

    private WindowPlace() {}

    /** The visible parts of the screens, the primary one first. */
    public static List<Rectangle2D> screens() {
        return Stream.concat(Stream.of(Screen.getPrimary()), Screen.getScreens().stream())
                .distinct()
                .map(Screen::getVisualBounds)
                .toList();
    }

    /**
     * The place nearest to a wanted one that is all on one screen: the one with most of it, else the first. What is
     * larger than the screen becomes as large as the screen.
     *
     * @param screens at least one
     */
    public static Rectangle2D within(Rectangle2D wanted, List<Rectangle2D> screens) {
        Rectangle2D screen = screens.stream()
                .filter(wanted::intersects)
                .max(Comparator.comparingDouble(one -> common(wanted, one)))
                .orElse(screens.get(0));
        double width = Math.min(wanted.getWidth(), screen.getWidth());
        double height = Math.min(wanted.getHeight(), screen.getHeight());
        return new Rectangle2D(
                Math.max(screen.getMinX(), Math.min(wanted.getMinX(), screen.getMaxX() - width)),
                Math.max(screen.getMinY(), Math.min(wanted.getMinY(), screen.getMaxY() - height)),
                width,
                height);
    }

    private static double common(Rectangle2D a, Rectangle2D b) {
        return (Math.min(a.getMaxX(), b.getMaxX()) - Math.max(a.getMinX(), b.getMinX()))
                * (Math.min(a.getMaxY(), b.getMaxY()) - Math.max(a.getMinY(), b.getMinY()));
    }

    /** A place as a line of a session. */
    public static String written(Rectangle2D place) {
        return Stream.of(place.getMinX(), place.getMinY(), place.getWidth(), place.getHeight())
                .map(number -> String.valueOf(Math.round(number)))
                .collect(Collectors.joining(" "));
    }

    /** A place from a line of a session; empty if there is none in it. */
    public static Optional<Rectangle2D> read(String line) {
        String[] parts = line.split(" ", -1);
        if (parts.length != PARTS || !Stream.of(parts).allMatch(part -> part.matches("-?\\d{1,6}"))) {
            return Optional.empty();
        }
        double[] numbers = Stream.of(parts).mapToDouble(Double::parseDouble).toArray();
        return numbers[2] > 0 && numbers[3] > 0
                ? Optional.of(new Rectangle2D(numbers[0], numbers[1], numbers[2], numbers[3]))
                : Optional.empty();
    }
}
