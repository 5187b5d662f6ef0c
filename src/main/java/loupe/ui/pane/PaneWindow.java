package loupe.ui.pane;

import javafx.beans.binding.Bindings;
import javafx.geometry.Bounds;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.layout.StackPane;
import javafx.stage.Stage;

/** A window with one torn-off pane in it, in the theme of the window it came from, at the size the pane had. */
final class PaneWindow {
    private static final double SMALLEST = 240;

    private final Stage stage = new Stage();
    private final StackPane root;

    /**
     * @param origin the place the pane comes from; must be in a scene
     * @param closed called after the window has closed and released the pane
     */
    PaneWindow(Node origin, Node pane, String title, Runnable closed) {
        Scene home = origin.getScene();
        Bounds place = origin.localToScreen(origin.getBoundsInLocal());
        root = new StackPane(pane);
        Scene scene = new Scene(root, Math.max(SMALLEST, place.getWidth()), Math.max(SMALLEST, place.getHeight()));
        scene.userAgentStylesheetProperty().bind(home.userAgentStylesheetProperty());
        Bindings.bindContent(scene.getStylesheets(), home.getStylesheets());
        root.styleProperty().bind(home.getRoot().styleProperty());
        stage.setScene(scene);
        stage.setTitle(title);
        stage.setX(place.getMinX() + 24);
        stage.setY(place.getMinY() + 24);
        if (home.getWindow() instanceof Stage owner) {
            stage.getIcons().setAll(owner.getIcons());
            owner.addEventHandler(javafx.stage.WindowEvent.WINDOW_HIDDEN, event -> stage.close());
        }
        stage.setOnHidden(event -> {
            Bindings.unbindContent(scene.getStylesheets(), home.getStylesheets());
            root.getChildren().clear();
            closed.run();
        });
    }

    void show() {
        stage.show();
    }

    void close() {
        stage.close();
    }
}
