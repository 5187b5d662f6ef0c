package loupe.ui;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TableCell;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;

/** Tables of numbers and tokens, all of one look. */
final class Tables {
    private Tables() {
    }

    static <S> TableView<S> make(String id, String accessible) {
        TableView<S> table = new TableView<>();
        table.setId(id);
        table.setAccessibleText(accessible);
        table.setColumnResizePolicy(TableView.UNCONSTRAINED_RESIZE_POLICY);
        table.setPlaceholder(new Label(""));
        table.getStyleClass().addAll("dense", "data-table");
        return table;
    }

    /** A right-aligned column of numbers, shown with three significant digits. */
    static <S> TableColumn<S, S> numbers(String title, String explanation, double width, Function<S, String> text) {
        TableColumn<S, S> column = texts(title, explanation, width, text);
        column.getStyleClass().add("figure");
        return column;
    }

    /** A column of texts. */
    static <S> TableColumn<S, S> texts(String title, String explanation, double width, Function<S, String> text) {
        TableColumn<S, S> column = new TableColumn<>();
        Label heading = new Label(title);
        heading.setTooltip(Tips.of(explanation));
        column.setGraphic(heading);
        column.setUserData(title);
        column.setPrefWidth(width);
        column.setSortable(false);
        column.setReorderable(false);
        column.setCellValueFactory(row -> new ReadOnlyObjectWrapper<>(row.getValue()));
        column.setCellFactory(of -> new TextCell<>(text));
        return column;
    }

    static MenuItem copyItem(Runnable copy) {
        MenuItem item = new MenuItem("Copy table as CSV");
        item.setOnAction(event -> copy.run());
        return item;
    }

    static void copy(String text) {
        ClipboardContent content = new ClipboardContent();
        content.putString(text);
        Clipboard.getSystemClipboard().setContent(content);
    }

    /** Rows as CSV: a heading, commas, quotes where needed (RFC 4180). */
    static String csv(List<String> heading, List<List<String>> rows) {
        StringBuilder text = new StringBuilder();
        List<List<String>> all = new ArrayList<>();
        all.add(heading);
        all.addAll(rows);
        for (List<String> row : all) {
            for (int i = 0; i < row.size(); i++) {
                text.append(i == 0 ? "" : ",").append(quoted(row.get(i)));
            }
            text.append("\r\n");
        }
        return text.toString();
    }

    private static String quoted(String cell) {
        boolean plain = cell.indexOf(',') < 0 && cell.indexOf('"') < 0 && cell.indexOf('\n') < 0 && cell.indexOf('\r') < 0;
        return plain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
    }

    private static final class TextCell<S> extends TableCell<S, S> {
        private final Function<S, String> text;

        TextCell(Function<S, String> text) {
            this.text = text;
        }

        @Override
        protected void updateItem(S item, boolean empty) {
            super.updateItem(item, empty);
            setText(empty || item == null ? null : text.apply(item));
        }
    }
}
