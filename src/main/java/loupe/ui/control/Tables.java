package loupe.ui.control;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import javafx.application.Platform;
import javafx.beans.binding.Bindings;
import javafx.beans.binding.BooleanBinding;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.event.EventTarget;
import javafx.scene.Node;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TableCell;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableRow;
import javafx.scene.control.TableView;
import javafx.scene.control.skin.TableColumnHeader;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.text.Font;
import javafx.scene.text.Text;
import javafx.scene.text.TextAlignment;
import loupe.base.VisibleText;
import org.jspecify.annotations.Nullable;

/** Tables of numbers and tokens, all of one look. */
public final class Tables {
    /** The width of a column with the numbers of features or tokens, of up to six digits. */
    public static final double NUMBER_WIDTH = 60;

    private static final double ORDINARY_FONT = 13;
    private static final double MOST_BEYOND_WIDTH = 6;
    private static final double BESIDE_TITLE = 14;
    private static final double BESIDE_NUMBER = 14;
    private static final double MOST_OF_LEAST_WIDTH = 76;

    private Tables() {}

    public static <S> TableView<S> make(String id, String accessible) {
        TableView<S> table = new TableView<>();
        table.setId(id);
        table.setAccessibleText(accessible);
        table.setColumnResizePolicy(TableView.CONSTRAINED_RESIZE_POLICY_ALL_COLUMNS);
        Label nothing = new Label("");
        nothing.getStyleClass().addAll("muted", "nothing-listed");
        nothing.setWrapText(true);
        table.setPlaceholder(nothing);
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

    /**
     * A right-aligned column of numbers; exports carry the number itself. It is as wide as its title and the longest
     * number that it has shown, so that no number is cut and words have the rest.
     *
     * @param width until a number is shown
     */
    public static <S> TableColumn<S, Number> numbers(
            String title, String explanation, double width, ToDoubleFunction<S> value, DoubleFunction<String> text) {
        TableColumn<S, Number> column = column(title, explanation, width);
        column.getStyleClass().add("figure");
        column.getProperties().put(Measure.FIGURES, "");
        measure(column);
        column.setCellValueFactory(row -> new ReadOnlyObjectWrapper<>(value.applyAsDouble(row.getValue())));
        column.setCellFactory(of -> new TextCell<>(number -> text.apply(number.doubleValue())));
        return column;
    }

    /** A right-aligned column of whole numbers, as wide as {@link #numbers}. */
    public static <S> TableColumn<S, Number> counts(
            String title, String explanation, double width, ToIntFunction<S> value) {
        TableColumn<S, Number> column = column(title, explanation, width);
        column.getStyleClass().add("figure");
        column.getProperties().put(Measure.FIGURES, "");
        measure(column);
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
        column.getProperties().put(Measure.USUAL, width);
        column.getProperties().put(Measure.LEAST, Math.min(width, MOST_OF_LEAST_WIDTH));
        column.graphicProperty().addListener((property, was, is) -> follow(column));
        follow(column);
        column.setSortable(false);
        column.setReorderable(false);
        column.setContextMenu(new ContextMenu(help(column)));
        return column;
    }

    /** The item of a column's menu that opens the help where it explains the column. */
    public static MenuItem help(TableColumn<?, ?> column) {
        MenuItem item = new MenuItem("What is this column?");
        item.setOnAction(event -> HelpEvent.ask(column.getTableView(), heading(column)));
        return item;
    }

    /** The heading of a column, without what is said below it for now. */
    public static String heading(TableColumn<?, ?> column) {
        return column.getGraphic() instanceof Label label
                ? label.getText().lines().findFirst().orElse("")
                : column.getText();
    }

    /** Whether a table is wider than a number of pixels at the ordinary text size. */
    public static BooleanBinding isWiderThan(TableView<?> table, double pixels) {
        Label heading = (Label) table.getColumns().get(0).getGraphic();
        return Bindings.createBooleanBinding(
                () -> table.getWidth() > pixels * heading.getFont().getSize() / ORDINARY_FONT,
                table.widthProperty(),
                heading.fontProperty());
    }

    /** Makes the widths of a column follow its heading. */
    private static void follow(TableColumn<?, ?> column) {
        if (column.getGraphic() instanceof Label heading) {
            heading.fontProperty().addListener(changed -> measure(column));
            heading.widthProperty().addListener(changed -> measure(column));
            heading.textProperty().addListener(changed -> measure(column));
            measure(column);
        }
    }

    /** What the widths of a column follow from; lengths are pixels at the ordinary text size. */
    private enum Measure {
        USUAL,
        /** The usual one before somebody chose another. */
        GIVEN,
        LEAST,
        /** Of a column of numbers: the longest of them that is known, as it is drawn. */
        FIGURES
    }

    /** Sets the width below which a column of texts does not shrink, in pixels at the ordinary text size. */
    public static void setLeast(TableColumn<?, ?> column, double least) {
        column.getProperties().put(Measure.LEAST, least);
        measure(column);
    }

    /**
     * Says what the longest number of a column looks like, before it has been shown or when others have come.
     *
     * @param longest as it is drawn; empty if it is not known
     */
    public static void setLongest(TableColumn<?, ?> column, String longest) {
        if (!longest.equals(column.getProperties().get(Measure.FIGURES))) {
            column.getProperties().put(Measure.FIGURES, longest);
            measure(column);
        }
    }

    /** Makes room in a column of numbers for one that is longer than those before. */
    private static void learn(TableColumn<?, ?> column, String shown) {
        if (column.getProperties().get(Measure.FIGURES) instanceof String longest
                && shown.length() > longest.length()) {
            column.getProperties().put(Measure.FIGURES, shown);
            Platform.runLater(() -> measure(column)); // not while the table is being laid out
        }
    }

    /** Makes the widths of a column follow the size of text, its numbers and, for numbers, its title. */
    private static void measure(TableColumn<?, ?> column) {
        if (!(column.getGraphic() instanceof Label heading)) {
            return;
        }
        double scale = heading.getFont().getSize() / ORDINARY_FONT;
        if (column.getProperties().get(Measure.FIGURES) instanceof String longest) {
            double numbers = longest.isEmpty()
                    ? width(column, Measure.USUAL) * scale
                    : width(longest, heading.getFont()) + BESIDE_NUMBER;
            double least = Math.ceil(Math.max(numbers, heading.prefWidth(-1) + BESIDE_TITLE));
            if (least != column.getMinWidth()) {
                column.setMaxWidth(least + MOST_BEYOND_WIDTH);
                column.setMinWidth(least);
                column.setPrefWidth(least);
                Platform.runLater(() -> refit(column.getTableView()));
            }
            return;
        }
        double least = width(column, Measure.LEAST) * scale; // words give way first
        column.setMinWidth(least);
        column.setPrefWidth(Math.max(least, width(column, Measure.USUAL) * scale));
    }

    /** Shares the width of a table among its columns again, which the toolkit does only when its own width changes. */
    private static <S> void refit(@Nullable TableView<S> table) {
        if (table != null) {
            table.getColumnResizePolicy().call(new TableView.ResizeFeatures<>(table, null, 0.0));
        }
    }

    private static double width(String text, Font font) {
        Text measured = new Text(text);
        measured.setFont(font);
        return measured.getLayoutBounds().getWidth();
    }

    /**
     * Gives a column a width, in pixels at the ordinary text size.
     *
     * @param width 0 for the one it came with
     */
    public static void setWidth(TableColumn<?, ?> column, int width) {
        Object given = column.getProperties()
                .getOrDefault(Measure.GIVEN, column.getProperties().get(Measure.USUAL));
        double wanted = width == 0 && given instanceof Double first ? first : width;
        if (wanted != width(column, Measure.USUAL)) {
            column.getProperties().putIfAbsent(Measure.GIVEN, given);
            column.getProperties().put(Measure.USUAL, wanted);
            measure(column);
        }
    }

    /**
     * Says when somebody has given columns other widths with the mouse.
     *
     * @param resized is given the widths of all columns, in pixels at the ordinary text size
     */
    public static <S> void onResized(TableView<S> table, Consumer<Map<TableColumn<S, ?>, Integer>> resized) {
        Map<TableColumn<S, ?>, Double> before = new HashMap<>();
        table.addEventFilter(MouseEvent.MOUSE_PRESSED, event -> {
            before.clear();
            if (isInHeader(event.getTarget())) {
                table.getColumns().forEach(column -> before.put(column, column.getWidth()));
            }
        });
        table.addEventFilter(MouseEvent.MOUSE_RELEASED, event -> {
            boolean same = table.getColumns().stream()
                    .allMatch(
                            column -> Math.abs(before.getOrDefault(column, column.getWidth()) - column.getWidth()) < 1);
            if (before.keySet().equals(Set.copyOf(table.getColumns())) && !same) {
                Map<TableColumn<S, ?>, Integer> widths = new HashMap<>();
                table.getColumns()
                        .forEach(column -> widths.put(column, (int) Math.round(column.getWidth() / scale(column))));
                resized.accept(widths);
            }
            before.clear();
        });
    }

    private static double scale(TableColumn<?, ?> column) {
        return column.getGraphic() instanceof Label heading ? heading.getFont().getSize() / ORDINARY_FONT : 1;
    }

    /**
     * Acts on the row that is clicked once, or that is marked when Enter is pressed. With Ctrl or Shift a click only
     * marks, as for copying; so does the beginning of a drag.
     */
    public static <S> void onChosen(TableView<S> table, Consumer<S> action) {
        table.addEventHandler(MouseEvent.MOUSE_CLICKED, event -> {
            boolean plain = !event.isShiftDown() && !event.isShortcutDown() && !event.isControlDown();
            if (event.getButton() == MouseButton.PRIMARY
                    && event.getClickCount() == 1
                    && event.isStillSincePress()
                    && plain) {
                Tables.<S>rowAt(event.getTarget()).map(TableRow::getItem).ifPresent(action);
            }
        });
        table.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            S marked = table.getSelectionModel().getSelectedItem();
            if (event.getCode() == KeyCode.ENTER && marked != null) {
                action.accept(marked);
                event.consume();
            }
        });
    }

    @SuppressWarnings("unchecked") // the rows of a table hold its items
    private static <S> Optional<TableRow<S>> rowAt(EventTarget target) {
        for (Node node = target instanceof Node at ? at : null; node != null; node = node.getParent()) {
            if (node instanceof TableRow<?> row) {
                return row.isEmpty() ? Optional.empty() : Optional.of((TableRow<S>) row);
            }
        }
        return Optional.empty();
    }

    private static double width(TableColumn<?, ?> column, Measure measure) {
        return column.getProperties().get(measure) instanceof Double known ? known : 0;
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
            setOnMouseEntered(event -> showWhole());
        }

        @Override
        protected void updateItem(T item, boolean empty) {
            super.updateItem(item, empty);
            setText(empty || item == null ? null : VisibleText.line(text.apply(item)));
            if (getText() != null) {
                learn(getTableColumn(), getText());
            }
        }

        /** Shows in a tooltip what is cut off. */
        private void showWhole() {
            boolean cut = getText() != null && prefWidth(-1) > getWidth() + 1;
            setTooltip(cut ? Tooltips.of(getText()) : null);
        }
    }
}
