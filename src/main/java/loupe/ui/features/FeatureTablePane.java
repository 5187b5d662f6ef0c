package loupe.ui.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javafx.application.Platform;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ObservableValue;
import javafx.collections.ListChangeListener;
import javafx.geometry.Insets;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.input.DragEvent;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import javafx.scene.text.TextAlignment;
import javafx.util.Callback;
import loupe.search.FeatureColumn;
import loupe.search.FeatureFilter;
import loupe.state.corpus.CountedShare;
import loupe.state.features.FeatureTableModel;
import loupe.state.features.TableArrangement;
import loupe.state.window.FeatureRef;
import loupe.state.window.Workbench;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Reason;
import loupe.ui.control.References;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.RowActions;
import loupe.ui.pane.RowMenu;
import loupe.ui.token.TokenText;
import org.controlsfx.control.CheckComboBox;
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** All features of checkpoint A: sorted, filtered, one chosen. Typing a number in the filter and Enter jumps to it. */
public final class FeatureTablePane implements Pane {
    /** So many columns always fill the table, and are never scrolled. */
    private static final int FEW_COLUMNS = 5;
    /** Beyond so many marked rows a new order of rows leaves only the chosen one marked. */
    private static final int MOST_MARKED = 10_000;

    private static final double COLUMN_CHOOSER_WIDTH = 104;
    private static final double LEAST_FOR_TEXT = 40;
    /** The first columns as narrow as they get, and a scroll bar. */
    private static final double LEAST_WIDTH = 244;

    private static final double ROOM_FOR_CHOOSER = 200;
    private static final double ROOM_FOR_ALL = 460;

    private final Workbench workbench;
    private final FeatureTableModel model;
    private final Supplier<String> provenance;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Features");
    private final CustomTextField filter = (CustomTextField) TextFields.createClearableTextField();
    private final CheckComboBox<FeatureColumn> chooser = new CheckComboBox<>();
    private final TableView<Integer> table = Tables.make("feature-table", "Features");
    private final Label nothing = new Label();
    private final Button clear = new Button("Clear the filter");
    private final Reason reason = new Reason("feature-filter-reason");
    private final Label count = new Label();
    private final Label soFar = new Label();
    private final Map<FeatureColumn, TableColumn<Integer, ?>> columns = new EnumMap<>(FeatureColumn.class);
    private boolean following;
    private boolean sortedAnew;
    private boolean filteredAnew;
    private boolean searching;
    /** Whether a mouse button is down on the table, when a row is marked but not chosen yet. */
    private boolean pressed;
    /** The features of the rows that are marked, if there are several. */
    private Set<Integer> marked = Set.of();

    /** @param provenance of what was counted of all features, for the captions of pictures */
    public FeatureTablePane(Workbench workbench, FeatureTableModel model, Supplier<String> provenance, FileSaver desk) {
        this.provenance = provenance;
        this.desk = desk;
        this.workbench = workbench;
        this.model = model;
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public void setRowActions(RowActions actions) {
        RowMenu.attach(table, OptionalInt::of, row -> OptionalInt.empty(), actions);
    }

    /** Focuses the filter. */
    public void focusFilter() {
        filter.requestFocus();
        filter.selectAll();
    }

    /** Focuses the table. */
    @Override
    public void focus() {
        table.requestFocus();
    }

    /** Starts the number of a feature to go to. */
    public void startNumber(String digit) {
        filter.requestFocus();
        filter.setText(digit);
        filter.end();
    }

    private void layOut() {
        frame.setMinWidth(LEAST_WIDTH);
        filter.setId("feature-filter");
        filter.setPromptText("Filter or #");
        filter.setLeft(new FontIcon(Feather.SEARCH));
        filter.setTooltip(
                Tooltips.of("A number and Enter goes to that feature. Words are looked for in labels, tags, notes, "
                        + "promoted tokens, the tokens and texts where the feature is active, and the sentences of a "
                        + "batch, whole words first; label:red, tag:, note:, promotes:, active:, example: and "
                        + "sentence: look in one place, star shows what is starred. density<0.1%, max>5, skew>=3 "
                        + "filter by a column; number, mean, std, min, norm, encoder-norm, cosine, kurtosis and "
                        + "match work in the same way"));
        filter.setAccessibleText("Filter features or go to one by number");
        HBox.setHgrow(filter, Priority.ALWAYS);
        chooser.getItems()
                .setAll(Arrays.stream(FeatureColumn.values())
                        .filter(column -> column != FeatureColumn.FOUND)
                        .toList());
        chooser.setId("feature-columns");
        chooser.setTitle("Columns");
        chooser.setMinWidth(COLUMN_CHOOSER_WIDTH);
        chooser.setPrefWidth(COLUMN_CHOOSER_WIDTH);
        chooser.setShowCheckedCount(false);
        chooser.setAccessibleText("Columns that are shown");
        chooser.setTooltip(Tooltips.of("Which columns are shown"));
        chooser.setConverter(new LabelConverter<>(FeatureColumn::title));
        chooser.visibleProperty().bind(frame.widthProperty().greaterThan(ROOM_FOR_CHOOSER));
        chooser.managedProperty().bind(chooser.visibleProperty());
        HBox tools = new HBox(8, filter, chooser);
        tools.getStyleClass().add("pane-tools");
        tools.setAlignment(Pos.CENTER_LEFT);
        for (FeatureColumn column : FeatureColumn.values()) {
            columns.put(column, column(column));
        }
        count.getStyleClass().add("muted");
        DensityOverview densities = new DensityOverview(model, filter, provenance, desk);
        frame.getActions().addAll(count, densities.toggle());
        table.setSortPolicy(view -> true);
        VBox.setVgrow(table, Priority.ALWAYS);
        soFar.setId("counted-so-far");
        soFar.getStyleClass().addAll("muted", "text-hint");
        soFar.setTooltip(Tooltips.of("Density, Max, Mean, Std and Min, and which features are never active, may still "
                + "change until all of the corpus has been counted"));
        soFar.visibleProperty().bind(soFar.textProperty().isNotEmpty());
        soFar.managedProperty().bind(soFar.visibleProperty());
        nothing.setWrapText(true);
        nothing.setTextAlignment(TextAlignment.CENTER);
        clear.setId("clear-filter");
        clear.setVisible(false);
        clear.setOnAction(event -> {
            filter.clear();
            filter.requestFocus();
        });
        VBox none = new VBox(8, nothing, clear);
        none.setAlignment(Pos.CENTER);
        none.setPadding(new Insets(8));
        table.setPlaceholder(none);
        frame.setContent(new VBox(tools, reason, soFar, densities, table));
        References.dragFrom(table, feature -> java.util.Optional.of(References.ofFeature(feature)));
        ObservableValue<Boolean> filtered =
                Bindings.createBooleanBinding(() -> model.rows().size() < model.size(), model.rows(), model.version());
        TableExport.attachTo(table, "features", desk, filtered);
        frame.getMenuItems().addAll(TableExport.items(table, "features", desk, filtered));
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
                                FeatureTablePane::percent));
                    default ->
                        upToDate(Tables.numbers(
                                column.title(),
                                column.explanation(),
                                48,
                                feature -> model.number(column, feature),
                                FeatureTablePane::figure));
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

    private void bind() {
        table.setItems(model.rows());
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
        filter.textProperty().addListener((property, was, is) -> {
            reason.refuse(filter, FeatureFilter.mistake(is).orElse(""));
            model.filter().set(isNumber(is) ? "" : is);
        });
        model.filter().addListener((property, was, is) -> {
            if (!is.equals(filter.getText()) && !isNumber(filter.getText())) {
                filter.setText(is); // written by a chart
            }
        });
        filter.addEventHandler(KeyEvent.KEY_PRESSED, this::filterKey);
        table.getSortOrder().addListener((ListChangeListener<TableColumn<Integer, ?>>) change -> sort());
        columns.values().forEach(column -> column.sortTypeProperty().addListener(changed -> sort()));
        table.addEventFilter(MouseEvent.MOUSE_PRESSED, event -> pressed = true);
        table.addEventFilter(MouseEvent.MOUSE_RELEASED, event -> pressed = false);
        table.addEventHandler(DragEvent.DRAG_DONE, event -> {
            pressed = false;
            follow(false);
        });
        table.getContextMenu().setOnHidden(event -> follow(false));
        Tables.onChosen(table, model::jumpTo);
        table.getSelectionModel().getSelectedIndices().addListener((ListChangeListener<Integer>) change -> mark());
        workbench.selection().feature().addListener((property, was, is) -> {
            marked = Set.of();
            follow(false);
        });
        model.arrangement().sorting().addListener(changed -> {
            sortedAnew = true;
            showSorting();
            describe();
        });
        model.filter().addListener(changed -> {
            filteredAnew = true;
            describe();
        });
        showSorting();
        model.rows().setBeforeChange(() -> {
            following = true;
            table.getSelectionModel().clearSelection();
            following = false;
        });
        model.rows().addListener((ListChangeListener<Integer>) change -> {
            Platform.runLater(() -> follow(true)); // once the table knows its new rows too
            describe();
        });
        model.filter().addListener(changed -> followSearch());
        filter.setText(model.filter().get()); // of the session, which is restored before the window is built
        followSearch();
        model.version().addListener(changed -> {
            describe();
        });
        frame.statusProperty().bind(model.status());
        describe();
    }

    /** Makes the column of numbers as wide as the checkpoint's last one. */
    private void makeRoomForNumbers() {
        Tables.setLongest(
                Objects.requireNonNull(columns.get(FeatureColumn.NUMBER)),
                model.size() == 0 ? "" : Integer.toString(model.size() - 1));
    }

    private void describe() {
        makeRoomForNumbers();
        int shown = model.rows().size();
        boolean rowsMayChange = model.countedForRows().isPartial();
        CountedShare counted = model.counted(FeatureColumn.DENSITY);
        soFar.setText(
                counted.isPartial()
                        ? "Numbers" + counted.soFar() + (rowsMayChange ? "; choice and order of rows may change" : "")
                        : "");
        columns.forEach((column, made) ->
                Tables.retitle(made, column.title() + (model.counted(column).isPartial() ? "\nso far" : "")));
        count.setText(
                model.size() == 0
                        ? ""
                        : shown == model.size()
                                ? NumberTexts.count(shown)
                                : NumberTexts.count(shown) + " of " + NumberTexts.count(model.size())
                                        + (rowsMayChange ? " so far" : ""));
        boolean none = model.size() > 0
                && shown == 0
                && !FeatureFilter.parse(model.filter().get()).isEmpty();
        nothing.setText(
                none
                        ? "No feature passes the filter"
                                + model.countedForRows().soFar() + "."
                                + (reason.getText().isEmpty() ? "\n" + model.whyNone() : "")
                        : "");
        clear.setVisible(none);
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
        frame.setMinWidth(LEAST_WIDTH);
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

    /** Chooses the feature of a row that the keyboard has marked alone, and remembers several. */
    private void mark() {
        if (following) {
            return;
        }
        List<Integer> rows = List.copyOf(table.getSelectionModel().getSelectedIndices());
        if (rows.size() > 1) {
            marked = rows.size() > MOST_MARKED
                    ? Set.of()
                    : rows.stream()
                            .filter(row -> row < model.rows().size())
                            .map(model.rows()::get)
                            .collect(Collectors.toUnmodifiableSet());
        } else if (rows.size() == 1 && !pressed) {
            marked = Set.of();
            int row = rows.get(0);
            if (row < model.rows().size()) {
                model.jumpTo(model.rows().get(row));
            }
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
            case MAX, LABEL -> frame.getWidth() < ROOM_FOR_ALL;
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

    private void filterKey(KeyEvent event) {
        if (event.getCode() == KeyCode.ENTER && isNumber(filter.getText())) {
            if (model.jumpTo(Integer.parseInt(filter.getText().strip()))) {
                filter.clear();
                table.requestFocus();
            } else {
                reason.refuse(filter, noFeature(filter.getText().strip()));
            }
            event.consume();
        } else {
            if (event.getCode() == KeyCode.DOWN) {
                table.requestFocus();
                event.consume();
            }
        }
    }

    private void followSearch() {
        if (model.isSearching() != searching) {
            searching = !searching;
            showColumns();
        }
    }

    private String noFeature(String typed) {
        return model.size() == 0
                ? "Features can be chosen once a checkpoint is open"
                : "There is no feature " + typed + ": the last one is " + (model.size() - 1);
    }

    /**
     * Marks the row of the chosen feature. After sorting, the table shows its top, unless the chosen feature is to stay
     * in view; after filtering, the chosen feature.
     *
     * @param rearranged whether rows have changed, so that the table may scroll
     */
    private void follow(boolean rearranged) {
        FeatureRef chosen = workbench.selection().feature().get();
        int row = chosen == null ? -1 : model.rows().rowOf(chosen.feature());
        following = true;
        try {
            if (rearranged && marked.size() > 1) {
                markAgain();
            } else if (row < 0) {
                table.getSelectionModel().clearSelection();
            } else if (rearranged && (sortedAnew || filteredAnew)) {
                table.getSelectionModel().clearAndSelect(row);
            } else if (marked.size() < 2
                    && (table.getSelectionModel().getSelectedIndex() != row
                            || table.getSelectionModel().getSelectedIndices().size() != 1)) {
                table.getSelectionModel().clearAndSelect(row);
                reveal(row);
            }
            if (rearranged && sortedAnew && !model.arrangement().keepsInView().get()) {
                table.scrollTo(0);
            } else if (rearranged && (sortedAnew || filteredAnew) && row >= 0) {
                table.scrollTo(Math.max(0, row - rowsInSight() / 3));
            }
        } finally {
            following = false;
            if (rearranged) {
                sortedAnew &= model.arranging().get();
                filteredAnew &= model.arranging().get();
            }
        }
    }

    /** Marks the rows again, wherever they are now, that were marked together. */
    private void markAgain() {
        int[] rows = IntStream.range(0, model.rows().size())
                .filter(row -> marked.contains(model.rows().get(row)))
                .toArray();
        table.getSelectionModel().clearSelection();
        if (rows.length > 0) {
            table.getSelectionModel().selectIndices(rows[0], rows);
        }
    }

    private int rowsInSight() {
        return (int) (table.getHeight() / Math.max(1, table.getFixedCellSize())) - 2;
    }

    /** Scrolls only if the row cannot be seen. */
    private void reveal(int row) {
        javafx.scene.control.skin.VirtualFlow<?> flow =
                (javafx.scene.control.skin.VirtualFlow<?>) table.lookup(".virtual-flow");
        if (flow == null || flow.getFirstVisibleCell() == null) {
            table.scrollTo(Math.max(0, row - 3));
            return;
        }
        int first = flow.getFirstVisibleCell().getIndex();
        int last = flow.getLastVisibleCell().getIndex();
        if (row <= first || row >= last) {
            table.scrollTo(Math.max(0, row - Math.max(1, rowsInSight() / 3)));
        }
    }

    private static boolean isNumber(String typed) {
        return typed.strip().matches("\\d{1,9}");
    }
}
