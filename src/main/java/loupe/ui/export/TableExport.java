package loupe.ui.export;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javafx.collections.ObservableList;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SelectionMode;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCodeCombination;
import javafx.scene.input.KeyCombination;
import javafx.scene.input.KeyEvent;

/**
 * Copying and saving the rows of a table as CSV: the shown columns, in their order, with the values behind the words.
 */
public final class TableExport {
    private static final KeyCombination COPY = new KeyCodeCombination(KeyCode.C, KeyCombination.SHORTCUT_DOWN);

    private TableExport() {}

    /** Gives a table Ctrl+C (selected rows) and a menu. */
    public static <R> void attachTo(TableView<R> table, String name, FileSaver desk) {
        table.getSelectionModel().setSelectionMode(SelectionMode.MULTIPLE);
        ContextMenu menu = new ContextMenu();
        menu.getItems().setAll(items(table, name, desk));
        table.setContextMenu(menu);
        table.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (COPY.match(event)) {
                copy(csv(table, table.getSelectionModel().getSelectedItems()));
                event.consume();
            }
        });
    }

    /** Fresh menu items for a table. */
    public static <R> List<MenuItem> items(TableView<R> table, String name, FileSaver desk) {
        MenuItem selected = new MenuItem("Copy selected rows as CSV");
        selected.setOnAction(event -> copy(csv(table, table.getSelectionModel().getSelectedItems())));
        MenuItem all = new MenuItem("Copy all rows as CSV");
        all.setOnAction(event -> copy(csv(table, table.getItems())));
        MenuItem save = new MenuItem("Save all rows as CSV...");
        save.setOnAction(event -> desk.choose(name + ".csv", "CSV").ifPresent(path -> {
            byte[] text = csv(table, table.getItems()).getBytes(StandardCharsets.UTF_8);
            desk.save(() -> ChartExport.replace(path, text));
        }));
        return List.of(selected, all, save);
    }

    /** Rows as CSV; the header is the columns' titles. */
    public static <R> String csv(TableView<R> table, List<R> rows) {
        List<TableColumn<R, ?>> columns = new ArrayList<>();
        leaves(table.getColumns(), columns);
        List<List<?>> cells = new ArrayList<>(rows.size());
        for (R row : rows) {
            List<Object> line = new ArrayList<>(columns.size());
            columns.forEach(column -> line.add(column.getCellData(row)));
            cells.add(line);
        }
        return Csv.of(columns.stream().map(TableExport::title).toList(), cells);
    }

    private static <R> void leaves(ObservableList<TableColumn<R, ?>> columns, List<TableColumn<R, ?>> leaves) {
        for (TableColumn<R, ?> column : columns) {
            if (!column.isVisible()) {
                continue;
            }
            if (column.getColumns().isEmpty()) {
                leaves.add(column);
            } else {
                leaves(column.getColumns(), leaves);
            }
        }
    }

    private static String title(TableColumn<?, ?> column) {
        if (column.getGraphic() instanceof Label heading) {
            return heading.getText().replace('\n', ' ');
        }
        return column.getText() == null || column.getText().isEmpty()
                ? String.valueOf(column.getId())
                : column.getText();
    }

    private static void copy(String text) {
        ClipboardContent content = new ClipboardContent();
        content.putString(text);
        Clipboard.getSystemClipboard().setContent(content);
    }
}
