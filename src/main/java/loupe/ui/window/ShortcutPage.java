package loupe.ui.window;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;

/** Every key and what it does, by group. */
final class ShortcutPage {
    /** What is no command: how and what, by heading. */
    static final Map<String, String[][]> OTHERS = others();

    private ShortcutPage() {}

    private static Map<String, String[][]> others() {
        Map<String, String[][]> others = new LinkedHashMap<>();
        others.put("With the mouse", new String[][] {
            {"Click on a row", "Go to its feature, or to the neighbours of its token"},
            {"Ctrl or Shift and click", "Mark several rows, Ctrl+C copies them"},
            {"Right click", "What can be done with a row, a heading, a chart"},
            {"Double click on a title", "Maximise the pane, Esc to go back"},
            {"Double click on a slider", "Its default"},
            {"Wheel over the tree", "Zoom at the pointer"},
            {"Drag the tree", "Move it"},
            {"Click on a branch", "Select it; again, fold or unfold it"},
            {"Drag in a histogram", "Mark a range, which filters the examples"},
            {"Drag over an example", "Mark a part of it, Ctrl+C copies that"},
            {"Drop a file", "Open a model or a checkpoint"}
        });
        others.put("In the definition tree", new String[][] {
            {"Arrows", "Walk along the branches"},
            {"Space", "Fold or unfold what follows, open a stub"},
            {"G", "Fold generic branches again"},
            {"+   -   0", "Zoom in, zoom out, show all"},
            {"Home", "Its natural size, from the beginning"},
            {"P", "Probabilities beside the tokens"},
            {"Ctrl+C", "Copy the selected sentence"},
            {"F3", "Next match, Shift+F3 the one before"}
        });
        return others;
    }

    static Node of(Commands commands) {
        Map<String, List<Command>> groups = new LinkedHashMap<>();
        for (Command command : commands.all()) {
            if (command.key().isPresent()) {
                groups.computeIfAbsent(command.group(), name -> new java.util.ArrayList<>())
                        .add(command);
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
                key.setMinWidth(Region.USE_PREF_SIZE);
                key.getStyleClass().add("key-cap");
                grid.addRow(row++, key, new Label(command.title()));
            }
            (rows <= commands.all().size() / 3 ? left : right).getChildren().add(new VBox(8, heading, grid));
            rows += group.getValue().size();
        }
        OTHERS.forEach((title, rowsOfGroup) -> right.getChildren().add(group(title, rowsOfGroup)));
        javafx.scene.layout.HBox page = new javafx.scene.layout.HBox(40, left, right);
        page.getStyleClass().add("shortcut-page");
        ScrollPane scroll = new ScrollPane(page);
        scroll.setFitToWidth(true);
        return scroll;
    }

    private static VBox group(String title, String[][] rows) {
        Label heading = new Label(title);
        heading.getStyleClass().add("shortcut-group");
        GridPane grid = new GridPane();
        grid.getStyleClass().add("shortcut-grid");
        for (int i = 0; i < rows.length; i++) {
            Label how = new Label(rows[i][0]);
            how.setMinWidth(Region.USE_PREF_SIZE);
            how.getStyleClass().add("key-cap");
            grid.addRow(i, how, new Label(rows[i][1]));
        }
        return new VBox(8, heading, grid);
    }
}
