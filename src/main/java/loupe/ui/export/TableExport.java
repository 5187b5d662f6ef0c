package loupe.ui.export;

import java.util.ArrayList;
import java.util.List;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.value.ObservableValue;
import javafx.collections.ObservableList;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SelectionMode;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCodeCombination;
import javafx.scene.input.KeyCombination;
import javafx.scene.input.KeyEvent;

/**
 * Copying and saving the rows of a table as CSV: the shown columns, in their order, with the values behind the words.
 */
public final class TableExport {
    private static final KeyCombination COPY = new KeyCodeCombination(KeyCode.C, KeyCombination.SHORTCUT_DOWN);

    private static final ObservableValue<Boolean> NEVER = new ReadOnlyBooleanWrapper(false);

    private TableExport() {}

    /** Lets several rows of a table be marked, and gives it Ctrl+C, which copies them, and a menu. */
    public static <R> void attachTo(TableView<R> table, String name, FileSaver desk) {
        attachTo(table, name, desk, NEVER);
    }

    /**
     * As {@link #attachTo(TableView, String, FileSaver)} for a table that may be filtered.
     *
     * @param filtered whether there are rows that the table does not show, and which are not exported
     */
    public static <R> void attachTo(
            TableView<R> table, String name, FileSaver desk, ObservableValue<Boolean> filtered) {
        table.getSelectionModel().setSelectionMode(SelectionMode.MULTIPLE);
        ContextMenu menu = new ContextMenu();
        menu.getItems().setAll(items(table, name, desk, filtered));
        table.setContextMenu(menu);
        table.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (COPY.match(event)) {
                export(table, name, desk)
                        .copyRows(csv(table, table.getSelectionModel().getSelectedItems()));
                event.consume();
            }
        });
    }

    private static <R> CsvExport export(TableView<R> table, String name, FileSaver desk) {
        return new CsvExport(name, () -> csv(table, table.getItems()), desk);
    }

    /** Fresh menu items for a table. */
    public static <R> List<MenuItem> items(TableView<R> table, String name, FileSaver desk) {
        return items(table, name, desk, NEVER);
    }

    /** Fresh menu items for a table that may be filtered. */
    public static <R> List<MenuItem> items(
            TableView<R> table, String name, FileSaver desk, ObservableValue<Boolean> filtered) {
        CsvExport export = export(table, name, desk);
        MenuItem selected = new MenuItem("Copy selected rows");
        selected.setOnAction(
                event -> export.copyRows(csv(table, table.getSelectionModel().getSelectedItems())));
        List<MenuItem> items = new ArrayList<>(List.of(selected));
        items.addAll(export.items(filtered.map(some -> some ? "the rows shown" : "all rows")));
        return items;
    }

    /** Rows as CSV; the header is the columns' titles. */
    public static <R> Csv csv(TableView<R> table, List<R> rows) {
        List<TableColumn<R, ?>> columns = new ArrayList<>();
        leaves(table.getColumns(), columns);
        List<List<?>> cells = new ArrayList<>(rows.size());
        for (R row : rows) {
            List<Object> line = new ArrayList<>(columns.size());
            columns.forEach(column -> line.add(column.getCellData(row)));
            cells.add(line);
        }
        return new Csv(columns.stream().map(TableExport::title).toList(), cells);
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
}
