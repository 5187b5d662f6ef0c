package loupe.ui.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javafx.application.Platform;
import javafx.beans.property.ReadOnlyDoubleProperty;
import javafx.beans.value.ObservableValue;
import javafx.collections.ListChangeListener;
import javafx.scene.Node;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.util.Callback;
import loupe.search.FeatureColumn;
import loupe.state.features.FeatureTableModel;
import loupe.state.features.TableArrangement;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.token.TokenText;
import org.controlsfx.control.CheckComboBox;

/**
 * The columns of the table of features: which are shown, in which order, how wide and by which rows are sorted, as the
 * model's arrangement has it, and what a person changes of that in the table's heading.
 */
final class FeatureTableColumns {
    /** So many columns always fill the table, and are never scrolled. */
    private static final int FEW_COLUMNS = 5;

    private static final double CHOOSER_WIDTH = 104;
    private static final double LEAST_FOR_TEXT = 40;
    private static final double ROOM_FOR_CHOOSER = 200;
    private static final double ROOM_FOR_ALL = 460;

    private final FeatureTableModel model;
    private final TableView<Integer> table;
    private final ReadOnlyDoubleProperty room;
    private final CheckComboBox<FeatureColumn> chooser = new CheckComboBox<>();
    private final Map<FeatureColumn, TableColumn<Integer, ?>> columns = new EnumMap<>(FeatureColumn.class);
    /** Whether the table is being made to follow the arrangement. */
    private boolean following;

    private boolean searching;

    /** @param room width of the pane in pixels, for which columns give way */
    FeatureTableColumns(FeatureTableModel model, TableView<Integer> table, ReadOnlyDoubleProperty room) {
        this.model = model;
        this.table = table;
        this.room = room;
        for (FeatureColumn column : FeatureColumn.values()) {
            columns.put(column, column(column));
        }
        table.setSortPolicy(view -> true); // the model sorts
        layOutChooser();
        bind();
    }

    /** The control with which columns are chosen. */
    Node chooser() {
        return chooser;
    }

    private void layOutChooser() {
        chooser.getItems()
                .setAll(Arrays.stream(FeatureColumn.values())
                        .filter(column -> column != FeatureColumn.FOUND)
                        .toList());
        chooser.setId("feature-columns");
        chooser.setTitle("Columns");
        chooser.setMinWidth(CHOOSER_WIDTH);
        chooser.setPrefWidth(CHOOSER_WIDTH);
        chooser.setShowCheckedCount(false);
        chooser.setAccessibleText("Columns that are shown");
        chooser.setTooltip(Tooltips.of("Which columns are shown"));
        chooser.setConverter(new LabelConverter<>(FeatureColumn::title));
        chooser.visibleProperty().bind(room.greaterThan(ROOM_FOR_CHOOSER));
        chooser.managedProperty().bind(chooser.visibleProperty());
    }

    private void bind() {
        table.widthProperty().addListener(changed -> chooseResizing());
        showColumns();
        checkColumns();
        chooser.getCheckModel().getCheckedItems().addListener((ListChangeListener<FeatureColumn>)
                change -> chooseColumns());
        model.arrangement().columns().addListener(changed -> {
            checkColumns();
            showColumns();
        });
        table.getColumns().addListener((ListChangeListener<TableColumn<Integer, ?>>) change -> {
            if (!following) {
                Platform.runLater(this::keepOrder); // once the toolkit has moved the column
            }
        });
        Tables.onResized(table, widths -> {
            Map<FeatureColumn, Integer> changed = new EnumMap<>(FeatureColumn.class);
            columns.forEach((column, made) -> {
                if (widths.containsKey(made)) {
                    changed.put(column, widths.get(made));
                }
            });
            model.arrangement().resize(changed);
        });
        table.getSortOrder().addListener((ListChangeListener<TableColumn<Integer, ?>>) change -> sort());
        columns.values().forEach(column -> column.sortTypeProperty().addListener(changed -> sort()));
        model.arrangement().sorting().addListener(changed -> showSorting());
        showSorting();
    }

    /** Shows where words were found while they are searched for. */
    void followSearch() {
        if (model.isSearching() != searching) {
            searching = !searching;
            showColumns();
        }
    }

    /** Says in the headings which columns are not counted to the end. */
    void describe() {
        makeRoomForNumbers();
        columns.forEach((column, made) ->
                Tables.retitle(made, column.title() + (model.counted(column).isPartial() ? "\nso far" : "")));
    }

    private TableColumn<Integer, ?> column(FeatureColumn column) {
        TableColumn<Integer, ?> made =
                switch (column) {
                    case NUMBER ->
                        Tables.<Integer>counts(
                                column.title(), column.explanation(), Tables.NUMBER_WIDTH, feature -> feature);
                    case PROMOTED ->
                        upToDate(Tables.texts(
                                column.title(), column.explanation(), 110, model::promoted, TokenText::sentence));
                    case FOUND -> {
                        TableColumn<Integer, String> found = upToDate(Tables.texts(
                                column.title(),
                                column.explanation(),
                                150,
                                feature -> model.text(column, feature),
                                TokenText::sentence));
                        found.setCellFactory(of -> new FoundCell(model::found));
                        yield found;
                    }
                    case LABEL, NOTE ->
                        upToDate(Tables.texts(
                                column.title(),
                                column.explanation(),
                                110,
                                feature -> model.text(column, feature),
                                TokenText::sentence));
                    case KIND ->
                        upToDate(Tables.texts(
                                column.title(),
                                column.explanation(),
                                90,
                                feature -> model.text(column, feature),
                                TokenText::sentence));
                    case TAGS, STAR ->
                        upToDate(Tables.texts(
                                column.title(),
                                column.explanation(),
                                column == FeatureColumn.STAR ? 24 : 70,
                                feature -> model.text(column, feature),
                                TokenText::sentence));
                    case DENSITY, TRAINED_DENSITY ->
                        upToDate(Tables.numbers(
                                column.title(),
                                column.explanation(),
                                column == FeatureColumn.DENSITY ? 78 : 112, // as wide as its title
                                feature -> model.number(column, feature),
                                FeatureTableColumns::percent));
                    default ->
                        upToDate(Tables.numbers(
                                column.title(),
                                column.explanation(),
                                48,
                                feature -> model.number(column, feature),
                                FeatureTableColumns::figure));
                };
        made.setSortable(true);
        made.setReorderable(true);
        made.setContextMenu(new ColumnMenu(model.arrangement(), column, Tables.help(made)));
        if (column.isText() && column != FeatureColumn.STAR) {
            Tables.setLeast(made, LEAST_FOR_TEXT); // what gives way first, so that the numbers beside it stay whole
        }
        return made;
    }

    /** Makes the cells of a column follow the model's values, without being created again. */
    private <T> TableColumn<Integer, T> upToDate(TableColumn<Integer, T> column) {
        Callback<TableColumn.CellDataFeatures<Integer, T>, ObservableValue<T>> value = column.getCellValueFactory();
        column.setCellValueFactory(
                row -> model.version().map(version -> value.call(row).getValue()));
        return column;
    }

    private static String percent(double fraction) {
        return Double.isNaN(fraction) ? "" : NumberTexts.percent(fraction);
    }

    private static String figure(double value) {
        return Double.isNaN(value) ? "" : NumberTexts.number(value);
    }

    /** Makes the column of numbers as wide as the checkpoint's last one. */
    private void makeRoomForNumbers() {
        Tables.setLongest(
                Objects.requireNonNull(columns.get(FeatureColumn.NUMBER)),
                model.size() == 0 ? "" : Integer.toString(model.size() - 1));
    }

    private void showColumns() {
        List<TableArrangement.Column> shown =
                new ArrayList<>(model.arrangement().columns().get());
        if (searching) {
            shown.removeIf(one -> givesWay(one.column()));
            shown.add(
                    TableArrangement.placeOf(FeatureColumn.FOUND, shown),
                    new TableArrangement.Column(FeatureColumn.FOUND));
        }
        following = true;
        try {
            shown.forEach(one -> Tables.setWidth(made(one.column()), one.width()));
            List<TableColumn<Integer, ?>> wanted = new ArrayList<>();
            shown.forEach(one -> wanted.add(made(one.column())));
            if (!table.getColumns().equals(wanted)) {
                table.getColumns().setAll(wanted);
            }
        } finally {
            following = false;
        }
        showSorting();
        chooseResizing();
    }

    private TableColumn<Integer, ?> made(FeatureColumn column) {
        return Objects.requireNonNull(columns.get(column));
    }

    /** Ticks the columns that are shown. */
    private void checkColumns() {
        following = true;
        try {
            for (FeatureColumn column : chooser.getItems()) {
                boolean shown = model.arrangement().shows(column);
                if (shown != chooser.getCheckModel().isChecked(column)) {
                    if (shown) {
                        chooser.getCheckModel().check(column);
                    } else {
                        chooser.getCheckModel().clearCheck(column);
                    }
                }
            }
        } finally {
            following = false;
        }
    }

    /** Shows the columns that are ticked. */
    private void chooseColumns() {
        if (!following) {
            List<FeatureColumn> ticked = List.copyOf(chooser.getCheckModel().getCheckedItems());
            chooser.getItems().forEach(column -> model.arrangement().show(column, ticked.contains(column)));
        }
    }

    /** Takes over the order of columns after one was dragged. */
    private void keepOrder() {
        List<FeatureColumn> order = new ArrayList<>();
        for (TableColumn<Integer, ?> shown : table.getColumns()) {
            columns.forEach((column, made) -> {
                if (made == shown && model.arrangement().shows(column)) {
                    order.add(column);
                }
            });
        }
        model.arrangement().reorder(order);
    }

    /** Shows by which heading rows are sorted. */
    private void showSorting() {
        TableArrangement.Sorting sorting = model.arrangement().sorting().get();
        TableColumn<Integer, ?> by = made(sorting.by());
        following = true;
        try {
            if (sorting.equals(TableArrangement.Sorting.BY_NUMBER)) {
                if (!table.getSortOrder().equals(List.of(by))) {
                    table.getSortOrder().clear();
                }
            } else if (table.getColumns().contains(by)) {
                by.setSortType(sorting.descending() ? TableColumn.SortType.DESCENDING : TableColumn.SortType.ASCENDING);
                if (!table.getSortOrder().equals(List.of(by))) {
                    table.getSortOrder().setAll(List.of(by));
                }
            }
        } finally {
            following = false;
        }
    }

    /** Columns fill the table; more of them than have room are scrolled. */
    private void chooseResizing() {
        double wanted = table.getColumns().stream()
                .mapToDouble(TableColumn::getMinWidth)
                .sum();
        boolean fit = table.getColumns().size() <= FEW_COLUMNS || wanted < table.getWidth();
        table.setColumnResizePolicy(
                fit ? TableView.CONSTRAINED_RESIZE_POLICY_ALL_COLUMNS : TableView.UNCONSTRAINED_RESIZE_POLICY);
    }

    /** Whether a column makes room for where words were found, which says more than what a feature promotes. */
    private boolean givesWay(FeatureColumn column) {
        return switch (column) {
            case PROMOTED -> true;
            case MAX, LABEL -> room.get() < ROOM_FOR_ALL;
            default -> false;
        };
    }

    private void sort() {
        if (following) {
            return;
        }
        if (table.getSortOrder().isEmpty()) {
            model.arrangement().sort(TableArrangement.Sorting.BY_NUMBER);
            return;
        }
        TableColumn<Integer, ?> by = table.getSortOrder().get(0);
        columns.forEach((column, shown) -> {
            if (shown == by) {
                boolean down = by.getSortType() == TableColumn.SortType.DESCENDING;
                model.arrangement().sort(new TableArrangement.Sorting(column, down));
            }
        });
    }
}
