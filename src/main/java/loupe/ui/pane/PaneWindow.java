package loupe.ui.pane;

import java.util.List;
import java.util.function.Consumer;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Bounds;
import javafx.geometry.Rectangle2D;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.layout.StackPane;
import javafx.stage.Stage;

/**
 * A window with one torn-off pane in it, in the theme of the window it came from, at the size the pane had there, but
 * not smaller than a pane is easily read in.
 */
final class PaneWindow {
    private static final double SMALLEST = 240;
    private static final double EASILY_READ_WIDTH = 640;
    private static final double EASILY_READ_HEIGHT = 480;
    private static final double ASIDE = 24;
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
        Scene scene = new Scene(root);
        scene.userAgentStylesheetProperty().bind(home.userAgentStylesheetProperty());
        Bindings.bindContent(scene.getStylesheets(), home.getStylesheets());
        root.styleProperty().bind(home.getRoot().styleProperty());
        stage.setScene(scene);
        stage.titleProperty().bind(title);
        keys.accept(scene);
        stand(firstPlace(
                new Rectangle2D(place.getMinX(), place.getMinY(), place.getWidth(), place.getHeight()),
                WindowPlace.screens()));
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

    /**
     * Where the window first stands, with its frame: near where the pane was, with all of it on one screen.
     *
     * @param pane where the pane was on the screen
     * @param screens at least one
     */
    static Rectangle2D firstPlace(Rectangle2D pane, List<Rectangle2D> screens) {
        return WindowPlace.within(
                new Rectangle2D(
                        pane.getMinX() + ASIDE,
                        pane.getMinY() + ASIDE,
                        Math.max(EASILY_READ_WIDTH, pane.getWidth()),
                        Math.max(EASILY_READ_HEIGHT, pane.getHeight()) + OWN_TITLE),
                screens);
    }

    /** Where it stands, with its frame. */
    Rectangle2D place() {
        return new Rectangle2D(stage.getX(), stage.getY(), stage.getWidth(), stage.getHeight());
    }

    /** Makes it stand at a place, as much as the screens that there are allow. */
    void standAt(Rectangle2D wanted) {
        stand(WindowPlace.within(
                new Rectangle2D(
                        wanted.getMinX(),
                        wanted.getMinY(),
                        Math.max(SMALLEST, wanted.getWidth()),
                        Math.max(SMALLEST, wanted.getHeight())),
                WindowPlace.screens()));
    }

    private void stand(Rectangle2D place) {
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
