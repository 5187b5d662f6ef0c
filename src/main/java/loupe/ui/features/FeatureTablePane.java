package loupe.ui.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javafx.beans.value.ObservableValue;
import javafx.collections.ListChangeListener;
import javafx.geometry.Insets;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import javafx.scene.text.TextAlignment;
import javafx.util.Callback;
import loupe.search.FeatureColumn;
import loupe.search.FeatureFilter;
import loupe.state.corpus.CountedShare;
import loupe.state.features.FeatureTableModel;
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
import loupe.ui.token.TokenText;
import org.controlsfx.control.CheckComboBox;
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** All features of checkpoint A: sorted, filtered, one chosen. Typing a number in the filter and Enter jumps to it. */
public final class FeatureTablePane implements Pane {
    private static final List<FeatureColumn> FIRST_SHOWN =
            List.of(FeatureColumn.NUMBER, FeatureColumn.DENSITY, FeatureColumn.MAX, FeatureColumn.PROMOTED);

    private static final double COLUMN_CHOOSER_WIDTH = 104;
    private static final double LEAST_FOR_TEXT = 40;
    /** The first columns as narrow as they get, and a scroll bar. */
    private static final double LEAST_WIDTH = 244;

    private static final double ROOM_FOR_CHOOSER = 200;
    private static final double ROOM_FOR_ALL = 460;

    private final Workbench workbench;
    private final FeatureTableModel model;
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
    private boolean arrangedAnew;
    private boolean searching;
    private boolean labelled;

    public FeatureTablePane(Workbench workbench, FeatureTableModel model, FileSaver desk) {
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
        chooser.setTooltip(Tooltips.of("Which columns are shown"));
        chooser.setConverter(new LabelConverter<>(FeatureColumn::title));
        chooser.getCheckModel().check(0);
        FIRST_SHOWN.forEach(chooser.getCheckModel()::check);
        chooser.visibleProperty().bind(frame.widthProperty().greaterThan(ROOM_FOR_CHOOSER));
        chooser.managedProperty().bind(chooser.visibleProperty());
        HBox tools = new HBox(8, filter, chooser);
        tools.getStyleClass().add("pane-tools");
        tools.setAlignment(Pos.CENTER_LEFT);
        for (FeatureColumn column : FeatureColumn.values()) {
            columns.put(column, column(column));
        }
        count.getStyleClass().add("muted");
        DensityOverview densities = new DensityOverview(model, filter);
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
        TableExport.attachTo(table, "features", desk);
        table.getSelectionModel().setSelectionMode(javafx.scene.control.SelectionMode.SINGLE);
        frame.getMenuItems().addAll(TableExport.items(table, "features", desk));
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
                    case LABEL, NOTE, FOUND ->
                        upToDate(Tables.texts(
                                column.title(),
                                column.explanation(),
                                column == FeatureColumn.FOUND ? 150 : 110,
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
        chooser.getCheckModel().getCheckedItems().addListener((ListChangeListener<FeatureColumn>)
                change -> showColumns());
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
        table.getSelectionModel().selectedItemProperty().addListener((property, was, is) -> {
            if (is != null && !following) {
                model.jumpTo(is);
            }
        });
        workbench.selection().feature().addListener((property, was, is) -> follow(false));
        for (javafx.beans.Observable arrangement : List.of(model.filter(), model.sortedBy(), model.descending())) {
            arrangement.addListener(changed -> {
                arrangedAnew = true;
                describe();
            });
        }
        model.rows().addListener((ListChangeListener<Integer>) change -> {
            workbench.fx().execute(() -> follow(true)); // once the table knows its new rows too
            describe();
        });
        model.filter().addListener(changed -> {
            if (model.isSearching() != searching) {
                searching = !searching;
                showColumns();
            }
        });
        model.version().addListener(changed -> {
            if (!labelled && model.hasLabels()) {
                labelled = true;
                chooser.getCheckModel().check(FeatureColumn.LABEL);
            }
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
                        ? "So far: " + counted.words() + " counted"
                                + (rowsMayChange ? "; choice and order of rows may change" : "")
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
                        ? "No feature passes the filter" + model.countedForRows().soFar() + "."
                                + (reason.getText().isEmpty() ? "\n" + model.whyNone() : "")
                        : "");
        clear.setVisible(none);
    }

    private void showColumns() {
        List<TableColumn<Integer, ?>> shown = new ArrayList<>();
        for (FeatureColumn column : FeatureColumn.values()) {
            boolean wanted = column == FeatureColumn.FOUND
                    ? searching
                    : chooser.getCheckModel().isChecked(column) && !(searching && givesWay(column));
            if (wanted) {
                shown.add(columns.get(column));
            }
        }
        frame.setMinWidth(LEAST_WIDTH);
        table.getColumns().setAll(shown);
        chooseResizing();
    }

    /** Columns fill the table; more of them than have room are scrolled. */
    private void chooseResizing() {
        double wanted = table.getColumns().stream()
                .mapToDouble(TableColumn::getMinWidth)
                .sum();
        boolean fit = table.getColumns().size() <= FIRST_SHOWN.size() + 1 || wanted < table.getWidth();
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
        if (table.getSortOrder().isEmpty()) {
            model.sortedBy().set(FeatureColumn.NUMBER);
            model.descending().set(false);
            return;
        }
        TableColumn<Integer, ?> by = table.getSortOrder().get(0);
        columns.forEach((column, shown) -> {
            if (shown == by) {
                model.sortedBy().set(column);
                model.descending().set(by.getSortType() == TableColumn.SortType.DESCENDING);
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

    private String noFeature(String typed) {
        return model.size() == 0
                ? "Features can be chosen once a checkpoint is open"
                : "There is no feature " + typed + ": the last one is " + (model.size() - 1);
    }

    /** @param rearranged whether rows have changed, so that the table may scroll to the chosen feature */
    private void follow(boolean rearranged) {
        FeatureRef chosen = workbench.selection().feature().get();
        int row = chosen == null ? -1 : model.rows().rowOf(chosen.feature());
        following = true;
        try {
            if (row < 0) {
                table.getSelectionModel().clearSelection();
            } else if (rearranged && arrangedAnew) {
                table.getSelectionModel().clearAndSelect(row);
                table.scrollTo(Math.max(0, row - rowsInSight() / 3));
            } else if (table.getSelectionModel().getSelectedIndex() != row
                    || !Integer.valueOf(chosen.feature())
                            .equals(table.getSelectionModel().getSelectedItem())) {
                table.getSelectionModel().clearAndSelect(row);
                reveal(row);
            }
        } finally {
            following = false;
            arrangedAnew &= model.arranging().get();
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
