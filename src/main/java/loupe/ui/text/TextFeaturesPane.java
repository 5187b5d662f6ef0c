package loupe.ui.text;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.state.text.TextFeaturesModel;
import loupe.state.text.TextFeaturesModel.Order;
import loupe.state.text.TextFeaturesModel.Row;
import loupe.state.window.FeatureRef;
import loupe.state.window.VocabularyTexts;
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
import loupe.ui.token.TokenText;

/**
 * The features of one side's checkpoint in the prompts: at the chosen token, or the first of the whole clean prompt.
 */
public final class TextFeaturesPane implements Pane {
    private static final double ROOM_FOR_SUMS = 420;
    private static final double ROOM_FOR_SHARES = 500;
    private static final double ROOM_FOR_WORDS = 230;
    private static final double LEAST_FOR_WORDS = 40;

    private final TextFeaturesModel model;
    private final VocabularyTexts texts;
    private final IntConsumer onFeature;
    private final IntFunction<String> describe;
    private final IntToDoubleFunction largest;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Features in the prompts");
    private final ComboBox<Order> order = new ComboBox<>();
    private final TableView<Row> table;
    private final ObservableList<Row> rows = FXCollections.observableArrayList();
    private final BooleanProperty two = new SimpleBooleanProperty();
    private final Label foot = new Label();

    /**
     * @param onFeature called when a feature is chosen
     * @param describe a few words about a feature, such as what it promotes
     * @param largest a feature's largest absolute activation in the corpus; NaN while it is not known
     */
    public TextFeaturesPane(
            TextFeaturesModel model,
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
        table = Tables.make("prompt-features-" + model.side().name(), "Features active in the prompts");
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public void focus() {
        table.requestFocus();
    }

    @Override
    public void describeAgain() {
        table.refresh();
    }

    private static String title(Order order) {
        return switch (order) {
            case TOKEN -> "At the token";
            case MAXIMUM -> "By maximum";
            case SUM -> "By sum";
        };
    }

    private void layOut() {
        order.setId("prompt-features-order-" + model.side().name());
        order.getItems().setAll(Order.values());
        order.setConverter(new LabelConverter<>(TextFeaturesPane::title));
        order.setAccessibleText("Which features are listed first");
        order.setTooltip(Tooltips.of("List the features most active at the chosen token, or those of the whole clean "
                + "prompt by their largest activation or by the sum of all"));
        frame.getActions().add(order);
        table.getColumns().add(Tables.counts("#", "Number of the feature", Tables.NUMBER_WIDTH, Row::feature));
        table.getColumns()
                .add(Tables.numbers(
                        "Act.",
                        "Activation at the chosen token of the clean prompt",
                        52,
                        Row::activation,
                        NumberTexts::number));
        TableColumn<Row, Number> corrupt = Tables.numbers(
                "Corrupt", "Activation at that token of the corrupt prompt", 52, Row::corrupt, NumberTexts::number);
        corrupt.visibleProperty().bind(two);
        table.getColumns().add(corrupt);
        table.getColumns()
                .add(Tables.numbers(
                        "Max",
                        "Activation furthest from 0 at any token of the clean prompt",
                        52,
                        row -> row.whole().maximum(),
                        NumberTexts::number));
        TableColumn<Row, Number> sum = Tables.numbers(
                "Sum",
                "Sum of the activations at all tokens of the clean prompt",
                52,
                row -> row.whole().sum(),
                NumberTexts::number);
        TableColumn<Row, Number> tokens = Tables.counts(
                "Tokens",
                "Number of tokens of the clean prompt at which it is active",
                52,
                row -> row.whole().tokens());
        TableColumn<Row, Number> share = Tables.numbers(
                "Of max",
                "Share that its maximum here is of its largest absolute activation in the corpus",
                62,
                row -> Math.abs(row.whole().maximum()) / largest.applyAsDouble(row.feature()),
                of -> Double.isFinite(of) ? NumberTexts.percent(of) : "");
        TableColumn<Row, String> promotes = Tables.texts(
                "Promotes",
                "Its label, or the tokens whose logits the decoder direction raises most",
                70,
                row -> describe.apply(row.feature()),
                TokenText::sentence);
        sum.visibleProperty().bind(Tables.isWiderThan(table, ROOM_FOR_SUMS));
        tokens.visibleProperty().bind(Tables.isWiderThan(table, ROOM_FOR_SUMS));
        share.visibleProperty().bind(Tables.isWiderThan(table, ROOM_FOR_SHARES));
        promotes.visibleProperty().bind(Tables.isWiderThan(table, ROOM_FOR_WORDS));
        Tables.setLeast(promotes, LEAST_FOR_WORDS);
        table.getColumns().addAll(List.of(sum, tokens, share, promotes));
        table.setItems(rows);
        table.setMinHeight(0);
        VBox.setVgrow(table, Priority.ALWAYS);
        foot.getStyleClass().addAll("muted", "pane-foot");
        foot.setMinWidth(0);
        VBox content = new VBox(table, foot);
        content.setMinSize(0, 0);
        frame.setRows();
        frame.setContent(content);
        References.dragFrom(table, row -> Optional.of(References.ofFeature(row.feature())));
        TableExport.attachTo(table, "features-in-prompt", desk);
        frame.getMenuItems().addAll(TableExport.items(table, "features-in-prompt", desk));
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        order.valueProperty().bindBidirectional(model.order());
        for (ObservableValue<?> source : List.of(
                model.order(),
                model.prompt().position(),
                model.whole(),
                model.corrupt().valueProperty())) {
            source.addListener(changed -> show());
        }
        model.side().feature().addListener(changed -> markChosen());
        Tables.onChosen(table, row -> onFeature.accept(row.feature()));
        Answers.whileShown(frame, shows -> model.wanting().set(this, shows));
        show();
    }

    @Override
    public void setRowActions(RowActions actions) {
        RowMenu.attach(table, row -> OptionalInt.of(row.feature()), row -> OptionalInt.empty(), actions);
    }

    private void show() {
        two.set(model.corrupt().getValue() != null);
        rows.setAll(model.rows());
        ((Label) table.getPlaceholder()).setText(model.clean().getValue() == null ? "" : "No feature is active here");
        int place = model.prompt().position().get();
        boolean known = model.clean().getValue() != null
                && place >= 0
                && place < model.clean().getValue().ids().size();
        String word = known
                ? TokenText.visible(texts.of(model.clean().getValue().ids().get(place)))
                : "";
        int active = model.order().get() == Order.TOKEN ? model.activeAtToken() : model.activeAnywhere();
        foot.setText(
                !known
                        ? ""
                        : (model.order().get() == Order.TOKEN ? "\u201c" + word + "\u201d: " : "Clean prompt: ")
                                + (active > rows.size() ? NumberTexts.count(rows.size()) + " of " : "")
                                + NumberTexts.count(active)
                                + (active == 1 ? " feature active" : " features active"));
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
}
