package loupe.ui.features;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ObservableValue;
import javafx.collections.ListChangeListener;
import javafx.geometry.Insets;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import javafx.scene.text.TextAlignment;
import loupe.search.FeatureColumn;
import loupe.search.FeatureFilter;
import loupe.state.corpus.CountedShare;
import loupe.state.features.FeatureTableModel;
import loupe.state.window.Workbench;
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
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** All features of checkpoint A: sorted, filtered, one chosen. Typing a number in the filter and Enter jumps to it. */
public final class FeatureTablePane implements Pane {
    /** The first columns as narrow as they get, and a scroll bar. */
    private static final double LEAST_WIDTH = 244;

    private final FeatureTableModel model;
    private final Supplier<String> provenance;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Features");
    private final CustomTextField filter = (CustomTextField) TextFields.createClearableTextField();
    private final TableView<Integer> table = Tables.make("feature-table", "Features");
    private final Label nothing = new Label();
    private final Button clear = new Button("Clear the filter");
    private final Reason reason = new Reason("feature-filter-reason");
    private final Label count = new Label();
    private final Label soFar = new Label();
    private final FeatureTableColumns columns;

    /** @param provenance of what was counted of all features, for the captions of pictures */
    public FeatureTablePane(Workbench workbench, FeatureTableModel model, Supplier<String> provenance, FileSaver desk) {
        this.provenance = provenance;
        this.desk = desk;
        this.model = model;
        table.setItems(model.rows());
        columns = new FeatureTableColumns(model, table, frame.widthProperty());
        layOut();
        MarkedRows.attachTo(table, workbench.selection(), model);
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
        HBox tools = new HBox(8, filter, columns.chooser());
        tools.getStyleClass().add("pane-tools");
        tools.setAlignment(Pos.CENTER_LEFT);
        count.getStyleClass().add("muted");
        DensityOverview densities = new DensityOverview(model, filter, provenance, desk);
        frame.getActions().addAll(count, densities.toggle());
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
        References.dragFrom(table, feature -> Optional.of(References.ofFeature(feature)));
        ObservableValue<Boolean> filtered =
                Bindings.createBooleanBinding(() -> model.rows().size() < model.size(), model.rows(), model.version());
        TableExport.attachTo(table, "features", desk, filtered);
        frame.getMenuItems().addAll(TableExport.items(table, "features", desk, filtered));
    }

    private void bind() {
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
        model.arrangement().sorting().addListener(changed -> describe());
        model.filter().addListener(changed -> describe());
        model.rows().addListener((ListChangeListener<Integer>) change -> describe());
        model.filter().addListener(changed -> columns.followSearch());
        filter.setText(model.filter().get()); // of the session, which is restored before the window is built
        columns.followSearch();
        model.version().addListener(changed -> describe());
        frame.statusProperty().bind(model.status());
        describe();
    }

    private void describe() {
        columns.describe();
        int shown = model.rows().size();
        boolean rowsMayChange = model.countedForRows().isPartial();
        CountedShare counted = model.counted(FeatureColumn.DENSITY);
        soFar.setText(
                counted.isPartial()
                        ? "Numbers" + counted.soFar() + (rowsMayChange ? "; choice and order of rows may change" : "")
                        : "");
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

    private static boolean isNumber(String typed) {
        return typed.strip().matches("\\d{1,9}");
    }
}
