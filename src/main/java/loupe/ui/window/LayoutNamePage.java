package loupe.ui.window;

import java.util.List;
import java.util.function.Consumer;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.layout.HBox;
import javafx.scene.layout.VBox;

/** Asks for the name under which the layout of a view is kept. */
final class LayoutNamePage {
    private final VBox page;

    /**
     * @param taken names that would be replaced
     * @param keep is given the name
     */
    LayoutNamePage(String view, List<String> taken, Consumer<String> keep) {
        Label heading = new Label("Keep the layout of the view " + view);
        heading.getStyleClass().add("form-heading");
        TextField name = new TextField();
        name.setId("layout-name");
        name.setPromptText("Its name");
        name.setAccessibleText("Name of the layout");
        Label replaces = new Label("A layout of this name is replaced");
        replaces.getStyleClass().add("muted");
        replaces.visibleProperty().bind(name.textProperty().map(text -> taken.contains(text.strip())));
        Button done = new Button("Keep it");
        done.setId("keep-layout");
        done.setDefaultButton(true);
        done.disableProperty().bind(name.textProperty().map(String::isBlank));
        done.setOnAction(event -> keep.accept(name.getText().strip()));
        HBox row = new HBox(8, name, done);
        row.setAlignment(Pos.CENTER_LEFT);
        page = new VBox(12, heading, row, replaces);
        page.getStyleClass().add("checkpoint-form");
    }

    Node node() {
        return page;
    }
}
