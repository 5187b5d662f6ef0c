package loupe.ui.control;

import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.event.EventTarget;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.TableCell;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.skin.TableColumnHeader;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.text.TextAlignment;
import loupe.base.VisibleText;

/** Tables of numbers and tokens, all of one look. */
public final class Tables {
    private static final double MOST_WIDTH = 110;
    private static final double MOST_OF_LEAST_WIDTH = 76;

    private Tables() {}

    public static <S> TableView<S> make(String id, String accessible) {
        TableView<S> table = new TableView<>();
        table.setId(id);
        table.setAccessibleText(accessible);
        table.setColumnResizePolicy(TableView.CONSTRAINED_RESIZE_POLICY_ALL_COLUMNS);
        table.setPlaceholder(new Label(""));
        table.getStyleClass().addAll("dense", "data-table");
        // the toolkit sorts by a header that is released with any button
        table.addEventFilter(MouseEvent.MOUSE_RELEASED, event -> {
            if (event.getButton() != MouseButton.PRIMARY && isInHeader(event.getTarget())) {
                event.consume();
            }
        });
        return table;
    }

    private static boolean isInHeader(EventTarget target) {
        for (Node node = target instanceof Node at ? at : null; node != null; node = node.getParent()) {
            if (node instanceof TableColumnHeader) {
                return true;
            }
        }
        return false;
    }

    /** A right-aligned column of numbers; exports carry the number itself. */
    public static <S> TableColumn<S, Number> numbers(
            String title, String explanation, double width, ToDoubleFunction<S> value, DoubleFunction<String> text) {
        TableColumn<S, Number> column = column(title, explanation, width);
        column.getStyleClass().add("figure");
        column.setMaxWidth(MOST_WIDTH);
        column.setCellValueFactory(row -> new ReadOnlyObjectWrapper<>(value.applyAsDouble(row.getValue())));
        column.setCellFactory(of -> new TextCell<>(number -> text.apply(number.doubleValue())));
        return column;
    }

    /** A right-aligned column of whole numbers. */
    public static <S> TableColumn<S, Number> counts(
            String title, String explanation, double width, ToIntFunction<S> value) {
        TableColumn<S, Number> column = column(title, explanation, width);
        column.getStyleClass().add("figure");
        column.setMaxWidth(MOST_WIDTH);
        column.setCellValueFactory(row -> new ReadOnlyObjectWrapper<>(value.applyAsInt(row.getValue())));
        column.setCellFactory(of -> new TextCell<>(Number::toString));
        return column;
    }

    /**
     * A column of texts.
     *
     * @param text as exported
     * @param shown as drawn
     */
    public static <S> TableColumn<S, String> texts(
            String title, String explanation, double width, Function<S, String> text, UnaryOperator<String> shown) {
        TableColumn<S, String> column = column(title, explanation, width);
        column.setCellValueFactory(row -> new ReadOnlyObjectWrapper<>(text.apply(row.getValue())));
        column.setCellFactory(of -> new TextCell<>(shown));
        return column;
    }

    private static <S, T> TableColumn<S, T> column(String title, String explanation, double width) {
        TableColumn<S, T> column = new TableColumn<>();
        Label heading = new Label(title);
        heading.setTooltip(Tooltips.of(explanation));
        heading.getStyleClass().add("column-title");
        heading.setMinWidth(javafx.scene.layout.Region.USE_PREF_SIZE);
        column.setGraphic(heading);
        column.setId(title);
        column.setPrefWidth(width);
        column.setMinWidth(Math.min(width, MOST_OF_LEAST_WIDTH));
        column.setSortable(false);
        column.setReorderable(false);
        return column;
    }

    /** Gives a column of numbers another title, of one line or two; its id stays. */
    public static void retitle(TableColumn<?, ?> column, String title) {
        if (column.getGraphic() instanceof Label heading) {
            heading.setText(title);
            heading.setTextAlignment(TextAlignment.RIGHT);
        }
    }

    private static final class TextCell<S, T> extends TableCell<S, T> {
        private final Function<T, String> text;

        TextCell(Function<T, String> text) {
            this.text = text;
        }

        @Override
        protected void updateItem(T item, boolean empty) {
            super.updateItem(item, empty);
            setText(empty || item == null ? null : VisibleText.line(text.apply(item)));
        }
    }
}
