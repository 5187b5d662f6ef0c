package loupe.ui.window;

import javafx.scene.Node;
import javafx.scene.control.ContentDisplay;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.VBox;
import loupe.state.window.ViewLayouts;
import loupe.ui.control.Tooltips;
import org.kordamp.ikonli.javafx.FontIcon;

/** The views at the left of the window, as icons with names; the one that is shown is pressed. */
final class ViewRail {
    private final VBox box = new VBox();

    ViewRail(ViewLayouts layouts) {
        box.getStyleClass().add("view-rail");
        box.setId("view-rail");
        ToggleGroup group = new ToggleGroup();
        for (ViewKind kind : ViewKind.ALL) {
            ToggleButton button = new ToggleButton(kind.title(), new FontIcon(kind.icon()));
            button.setId("view-" + kind.id());
            button.getStyleClass().setAll("rail-button");
            button.setContentDisplay(ContentDisplay.TOP);
            button.setMaxWidth(Double.MAX_VALUE);
            button.setToggleGroup(group);
            String key = "Ctrl+" + (1 + ViewKind.ALL.indexOf(kind));
            button.setTooltip(Tooltips.of(kind.about() + " (" + key + ")"));
            button.setAccessibleText("View " + kind.title() + ": " + kind.about());
            button.setSelected(kind.id().equals(layouts.view().get()));
            button.setOnAction(event -> {
                button.setSelected(true); // a second click does not leave the view
                layouts.show(kind.id());
            });
            layouts.view()
                    .addListener(
                            (property, was, is) -> button.setSelected(kind.id().equals(is)));
            box.getChildren().add(button);
        }
    }

    Node node() {
        return box;
    }
}
