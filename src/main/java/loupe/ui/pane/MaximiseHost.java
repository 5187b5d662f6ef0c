package loupe.ui.pane;

import java.util.Optional;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.layout.StackPane;

/** The area a maximised pane covers: put around the window's columns. The last child is the maximised one. */
public final class MaximiseHost extends StackPane {
    public MaximiseHost(Node content) {
        super(content);
    }

    /** The nearest host that {@code node} is in. */
    static Optional<MaximiseHost> above(Node node) {
        Parent parent = node.getParent();
        while (parent != null && !(parent instanceof MaximiseHost)) {
            parent = parent.getParent();
        }
        return Optional.ofNullable((MaximiseHost) parent);
    }

    void show(Node pane) {
        getChildren().get(0).setVisible(false);
        getChildren().add(pane);
    }

    void release(Node pane) {
        getChildren().remove(pane);
        getChildren().get(0).setVisible(getChildren().size() == 1);
    }
}
