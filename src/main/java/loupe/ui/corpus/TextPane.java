package loupe.ui.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.geometry.Orientation;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextArea;
import javafx.scene.control.ToggleButton;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import loupe.analysis.prompts.TextActivations;
import loupe.state.corpus.OwnText;
import loupe.state.corpus.OwnTextModel;
import loupe.state.window.FeatureRef;
import loupe.state.window.Side;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.References;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.Csv;
import loupe.ui.export.CsvExport;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.RowActions;
import loupe.ui.pane.RowMenu;
import loupe.ui.token.TokenFlow;
import loupe.ui.token.TokenLine;
import loupe.ui.token.TokenStrip;
import loupe.ui.token.TokenText;

/**
 * Any text, read by the model: its tokens coloured by the side's feature, and the features active at the token that is
 * clicked.
 */
public final class TextPane implements Pane {
    private static final double BESIDE_PIXELS = 400;
    private static final double ROOM_FOR_SHARES = 265;
    private static final double LEAST_AREA = 30;
    private static final double LEAST_READING = 58;
    private static final double STACKED_PIXELS = 220;
    private static final double ROOM_FOR_LINES = 170;
    private static final double ROOM_FOR_FOOT = 105;
    private static final double ROOM_FOR_WORDS = 190;
    private static final double LEAST_FOR_WORDS = 40;
    private static final double READING_SHARE = 0.58;
    private static final int LINES = 3;

    private final OwnTextModel model;
    private final VocabularyTexts texts;
    private final IntConsumer onFeature;
    private final IntFunction<String> describe;
    private final IntToDoubleFunction largest;
    private final FileSaver desk;
    private final Side side;
    private final PaneFrame frame = new PaneFrame("Your text");
    private final TextArea area = new TextArea();
    private final TokenStrip strip = new TokenStrip(true);
    private final ScrollPane scroll = new ScrollPane();
    private final Label hint = new Label(
            "Type or paste a text, or press the pencil beside an example, to see where the feature is active in it");
    private final ToggleButton beginning = new ToggleButton("BOS");
    private final TableView<TextActivations.Active> table;
    private final ObservableList<TextActivations.Active> rows = FXCollections.observableArrayList();
    private final Label foot = new Label();
    private boolean dividerMoved;

    /**
     * @param onFeature called when a feature is chosen
     * @param describe a few words about a feature, such as what it promotes
     * @param largest a feature's largest absolute activation in the corpus; NaN while it is not known
     */
    public TextPane(
            OwnTextModel model,
            VocabularyTexts texts,
            IntConsumer onFeature,
            IntFunction<String> describe,
            IntToDoubleFunction largest,
            FileSaver desk) {
        this.model = model;
        this.texts = texts;
        this.onFeature = onFeature;
        this.describe = describe;
        this.largest = largest;
        this.desk = desk;
        side = model.side().name();
        table = Tables.make("text-features-" + side, "Features active at the chosen token");
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    /** Focuses the text. */
    @Override
    public void focus() {
        area.requestFocus();
    }

    private void layOut() {
        area.setId("text-area-" + side);
        area.setWrapText(true);
        area.setPrefRowCount(LINES);
        area.setPromptText("Any text");
        area.setAccessibleText("Your text");
        area.getStyleClass().add("own-text");
        strip.setId("text-tokens-" + side);
        hint.setWrapText(true);
        hint.getStyleClass().addAll("muted", "text-hint");
        beginning.setId("text-beginning-" + side);
        beginning.getStyleClass().add("small-toggle");
        beginning.setTooltip(Tooltips.of(
                "Begin with the model's token for the beginning of text, as each document of the corpus does"));
        frame.getActions().add(beginning);
        scroll.setContent(new StackPane(strip, hint));
        scroll.setFitToWidth(true);
        scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
        scroll.getStyleClass().add("edge-to-edge");
        VBox.setVgrow(scroll, Priority.ALWAYS);
        VBox reading = new VBox(area, scroll);
        reading.setMinSize(0, LEAST_READING);
        area.setMinHeight(LEAST_AREA);
        scroll.setMinHeight(0);
        TableColumn<TextActivations.Active, Number> activation = Tables.numbers(
                "Act.",
                "Activation at the chosen token",
                52,
                TextActivations.Active::activation,
                NumberTexts::number);
        table.getColumns().add(activation);
        TableColumn<TextActivations.Active, Number> share = Tables.numbers(
                "Of max",
                "Share of the feature's largest absolute activation in the corpus",
                62,
                row -> row.activation() / largest.applyAsDouble(row.feature()),
                of -> Double.isFinite(of) ? NumberTexts.percent(of) : "");
        share.visibleProperty().bind(Tables.isWiderThan(table, ROOM_FOR_SHARES));
        table.getColumns().add(share);
        TableColumn<TextActivations.Active, Number> number =
                Tables.counts("#", "Number of the feature", Tables.NUMBER_WIDTH, TextActivations.Active::feature);
        table.getColumns().add(number);
        TableColumn<TextActivations.Active, String> promotes = Tables.texts(
                "Promotes",
                "The tokens whose logits the decoder direction raises most",
                70,
                row -> describe.apply(row.feature()),
                text -> text);
        promotes.visibleProperty().bind(Tables.isWiderThan(table, ROOM_FOR_WORDS));
        Tables.setLeast(promotes, LEAST_FOR_WORDS);
        table.getColumns().add(promotes);
        table.setItems(rows);
        VBox.setVgrow(table, Priority.ALWAYS);
        foot.getStyleClass().addAll("muted", "pane-foot");
        foot.setMinWidth(0);
        VBox features = new VBox(table, foot);
        features.setMinHeight(0);
        table.setMinHeight(0);
        SplitPane split = new SplitPane(reading, features);
        split.getStyleClass().add("inner-split");
        split.setDividerPositions(READING_SHARE);
        split.addEventFilter(MouseEvent.MOUSE_DRAGGED, event -> dividerMoved = true);
        for (ObservableValue<?> source :
                List.of(split.widthProperty(), split.heightProperty(), split.orientationProperty())) {
            source.addListener(changed -> {
                if (!dividerMoved) {
                    split.setDividerPositions(READING_SHARE);
                }
            });
        }
        split.orientationProperty()
                .bind(Bindings.createObjectBinding(
                        () -> split.getWidth() < BESIDE_PIXELS && split.getHeight() >= STACKED_PIXELS
                                ? Orientation.VERTICAL
                                : Orientation.HORIZONTAL,
                        split.widthProperty(),
                        split.heightProperty()));
        features.minWidthProperty() // beside the text both columns stay whole
                .bind(Bindings.when(split.orientationProperty().isEqualTo(Orientation.HORIZONTAL))
                        .then(activation.minWidthProperty().add(number.minWidthProperty()))
                        .otherwise(0));
        area.prefHeightProperty()
                .bind(split.heightProperty()
                        .map(height -> height.doubleValue() < ROOM_FOR_LINES ? LEAST_AREA : Region.USE_COMPUTED_SIZE));
        foot.visibleProperty().bind(split.heightProperty().greaterThanOrEqualTo(ROOM_FOR_FOOT));
        foot.managedProperty().bind(foot.visibleProperty());
        frame.setRows();
        frame.setContent(split);
        References.dragFrom(table, row -> Optional.of(References.ofFeature(row.feature())));
        TableExport.attachTo(table, "features-at-token", desk);
        layOutMenu();
    }

    private void layOutMenu() {
        MenuItem clear = new MenuItem("Clear the text");
        clear.setOnAction(event -> model.text().text().set(""));
        frame.getMenuItems().addAll(new CsvExport("text", this::csv, desk).items("the feature's activations"));
        frame.getMenuItems().addAll(clear, new SeparatorMenuItem());
        frame.getMenuItems().addAll(TableExport.items(table, "features-at-token", desk));
    }

    private void bind() {
        OwnText text = model.text();
        area.textProperty().bindBidirectional(text.text());
        beginning.selectedProperty().bindBidirectional(text.beginning());
        area.addEventFilter(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.TAB && !event.isShortcutDown()) {
                (event.isShiftDown() ? beginning : strip).requestFocus();
                event.consume();
            }
        });
        frame.statusProperty().bind(model.status());
        model.side().model().addListener(changed -> offerBeginning());
        strip.setOnToken(place -> text.token().set(place));
        text.token().addListener((property, was, is) -> {
            markToken();
            listFeatures();
        });
        model.side().feature().addListener(changed -> colour());
        model.range().upper().addListener(changed -> colour());
        model.range().lower().addListener(changed -> colour());
        Answers.show(model.reading(), answer -> showReading(), this::showReading);
        Tables.onChosen(table, row -> onFeature.accept(row.feature()));
        Answers.whileShown(frame, model.reading()::setWanted);
        offerBeginning();
    }

    /** Shows the choice of a beginning-of-text token where the model has one. */
    private void offerBeginning() {
        boolean has = model.text().hasBeginning();
        beginning.setVisible(has);
        beginning.setManaged(has);
    }

    private void showReading() {
        TextActivations.Answer answer = model.reading().getValue();
        hint.setVisible(answer == null);
        strip.setVisible(answer != null);
        OwnText.Read read = model.text().tokens().getValue();
        frame.subtitleProperty()
                .set(
                        answer == null
                                ? ""
                                : read != null && read.cut()
                                        ? "first "
                                                + NumberTexts.count(answer.ids().size())
                                                + " tokens: the context is full"
                                        : NumberTexts.count(answer.ids().size())
                                                + (answer.ids().size() == 1 ? " token" : " tokens"));
        colour();
        listFeatures();
    }

    private void colour() {
        TextActivations.Answer answer = model.reading().getValue();
        if (answer == null) {
            strip.setLine(TokenLine.empty(), 1, side);
            return;
        }
        FeatureRef feature = model.side().feature().get();
        float[] values = feature == null ? new float[answer.ids().size()] : answer.of(feature.feature());
        int peak = 0;
        for (int i = 1; i < values.length; i++) {
            peak = Math.abs(values[i]) > Math.abs(values[peak]) ? i : peak;
        }
        String[] words = answer.ids().stream().map(texts::of).toArray(String[]::new);
        strip.setLine(
                new TokenLine(
                        words, answer.ids().stream().mapToInt(Integer::intValue).toArray(), values, peak),
                Math.max(model.range().furthest(), Math.abs(values[peak])),
                side);
        markToken();
        markChosen();
    }

    /** Marks the chosen token, unless the strip still shows an earlier, shorter text. */
    private void markToken() {
        TextActivations.Answer answer = model.reading().getValue();
        int place = model.text().token().get();
        strip.select(answer != null && place < answer.ids().size() ? place : -1);
        if (strip.selectedProperty().get() >= 0) {
            scroll.layout();
            strip.layout();
            double hidden = strip.getHeight() - scroll.getViewportBounds().getHeight();
            double top = strip.topOf(place);
            boolean inSight = top >= scroll.getVvalue() * hidden
                    && top + TokenFlow.ROW
                            <= scroll.getVvalue() * hidden
                                    + scroll.getViewportBounds().getHeight();
            if (hidden > 0 && !inSight) {
                scroll.setVvalue(Math.max(0, Math.min(1, (top - TokenFlow.ROW / 2) / hidden)));
            }
        }
    }

    private void listFeatures() {
        TextActivations.Answer answer = model.reading().getValue();
        int place = model.text().token().get();
        boolean chosen = answer != null && place >= 0 && place < answer.ids().size();
        rows.setAll(model.active());
        ((Label) table.getPlaceholder())
                .setText(
                        chosen
                                ? "No feature is active at this token"
                                : answer == null ? "" : "Click a token to list its features");
        foot.setText(
                !chosen
                        ? ""
                        : "\u201c" + TokenText.visible(texts.of(answer.ids().get(place))) + "\u201d: "
                                + (answer.l0(place) > rows.size() ? NumberTexts.count(rows.size()) + " of " : "")
                                + NumberTexts.count(answer.l0(place)) + " features active");
        markChosen();
    }

    /** Selects the row of the chosen feature, if it is listed. */
    private void markChosen() {
        FeatureRef feature = model.side().feature().get();
        for (int row = 0; row < rows.size(); row++) {
            if (feature != null && rows.get(row).feature() == feature.feature()) {
                table.getSelectionModel().clearAndSelect(row);
                return;
            }
        }
        table.getSelectionModel().clearSelection();
    }

    @Override
    public void setRowActions(RowActions actions) {
        RowMenu.attach(table, row -> OptionalInt.of(row.feature()), row -> OptionalInt.empty(), actions);
    }

    private Csv csv() {
        TextActivations.Answer answer = model.reading().getValue();
        FeatureRef feature = model.side().feature().get();
        List<List<?>> lines = new ArrayList<>();
        if (answer != null && feature != null) {
            float[] values = answer.of(feature.feature());
            for (int i = 0; i < values.length; i++) {
                lines.add(List.of(i, answer.ids().get(i), texts.of(answer.ids().get(i)), feature.feature(), values[i]));
            }
        }
        return new Csv(List.of("position", "token id", "token", "feature", "activation"), lines);
    }
}
