package loupe.ui.window;

import java.util.List;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.layout.HBox;
import javafx.scene.layout.VBox;

/** Asks whether the window is to be closed although something would be lost. */
final class ClosingPage {
    private final VBox page;

    /** @param losses what would be lost, a sentence each without its full stop */
    ClosingPage(List<String> losses, Runnable close, Runnable stay) {
        Label heading = new Label("Close although this would be lost?");
        heading.getStyleClass().add("form-heading");
        Label what = new Label(String.join("\n", losses));
        what.setId("closing-losses");
        what.setWrapText(true);
        Button staying = new Button("Stay");
        staying.setId("closing-stay");
        staying.setDefaultButton(true);
        staying.setOnAction(event -> stay.run());
        Button closing = new Button("Close all the same");
        closing.setId("closing-close");
        closing.setOnAction(event -> close.run());
        page = new VBox(12, heading, what, new HBox(8, staying, closing));
        page.getStyleClass().add("checkpoint-form");
    }

    Node node() {
        return page;
    }
}
