package loupe.ui.text;

import java.util.List;
import java.util.OptionalInt;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import javafx.beans.binding.Bindings;
import javafx.beans.binding.BooleanBinding;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.Attribution.Method;
import loupe.state.text.AttributionModel;
import loupe.state.text.AttributionModel.Row;
import loupe.state.text.AttributionModel.Sums;
import loupe.state.text.PromptMetric;
import loupe.state.text.PromptTokens;
import loupe.state.window.Side;
import loupe.ui.control.IconButtons;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenText;
import org.kordamp.ikonli.feather.Feather;

/**
 * Which features of the open checkpoints, and which errors, drive the prediction after the clean prompt: effects by
 * gradient, by integrated gradients and as measured, and what their sums leave of the whole.
 */
public final class AttributionPane implements Pane {
    private static final double ROOM_FOR_PLACE = 360;
    private static final double LEAST_TABLE = 60;

    private final AttributionModel model;
    private final BiConsumer<Side, Integer> onFeature;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Attribution");
    private final ComboBox<Method> method = new ComboBox<>();
    private final ComboBox<PromptMetric> metric = new ComboBox<>();
    private final Button stop;
    private final TableView<Row> table = Tables.make("attribution", "Effects of features and errors");
    private final ObservableList<Row> rows = FXCollections.observableArrayList();
    private final Label sums = new Label();

    /** @param onFeature called when a feature of a side's checkpoint is chosen */
    public AttributionPane(AttributionModel model, BiConsumer<Side, Integer> onFeature, FileSaver desk) {
        this.model = model;
        this.onFeature = onFeature;
        this.desk = desk;
        stop = IconButtons.of(Feather.SQUARE, "Stop; what is known stays", model::stop);
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

    private static String title(Method method) {
        return switch (method) {
            case GRADIENT -> "AtP";
            case INTEGRATED_GRADIENTS -> "IG";
            case EXACT -> "Exact";
        };
    }

    private void layOut() {
        method.setId("attribution-method");
        method.getItems().setAll(Method.values());
        method.setConverter(new LabelConverter<>(AttributionPane::title));
        method.setAccessibleText("Effects that the nodes are listed by");
        method.setTooltip(Tooltips.of("List by attribution patching (change times gradient at the clean run), by "
                + "integrated gradients (times the mean gradient on the way, 10 steps), or measure each effect, with a "
                + "run for each feature and token that differ"));
        metric.setId("attribution-metric");
        metric.getItems().setAll(PromptMetric.values());
        metric.setConverter(new LabelConverter<>(PatchingPane::title));
        metric.setAccessibleText("What the effects are on");
        metric.setTooltip(Tooltips.of("What the effects are on, after the last token of the clean prompt: the logit of "
                + "the answer less that of the wrong one, the answer's log-probability in nats, or the divergence from "
                + "the clean run's prediction in nats, which has no AtP"));
        stop.setId("attribution-stop");
        frame.getActions().addAll(method, metric, stop);
        table.getColumns()
                .add(Tables.texts("Of", "Checkpoint", 30, row -> row.side().name(), text -> text));
        TableColumn<Row, String> place = Tables.texts(
                "Written at",
                "Hook point where the checkpoint writes",
                170,
                row -> row.at().name(),
                text -> text);
        place.visibleProperty().bind(Tables.isWiderThan(table, ROOM_FOR_PLACE));
        table.getColumns().add(place);
        table.getColumns()
                .add(Tables.texts(
                        "Node",
                        "Feature, or the error: what the checkpoint does not reconstruct",
                        60,
                        AttributionPane::name,
                        text -> text));
        table.getColumns()
                .add(Tables.counts("Place", "Number of the token in the clean prompt, from 0", 40, Row::position));
        table.getColumns().add(Tables.texts("Token", "Token of the clean prompt", 60, this::token, TokenText::visible));
        table.getColumns()
                .add(Tables.numbers(
                        "AtP", "Change times gradient at the clean run", 60, Row::atp, AttributionPane::number));
        table.getColumns()
                .add(Tables.numbers(
                        "IG",
                        "Change times the mean gradient on the way, in 10 steps",
                        60,
                        Row::ig,
                        AttributionPane::number));
        table.getColumns()
                .add(Tables.numbers(
                        "Exact",
                        "What the figure really changes by; measured of the ten largest effects, or of all",
                        60,
                        Row::exact,
                        AttributionPane::number));
        table.setItems(rows);
        table.setMinHeight(0);
        table.setPrefHeight(LEAST_TABLE);
        VBox.setVgrow(table, Priority.ALWAYS);
        sums.setId("attribution-sums");
        sums.getStyleClass().addAll("muted", "pane-foot");
        sums.setMinWidth(0);
        sums.setWrapText(true);
        sums.setMinHeight(0);
        VBox content = new VBox(table, sums);
        content.setMinSize(0, 0);
        frame.setRows();
        frame.setContent(content);
        TableExport.attachTo(table, "attribution", desk);
        frame.getMenuItems().addAll(TableExport.items(table, "attribution", desk));
    }

    private static String name(Row row) {
        return row.feature().isPresent() ? "#" + row.feature().getAsInt() : "error";
    }

    private String token(Row row) {
        PromptTokens tokens = model.prompt().cleanTokens().get();
        return row.position() < tokens.size() ? tokens.texts().get(row.position()) : "";
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : NumberTexts.number(value);
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        method.valueProperty().bindBidirectional(model.method());
        metric.valueProperty().bindBidirectional(model.metric());
        BooleanBinding pending = Bindings.createBooleanBinding(
                () -> List.of(Method.values()).stream()
                        .anyMatch(by -> model.answer(by).isPending()),
                List.of(Method.values()).stream()
                        .map(by -> model.answer(by).pendingProperty())
                        .toArray(ObservableValue[]::new));
        stop.visibleProperty().bind(pending);
        stop.managedProperty().bind(pending);
        model.method().addListener(changed -> show());
        for (Method by : Method.values()) {
            model.answer(by).valueProperty().addListener(changed -> show());
        }
        Tables.onChosen(table, this::go);
        Answers.whileInFront(frame, shows -> model.wanting().set(this, shows));
        show();
    }

    private void go(Row row) {
        model.prompt().position().set(row.position());
        OptionalInt feature = row.feature();
        if (feature.isPresent()) {
            onFeature.accept(row.side(), feature.getAsInt());
        }
    }

    private void show() {
        rows.setAll(model.rows());
        table.sort();
        sums.setText(model.sums().stream().map(AttributionPane::words).collect(Collectors.joining("\n")));
    }

    /** The gap between the sums and the whole, which is always said. */
    private static String words(Sums of) {
        return of.side() + " at " + of.at().name() + ": features " + NumberTexts.number(of.features()) + " + errors "
                + NumberTexts.number(of.errors()) + " = " + NumberTexts.number(of.features() + of.errors())
                + " of " + NumberTexts.number(of.whole()) + ", gap " + NumberTexts.number(of.gap())
                + (Double.isNaN(of.total()) ? "" : "; clean to corrupt " + NumberTexts.number(of.total()));
    }
}
