package loupe.ui;

import java.util.function.BiConsumer;
import javafx.scene.canvas.Canvas;
import javafx.scene.canvas.GraphicsContext;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.Region;

/** The small map in the corner of a tree that is larger than its pane: where one is; press or drag to go elsewhere. */
final class TreeOverview extends Region {
    static final double WIDTH = 144;
    static final double HEIGHT = 96;
    private static final double INSET = 4;

    private final Canvas canvas = new Canvas(WIDTH, HEIGHT);
    private final Region view = new Region();
    private double scaleX = 1;
    private double scaleY = 1;

    /** @param go told the place in layout units to show in the middle */
    TreeOverview(BiConsumer<Double, Double> go) {
        getStyleClass().add("tree-map");
        view.getStyleClass().add("tree-map-view");
        view.setManaged(false);
        view.setMouseTransparent(true);
        getChildren().addAll(canvas, view);
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

    /** Draws every shown node as a dash; called when the layout or the theme changed, not when the view moves. */
    void draw(TreeLayout layout, TreePainter painter, Palette palette, Side side) {
        double width = Math.max(layout.totalWidth(), 1);
        double height = Math.max(layout.totalHeight(), 1);
        scaleX = (WIDTH - 2 * INSET) / width;
        scaleY = Math.min((HEIGHT - 2 * INSET) / height, 3 / TreeLayout.ROW);
        GraphicsContext context = canvas.getGraphicsContext2D();
        context.clearRect(0, 0, WIDTH, HEIGHT);
        int lastPixel = -1;
        double lastRight = 0;
        for (int i = 0; i < layout.count(); i++) {
            int node = layout.order(i);
            double x = INSET + layout.x(node) * scaleX;
            double y = INSET + layout.y(node) * scaleY;
            int pixel = (int) (2 * y);
            if (pixel == lastPixel && x + layout.width(node) * scaleX <= lastRight) {
                continue;
            }
            if (pixel != lastPixel) {
                lastRight = 0;
            }
            lastPixel = pixel;
            lastRight = Math.max(lastRight, x + layout.width(node) * scaleX);
            context.setFill(Palette.blend(palette.inset(), palette.side(side), 0.3 + 0.7 * Math.sqrt(painter.weight(node))));
            context.fillRect(x, y, Math.max(1, layout.width(node) * scaleX), 0.5 + 1.5 * painter.weight(node));
        }
    }

    void show(TreePainter.Window window) {
        double x = Math.max(1, INSET + window.left() * scaleX);
        double y = Math.max(1, INSET + window.top() * scaleY);
        double right = Math.min(WIDTH - 1, INSET + (window.left() + window.width() / window.zoom()) * scaleX);
        double bottom = Math.min(HEIGHT - 1, INSET + (window.top() + window.height() / window.zoom()) * scaleY);
        view.resizeRelocate(x, y, Math.max(3, right - x), Math.max(3, bottom - y));
    }
}
