package loupe.ui.text;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.geometry.Orientation;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.DoseTable;
import loupe.state.text.DoseModel;
import loupe.state.text.DoseModel.Settings;
import loupe.ui.chart.LineChart;
import loupe.ui.control.IconButtons;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Reason;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.Exportable;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.text.DoseFigures.Measure;
import org.kordamp.ikonli.feather.Feather;

/** What A's feature does as it is pushed further and further, beside controls: curves and their figures. */
public final class DosePane implements Pane {
    private static final double CHART_SHARE = 0.6;

    private final DoseModel model;
    private final PaneFrame frame = new PaneFrame("Doses");
    private final Reason reason = new Reason("dose-reason");
    private final FieldRow fields = new FieldRow(reason, this::take);
    private final TextField most = fields.add(
            "dose-most",
            "Up to",
            "The largest dose: a multiple of the feature's largest activation on the corpus where that is counted, "
                    + "else what is added to the activation at every token",
            4);
    private final TextField doses = fields.add("dose-doses", "Doses", "From 0 on, at equal distances, 1 to 200", 3);
    private final TextField directions = fields.add(
            "dose-directions", "Controls", "Random directions, and other features, pushed as far; 0 to 50 of each", 3);
    private final TextField tokens =
            fields.add("dose-tokens", "Tokens", "Generated after the prompt for each text; 0 for no texts", 3);
    private final TextField texts = fields.add("dose-texts", "Texts", "At each dose, each with a seed of its own", 3);
    private final TextField words = fields.add(
            "dose-words",
            "Words",
            "Between commas: texts that contain one are counted, and the probability of their first tokens after "
                    + "the prompt is followed",
            10);
    private final Button start = new Button("Measure");
    private final Button stop;
    private final ComboBox<Measure> measure = new ComboBox<>(FXCollections.observableArrayList(Measure.values()));
    private final StackPane charted = new StackPane();
    private final TableView<DoseTable.Row> table = Tables.make("doses", "Figures of the doses");
    private final ObservableList<DoseTable.Row> rows = FXCollections.observableArrayList();
    private final Label foot = new Label();
    private final Map<Charted, LineChart> charts = new HashMap<>();
    private final Supplier<String> provenance;
    private final FileSaver desk;
    private LineChart shown;

    /** What a chart shows, and whether its doses are multiples of the corpus maximum. */
    private record Charted(Measure measure, boolean multiples) {}

    public DosePane(DoseModel model, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        this.provenance = provenance;
        this.desk = desk;
        stop = IconButtons.of(Feather.SQUARE, "Stop measuring; what is computed stays", model.answer()::stop);
        measure.setValue(Measure.KL);
        shown = chart();
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public void focus() {
        start.requestFocus();
    }

    @Override
    public Optional<ExportMenu> picture() {
        return Optional.of(new ExportMenu(shown, provenance, desk));
    }

    /** The chart of the chosen measure; each has its own, so that its axes fit it. */
    private LineChart chart() {
        boolean multiples = model.asked().map(DoseModel.Asked::isMultiple).orElse(true);
        return charts.computeIfAbsent(new Charted(measure.getValue(), multiples), asked -> {
            LineChart chart = DoseFigures.chart(asked.measure, asked.multiples);
            chart.setId("dose-chart");
            picture(chart).attachTo(chart);
            return chart;
        });
    }

    private ExportMenu picture(Exportable chart) {
        return new ExportMenu(chart, provenance, desk);
    }

    private void layOut() {
        start.setId("dose-start");
        start.setMinWidth(Region.USE_PREF_SIZE);
        start.setTooltip(
                Tooltips.of("Pushes the chosen feature of A on the clean prompt, beside the wrong sign, random "
                        + "directions and other features"));
        stop.setId("dose-stop");
        measure.setId("dose-measure");
        measure.setAccessibleText("What the chart shows");
        measure.setTooltip(Tooltips.of("What the chart shows over the doses; the table has all of it"));
        HBox buttons = new HBox(6, start, stop, measure);
        buttons.setAlignment(Pos.CENTER_LEFT);
        VBox tools = new VBox(4, fields, reason, buttons);
        tools.getStyleClass().addAll("pane-tools", "two-rows");
        table.getColumns()
                .add(Tables.texts(
                        "Arm",
                        "What is pushed: the feature, the feature the other way, random directions or other features "
                                + "by a vector of the same length",
                        96,
                        row -> row.arm().toString(),
                        text -> text));
        table.getColumns()
                .add(Tables.numbers(
                        "Dose",
                        "What is added to the activation at every token, in multiples of the corpus maximum where "
                                + "that is counted",
                        54,
                        DoseTable.Row::multiple,
                        NumberTexts::number));
        table.getColumns()
                .add(Tables.numbers(
                        "KL",
                        "Divergence of the predictions on the prompt from those without, nats a token",
                        54,
                        DoseTable.Row::kl,
                        NumberTexts::number));
        table.getColumns()
                .add(numbers(
                        "Perplexity", "Of the generated texts under the model as it is", DoseTable.Row::perplexity));
        table.getColumns()
                .add(numbers(
                        "Log-prob.",
                        "Of the first tokens of the words together, after the prompt, in nats",
                        DoseTable.Row::logProbability));
        table.getColumns()
                .add(numbers(
                        "Read back",
                        "Activation of the feature as the checkpoint reads the changed values, mean over the prompt",
                        DoseTable.Row::activation));
        table.getColumns()
                .add(numbers("Share", "Share of the texts that contain one of the words", DoseTable.Row::share));
        table.getColumns().add(numbers("From", "Lower end of the share's Wilson interval at 95 %", DoseTable.Row::low));
        table.getColumns().add(numbers("To", "Upper end of the share's Wilson interval at 95 %", DoseTable.Row::high));
        table.setItems(rows);
        table.setMinHeight(0);
        charted.setMinSize(0, 0);
        SplitPane split = new SplitPane(charted, table);
        split.setOrientation(Orientation.VERTICAL);
        split.getStyleClass().add("inner-split");
        split.setDividerPositions(CHART_SHARE);
        VBox.setVgrow(split, Priority.ALWAYS);
        foot.getStyleClass().addAll("muted", "pane-foot");
        foot.setWrapText(true);
        foot.setMinHeight(Region.USE_PREF_SIZE);
        frame.setContent(new VBox(tools, split, foot));
        TableExport.attachTo(table, "doses", desk);
        frame.getMenuItems().addAll(TableExport.items(table, "doses", desk));
        frame.getMenuItems().add(new SeparatorMenuItem());
    }

    private static javafx.scene.control.TableColumn<DoseTable.Row, Number> numbers(
            String title, String tip, java.util.function.ToDoubleFunction<DoseTable.Row> of) {
        return Tables.numbers(title, tip, 62, of, value -> Double.isNaN(value) ? "" : NumberTexts.number(value));
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        start.setOnAction(event -> model.start());
        stop.disableProperty().bind(model.answer().pendingProperty().not());
        model.settings().addListener(changed -> showSettings());
        model.side().feature().addListener(changed -> showFeature());
        measure.valueProperty().addListener(changed -> show());
        Answers.show(model.table(), figures -> show(), this::show);
        showSettings();
        showFeature();
    }

    private void take() {
        model.settings()
                .set(Settings.of(
                        FieldRow.number(most),
                        FieldRow.number(doses),
                        FieldRow.number(directions),
                        FieldRow.number(tokens),
                        FieldRow.number(texts),
                        words.getText()));
    }

    private void showSettings() {
        Settings now = model.settings().get();
        most.setText(NumberTexts.plain(now.most()));
        doses.setText("" + now.doses());
        directions.setText("" + now.directions());
        tokens.setText("" + now.tokens());
        texts.setText("" + now.texts());
        words.setText(now.words());
    }

    private void showFeature() {
        start.setText(
                model.side().feature().get() == null
                        ? "Measure"
                        : "Measure #" + model.side().feature().get().feature());
        start.setDisable(model.side().feature().get() == null);
    }

    private void show() {
        DoseModel.Shown figures = model.table().getValue();
        shown = chart();
        charted.getChildren().setAll(shown);
        if (figures == null) {
            rows.clear();
            foot.setText("Up to is a multiple of the feature's largest activation where a corpus is counted. "
                    + "Each dose is computed on the clean prompt when you press Measure");
            frame.subtitleProperty().set("");
            return;
        }
        rows.setAll(figures.table().rows());
        DoseFigures.draw(shown, figures.table(), measure.getValue());
        int feature = figures.asked().question().feature();
        frame.subtitleProperty().set("feature " + feature);
        foot.setText((figures.asked().isMultiple()
                        ? "A dose of 1 is " + NumberTexts.number(figures.asked().unit())
                                + ", the largest activation on the corpus. "
                        : "Doses are added to the activation: no corpus is counted. ")
                + "Lines: the feature, dashed the other way; random directions, dashed other features. "
                + "Bands: Wilson intervals at 95 %");
    }
}
