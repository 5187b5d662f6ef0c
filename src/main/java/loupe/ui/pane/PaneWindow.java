package loupe.ui.pane;

import java.util.function.Consumer;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Bounds;
import javafx.geometry.Rectangle2D;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.layout.StackPane;
import javafx.stage.Screen;
import javafx.stage.Stage;

/** A window with one torn-off pane in it, in the theme of the window it came from, at the size the pane had. */
final class PaneWindow {
    private static final double SMALLEST = 240;
    private static final double OWN_TITLE = 32;

    private final Stage stage = new Stage();
    private final StackPane root;

    /**
     * @param origin the place the pane comes from; must be in a scene
     * @param title followed while the window is open
     * @param keys makes the program's keys work in the window's scene
     * @param closed called after the window has closed and released the pane
     */
    PaneWindow(Node origin, Node pane, ObservableValue<String> title, Consumer<Scene> keys, Runnable closed) {
        Scene home = origin.getScene();
        Bounds place = origin.localToScreen(origin.getBoundsInLocal());
        root = new StackPane(pane);
        Scene scene = new Scene(root, Math.max(SMALLEST, place.getWidth()), Math.max(SMALLEST, place.getHeight()));
        scene.userAgentStylesheetProperty().bind(home.userAgentStylesheetProperty());
        Bindings.bindContent(scene.getStylesheets(), home.getStylesheets());
        root.styleProperty().bind(home.getRoot().styleProperty());
        stage.setScene(scene);
        stage.titleProperty().bind(title);
        keys.accept(scene);
        standWithin(screen(place), place);
        if (home.getWindow() instanceof Stage owner) {
            stage.getIcons().setAll(owner.getIcons());
            owner.addEventHandler(javafx.stage.WindowEvent.WINDOW_HIDDEN, event -> stage.close());
        }
        stage.setOnHidden(event -> {
            Bindings.unbindContent(scene.getStylesheets(), home.getStylesheets());
            root.getChildren().clear();
            stage.titleProperty().unbind();
            closed.run();
        });
    }

    private static Rectangle2D screen(Bounds place) {
        return Screen.getScreensForRectangle(
                        place.getMinX(), place.getMinY(), Math.max(1, place.getWidth()), Math.max(1, place.getHeight()))
                .stream()
                .findFirst()
                .orElse(Screen.getPrimary())
                .getVisualBounds();
    }

    /** Places the window near where the pane was, with all of it on the screen, below room for its own title. */
    private void standWithin(Rectangle2D screen, Bounds place) {
        double width = Math.min(Math.max(SMALLEST, place.getWidth()), screen.getWidth());
        double height = Math.min(Math.max(SMALLEST, place.getHeight()) + OWN_TITLE, screen.getHeight());
        stage.setWidth(width);
        stage.setHeight(height);
        stage.setX(Math.max(screen.getMinX(), Math.min(place.getMinX() + 24, screen.getMaxX() - width)));
        stage.setY(Math.max(screen.getMinY(), Math.min(place.getMinY() + 24, screen.getMaxY() - height)));
    }

    /** Where it stands, with its frame. */
    Rectangle2D place() {
        return new Rectangle2D(stage.getX(), stage.getY(), stage.getWidth(), stage.getHeight());
    }

    /** Makes it stand at a place, as much as the screens that there are allow. */
    void standAt(Rectangle2D wanted) {
        Rectangle2D place = WindowPlace.within(
                new Rectangle2D(
                        wanted.getMinX(),
                        wanted.getMinY(),
                        Math.max(SMALLEST, wanted.getWidth()),
                        Math.max(SMALLEST, wanted.getHeight())),
                WindowPlace.screens());
        stage.setWidth(place.getWidth());
        stage.setHeight(place.getHeight());
        stage.setX(place.getMinX());
        stage.setY(place.getMinY());
    }

    void show() {
        stage.show();
    }

    void close() {
        stage.close();
    }
}
