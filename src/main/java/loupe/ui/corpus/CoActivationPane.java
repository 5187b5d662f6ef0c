package loupe.ui.corpus;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import javafx.beans.binding.BooleanBinding;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.geometry.Pos;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.ToggleButton;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.base.Problem;
import loupe.state.corpus.CoActivationModel;
import loupe.state.corpus.CoActivationModel.Measure;
import loupe.state.corpus.CoActivationModel.With;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.References;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.RowActions;
import loupe.ui.pane.RowMenu;
import org.controlsfx.control.SegmentedButton;
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;

/**
 * The features that are active in the corpus where the chosen one is, or at a token: how often, and how closely they
 * are correlated.
 */
public final class CoActivationPane implements Pane {
    private static final double ROOM_FOR_ALL_COLUMNS = 390;
    private static final double QUERY_WIDTH = 130;

    private final CoActivationModel model;
    private final IntConsumer onFeature;
    private final IntFunction<String> describe;
    private final FileSaver desk;
    private final String side;
    private final PaneFrame frame = new PaneFrame("Active together");
    private final ToggleButton withFeature = new ToggleButton("This feature");
    private final ToggleButton atToken = new ToggleButton("A token");
    private final ComboBox<Measure> by = new ComboBox<>();
    private final CustomTextField query = (CustomTextField) TextFields.createClearableTextField();
    private final TableView<CoActivationModel.Row> table;
    private final ObservableList<CoActivationModel.Row> rows = FXCollections.observableArrayList();
    private final Label heading = new Label();
    private final Label foot = new Label();
    private Measure shownBy = Measure.CORRELATION;
    private final BooleanProperty shown = new SimpleBooleanProperty(this, "shown");
    private final BooleanProperty inFront = new SimpleBooleanProperty(this, "inFront", true);
    private final BooleanBinding inSight =
            shown.and(inFront.or(frame.maximisedProperty()).or(frame.tornOffProperty()));
    private boolean following;

    /**
     * @param onFeature called when a feature in the list is chosen
     * @param describe a few words about a feature, such as what it promotes
     */
    public CoActivationPane(
            IntConsumer onFeature, CoActivationModel model, IntFunction<String> describe, FileSaver desk) {
        this.onFeature = onFeature;
        this.model = model;
        this.describe = describe;
        this.desk = desk;
        side = model.activations().side().toString();
        table = Tables.make("together-" + side, "Features active together");
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    private void layOut() {
        SegmentedButton with = new SegmentedButton(withFeature, atToken);
        withFeature.setId("together-feature-" + side);
        withFeature.setTooltip(Tooltips.of("Features active at the tokens at which the chosen feature is"));
        withFeature.setMinWidth(Region.USE_PREF_SIZE);
        withFeature.setSelected(true);
        atToken.setId("together-token-" + side);
        atToken.setTooltip(Tooltips.of("Features active wherever one token of the vocabulary occurs"));
        atToken.setMinWidth(Region.USE_PREF_SIZE);
        by.setId("together-by-" + side);
        by.setConverter(new LabelConverter<>(Measure::title));
        by.setAccessibleText("Ranked by");
        by.getStyleClass().add("axis-choice");
        query.setId("together-query-" + side);
        query.setPromptText("one token");
        query.setTooltip(Tooltips.of(
                "A token as it stands in the text, with its leading space, or token 42 by its number; Enter "
                        + "to ask. Tokens of tables can be dropped here; a token clicked in an example is "
                        + "put here"));
        query.setAccessibleText("At which token");
        query.setPrefWidth(QUERY_WIDTH);
        FlowPane tools = new FlowPane(8, 6, with, by, query);
        tools.setAlignment(Pos.CENTER_LEFT);
        tools.setMinWidth(0);
        tools.getStyleClass().add("pane-tools-flow");
        TableColumn<CoActivationModel.Row, Number> value = Tables.numbers(
                "",
                "",
                76,
                CoActivationModel.Row::value,
                number -> shownBy.isShare()
                        ? NumberTexts.percent(number)
                        : shownBy.isCount() ? NumberTexts.count(Math.round(number)) : NumberTexts.number(number));
        heading.getStyleClass().add("column-title");
        heading.setMinWidth(Region.USE_PREF_SIZE);
        value.setGraphic(heading);
        value.setId("value");
        TableColumn<CoActivationModel.Row, Number> tokens =
                Tables.counts("Tokens", "Tokens at which both are active", 52, row -> (int) row.tokens());
        TableColumn<CoActivationModel.Row, Number> share = Tables.numbers(
                "Of this",
                "Share of the selected feature's tokens, or of the token's places, at which the other is active",
                60,
                CoActivationModel.Row::share,
                NumberTexts::percent);
        TableColumn<CoActivationModel.Row, Number> back = Tables.numbers(
                "Of other",
                "Share of the other feature's tokens at which the selected one is active, or that are the token",
                60,
                CoActivationModel.Row::back,
                NumberTexts::percent);
        table.getColumns().addAll(List.of(value, tokens, share, back));
        for (TableColumn<?, ?> more : List.of(tokens, share, back)) {
            more.visibleProperty().bind(Tables.isWiderThan(table, ROOM_FOR_ALL_COLUMNS));
        }
        table.getColumns()
                .add(Tables.counts("#", "Number of the feature", Tables.NUMBER_WIDTH, CoActivationModel.Row::feature));
        table.getColumns()
                .add(Tables.texts(
                        "Promotes",
                        "The tokens whose logits the decoder direction raises most",
                        60,
                        row -> describe.apply(row.feature()),
                        text -> text));
        table.setItems(rows);
        VBox.setVgrow(table, Priority.ALWAYS);
        foot.getStyleClass().addAll("muted", "pane-foot");
        foot.setMinWidth(0);
        foot.setWrapText(true);
        foot.setMinHeight(javafx.scene.layout.Region.USE_PREF_SIZE);
        frame.setRows();
        frame.setContent(new VBox(tools, table, foot));
        References.dragFrom(table, row -> Optional.of(References.ofFeature(row.feature())));
        References.dropOn(query, text -> model.query().set(text));
        TableExport.attachTo(table, "active-together", desk);
        frame.getMenuItems().addAll(TableExport.items(table, "active-together", desk));
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        model.queryProblem().addListener(changed -> showSummary());
        model.listing().pendingProperty().addListener(changed -> showSummary());
        withFeature.setOnAction(event -> show(With.FEATURE));
        atToken.setOnAction(event -> show(With.TOKEN));
        model.with().addListener((property, was, is) -> follow());
        query.setOnAction(event -> model.query().set(query.getText()));
        query.textProperty().addListener((property, was, is) -> {
            if (is.isEmpty()) {
                model.query().set("");
            }
        });
        model.query().addListener((property, was, is) -> {
            if (!is.equals(query.getText())) {
                query.setText(is);
            }
            showSummary();
        });
        by.valueProperty().addListener((property, was, is) -> {
            if (!following && is != null) {
                model.by().set(is);
            }
        });
        Tables.onChosen(table, row -> onFeature.accept(row.feature()));
        Answers.show(model.listing(), this::show, () -> {
            rows.clear();
            showSummary();
        });
        Answers.whileShown(frame, shown::set);
        model.setWanted(inSight.get());
        inSight.addListener((property, was, is) -> model.setWanted(is));
        follow();
    }

    /** Reads the index only while the pane's tab is in front, or the pane is elsewhere. */
    @Override
    public void standsIn(ObservableValue<Boolean> tabInFront) {
        inFront.bind(tabInFront);
    }

    /** Updates the descriptions of features, once more of them are known. */
    @Override
    public void describeAgain() {
        table.refresh();
    }

    private void show(With wanted) {
        withFeature.setSelected(wanted == With.FEATURE);
        atToken.setSelected(wanted == With.TOKEN);
        model.with().set(wanted);
        if (wanted == With.TOKEN && query.getText().isEmpty()) {
            query.requestFocus();
        }
    }

    private void follow() {
        With with = model.with().get();
        withFeature.setSelected(with == With.FEATURE);
        atToken.setSelected(with == With.TOKEN);
        query.setVisible(with == With.TOKEN);
        query.setManaged(with == With.TOKEN);
        following = true;
        by.getItems().setAll(Measure.of(with));
        by.setValue(model.by().get());
        following = false;
        showSummary();
    }

    @Override
    public void setRowActions(RowActions actions) {
        RowMenu.attach(table, row -> OptionalInt.of(row.feature()), row -> OptionalInt.empty(), actions);
    }

    /** Shows what the list is of, why the query was refused, or why the list is empty. */
    private void showSummary() {
        boolean ofFeature = model.with().get() == With.FEATURE;
        Problem refused = ofFeature ? null : model.queryProblem().get();
        query.pseudoClassStateChanged(javafx.css.PseudoClass.getPseudoClass("danger"), refused != null);
        foot.setWrapText(refused != null);
        CoActivationModel.Listing listing = model.listing().getValue();
        foot.setText(refused != null ? refused.message() : listing == null ? "" : words(listing));
        ((Label) table.getPlaceholder())
                .setText(
                        !ofFeature && model.query().get().isBlank()
                                ? "Type a token, or click one in an example"
                                : listing != null && listing.rows().isEmpty()
                                        ? ofFeature
                                                ? "No feature has " + CoActivationModel.LEAST_IN_COMMON
                                                        + " tokens in common with it"
                                                : "No feature is active at this token"
                                        : "");
    }

    private static String words(CoActivationModel.Listing listing) {
        return listing.by().with() == With.FEATURE
                ? NumberTexts.count(listing.tokens()) + " tokens, " + NumberTexts.count(listing.others())
                        + " other features; " + CoActivationModel.LEAST_IN_COMMON + " or more in common"
                : "Occurs " + NumberTexts.count(listing.tokens()) + " times; " + NumberTexts.count(listing.others())
                        + " features are active there";
    }

    private void show(CoActivationModel.Listing listing) {
        shownBy = listing.by();
        heading.setText(shownBy.title());
        heading.setTooltip(Tooltips.of(shownBy.explanation()));
        by.setTooltip(Tooltips.of("Ranked by: " + shownBy.explanation()));
        rows.setAll(listing.rows());
        showSummary();
    }
}
