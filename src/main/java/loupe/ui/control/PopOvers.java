package loupe.ui.control;

import java.util.List;
import javafx.scene.Node;
import javafx.stage.Window;
import org.controlsfx.control.PopOver;
import org.controlsfx.control.PopOver.ArrowLocation;

/**
 * Balloons that point at a control, one at a time in a window. They come and go at once: one that fades away would
 * still take the Escape key that is meant for the next.
 */
public final class PopOvers {
    private PopOvers() {}

    /** Shows a balloon that points at a control of a window on the screen, in the place of the one that is there. */
    public static PopOver show(Node owner, String title, Node content, ArrowLocation arrow) {
        Window window = owner.getScene().getWindow();
        for (Window other : List.copyOf(Window.getWindows())) {
            if (other instanceof PopOver shown && shown.getOwnerWindow() == window) {
                shown.hide();
            }
        }
        PopOver over = new PopOver(content);
        over.setAnimated(false);
        over.setTitle(title);
        over.setArrowLocation(arrow);
        over.getRoot().getStylesheets().addAll(owner.getScene().getStylesheets());
        over.show(owner);
        return over;
    }
}
