package loupe.ui;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.VBox;

/** Every key and what it does, by group. */
final class ShortcutPage {
    private ShortcutPage() {
    }

    static Node of(Commands commands) {
        Map<String, List<Command>> groups = new LinkedHashMap<>();
        for (Command command : commands.all()) {
            if (command.key().isPresent()) {
                groups.computeIfAbsent(command.group(), name -> new java.util.ArrayList<>()).add(command);
            }
        }
        VBox left = new VBox(16);
        VBox right = new VBox(16);
        int rows = 0;
        for (Map.Entry<String, List<Command>> group : groups.entrySet()) {
            Label heading = new Label(group.getKey());
            heading.getStyleClass().add("shortcut-group");
            GridPane grid = new GridPane();
            grid.getStyleClass().add("shortcut-grid");
            int row = 0;
            for (Command command : group.getValue()) {
                Label key = new Label(command.keyText());
                key.getStyleClass().add("key-cap");
                grid.addRow(row++, key, new Label(command.title()));
            }
            (rows <= commands.all().size() / 3 ? left : right).getChildren().add(new VBox(8, heading, grid));
            rows += group.getValue().size();
        }
        Label mouse = new Label("With the mouse");
        mouse.getStyleClass().add("shortcut-group");
        GridPane gestures = new GridPane();
        gestures.getStyleClass().add("shortcut-grid");
        String[][] what = {{"Double click on a title", "Maximise the pane, Esc to go back"}, {"Double click on a slider", "Its default"},
            {"Wheel over the tree", "Zoom at the pointer"}, {"Drag the tree", "Move it"}, {"Click on a branch point", "Fold or unfold"},
            {"Drag in a histogram", "Mark a range, which filters the examples"}, {"Drop a file", "Open a model or a checkpoint"}};
        for (int i = 0; i < what.length; i++) {
            Label how = new Label(what[i][0]);
            how.getStyleClass().add("key-cap");
            gestures.addRow(i, how, new Label(what[i][1]));
        }
        right.getChildren().add(new VBox(8, mouse, gestures));
        javafx.scene.layout.HBox page = new javafx.scene.layout.HBox(40, left, right);
        page.getStyleClass().add("shortcut-page");
        ScrollPane scroll = new ScrollPane(page);
        scroll.setFitToWidth(true);
        return scroll;
    }
}
