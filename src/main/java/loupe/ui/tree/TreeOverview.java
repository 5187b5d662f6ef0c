package loupe.ui.tree;

import java.util.function.BiConsumer;
import javafx.scene.image.ImageView;
import javafx.scene.image.PixelFormat;
import javafx.scene.image.WritableImage;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.Region;
import javafx.scene.paint.Color;
import loupe.state.window.Side;
import loupe.ui.style.ColourRoles;

/**
 * The small map in the corner of a tree that is larger than its pane; shows the visible part, press or drag to move it.
 */
final class TreeOverview extends Region {
    static final double WIDTH = 144;
    static final double HEIGHT = 96;
    private static final double INSET = 4;

    /** Pixels of the picture per pixel of the map. */
    private static final int FINE = 2;

    private static final double TALLEST_ROW = 3;
    private static final int SHADES = 32;

    private final ImageView picture = new ImageView();
    private final Region view = new Region();
    private double scaleX = 1;
    private double scaleY = 1;

    /** @param go called with the point, in layout units, to show in the middle */
    TreeOverview(BiConsumer<Double, Double> go) {
        getStyleClass().add("tree-map");
        view.getStyleClass().add("tree-map-view");
        view.setManaged(false);
        view.setMouseTransparent(true);
        picture.setFitWidth(WIDTH - 2 * INSET);
        picture.setFitHeight(HEIGHT - 2 * INSET);
        picture.relocate(INSET, INSET);
        picture.setManaged(false);
        picture.setMouseTransparent(true);
        getChildren().addAll(picture, view);
        setPrefSize(WIDTH, HEIGHT);
        setMaxSize(WIDTH, HEIGHT);
        setAccessibleText("Overview of the tree");
        for (var type : java.util.List.of(MouseEvent.MOUSE_PRESSED, MouseEvent.MOUSE_DRAGGED)) {
            addEventHandler(type, event -> {
                go.accept((event.getX() - INSET) / scaleX, (event.getY() - INSET) / scaleY);
                event.consume();
            });
        }
    }

    /** The sketch that {@link #draw} takes; any thread. */
    static TreeSketch sketch(TreeLayout layout, TreePainter painter) {
        return TreeSketch.of(
                layout,
                painter,
                (int) (FINE * (WIDTH - 2 * INSET)),
                (int) (FINE * (HEIGHT - 2 * INSET)),
                FINE * TALLEST_ROW);
    }

    /** Called when the layout or the theme changed, not when the view moves. */
    void draw(TreeSketch sketch, ColourRoles palette, Side side) {
        scaleX = sketch.scaleX() / FINE;
        scaleY = sketch.scaleY() / FINE;
        int[] colours = new int[SHADES + 1];
        for (int i = 1; i <= SHADES; i++) {
            colours[i] = argb(ColourRoles.blend(palette.inset(), palette.side(side), i / (double) SHADES));
        }
        int[] pixels = new int[sketch.width() * sketch.height()];
        for (int y = 0; y < sketch.height(); y++) {
            for (int x = 0; x < sketch.width(); x++) {
                pixels[y * sketch.width() + x] = colours[Math.round(sketch.strength(x, y) * SHADES)];
            }
        }
        WritableImage image = new WritableImage(sketch.width(), sketch.height());
        image.getPixelWriter()
                .setPixels(
                        0,
                        0,
                        sketch.width(),
                        sketch.height(),
                        PixelFormat.getIntArgbInstance(),
                        pixels,
                        0,
                        sketch.width());
        picture.setImage(image);
    }

    private static int argb(Color color) {
        return 0xff000000
                | (int) Math.round(255 * color.getRed()) << 16
                | (int) Math.round(255 * color.getGreen()) << 8
                | (int) Math.round(255 * color.getBlue());
    }

    void show(TreePainter.Window window) {
        double x = Math.max(1, INSET + window.left() * scaleX);
        double y = Math.max(1, INSET + window.top() * scaleY);
        double right = Math.min(WIDTH - 1, INSET + (window.left() + window.width() / window.zoom()) * scaleX);
        double bottom = Math.min(HEIGHT - 1, INSET + (window.top() + window.height() / window.zoom()) * scaleY);
        view.resizeRelocate(x, y, Math.max(3, right - x), Math.max(3, bottom - y));
    }
}
