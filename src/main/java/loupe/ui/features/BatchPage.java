package loupe.ui.features;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ChangeListener;
import javafx.beans.value.WeakChangeListener;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.TableView;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import javafx.stage.FileChooser;
import loupe.analysis.batch.BatchPlan;
import loupe.analysis.batch.BatchRow;
import loupe.base.Problem;
import loupe.state.features.BatchModel;
import loupe.state.features.FeatureTableModel;
import loupe.state.window.Activity;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.SliderField;
import loupe.ui.control.SliderScale;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;

/**
 * Trees, token lists and best scales of the features that the table lists: started, stopped, resumed and browsed here;
 * a batch keeps running while the page is closed.
 */
public final class BatchPage {
    private static final int NODES = 300;

    private final BatchModel model;
    private final FeatureTableModel features;
    private final FileSaver desk;
    private final VBox box = new VBox(12);
    private final CheckBox trees =
            part("Trees", "tree", "The definition tree of each, as JSON in the file, with its likeliest sentence here");
    private final CheckBox lists = part("Token lists", "tokens", "The 50 tokens nearest to each one's ghost");
    private final CheckBox scales =
            part("Best scales", "scale", "A sweep over 24 scales or more, 21 nodes each; by far the longest part");
    private final SliderField nodes = new SliderField(
            "Most nodes",
            "",
            "How many of its most probable nodes a tree keeps",
            SliderScale.logarithmic(10, 10_000, 0.1, 0.5),
            NODES);
    private final Button start = new Button("Start...");
    private final CheckBox costs = part(
            "CE cost",
            "cost",
            "What ablating each feature adds to the loss, over random examples of the counted corpus; it is the column "
                    + "CE cost of the table");
    private final Button stop = new Button("Stop");
    private final Button resume = new Button("Resume");
    private final Label summary = new Label();
    private final ProgressBar bar = new ProgressBar();
    private final TableView<BatchRow> table = Tables.make("batch-table", "What was found of each feature");
    private final ChangeListener<Object> follow = (property, was, is) -> show();

    /**
     * @param choose selects a feature everywhere
     * @param leave closes the page
     */
    public BatchPage(BatchModel model, FeatureTableModel features, FileSaver desk, IntConsumer choose, Runnable leave) {
        this.model = model;
        this.features = features;
        this.desk = desk;
        box.getStyleClass().add("batch-page");
        box.setId("batch-page");
        box.setUserData(this);
        Label heading = new Label("Batch: trees and token lists");
        heading.getStyleClass().add("form-heading");
        Label introduction = new Label();
        introduction.setWrapText(true);
        introduction.setMinHeight(Region.USE_PREF_SIZE);
        introduction
                .textProperty()
                .bind(Bindings.createStringBinding(
                        () -> "Of the " + NumberTexts.count(features.rows().size())
                                + " features in the table, in its order, with the current ghost controls. Each "
                                + "feature is written to the file as soon as it is done; "
                                + "a batch that was stopped is resumed by choosing the same file again. The command "
                                + "batch reads and writes the same files",
                        features.version(),
                        features.rows()));
        introduction.getStyleClass().add("muted");
        nodes.setId("batch-nodes");
        HBox.setHgrow(nodes, Priority.ALWAYS);
        costs.setSelected(false);
        costs.disableProperty().bind(model.canMeasureCosts().map(can -> !can));
        HBox parts = new HBox(16, trees, lists, scales, costs, nodes);
        parts.setAlignment(Pos.CENTER_LEFT);
        start.setId("batch-start");
        start.getStyleClass().add("accent");
        start.setDefaultButton(true);
        start.setTooltip(Tooltips.of("Output file (JSON lines); an unfinished one is resumed"));
        start.setOnAction(event -> begin());
        stop.setId("batch-stop");
        stop.setTooltip(Tooltips.of("Stop after the current features; finished ones stay in the file"));
        stop.setOnAction(event -> model.stop());
        resume.setId("batch-go-on");
        resume.setTooltip(Tooltips.of("Resume with the settings it was started with"));
        resume.setOnAction(event -> model.resume());
        Button open = new Button("Open a file...");
        open.setId("batch-open");
        open.setTooltip(Tooltips.of("Open the results of an earlier batch, from here or from the command line"));
        open.setOnAction(event -> open());
        open.disableProperty().bind(model.running());
        Button close = new Button("Close");
        close.setCancelButton(true);
        close.setOnAction(event -> leave.run());
        bar.setPrefWidth(180);
        summary.setMinWidth(0);
        Region gap = new Region();
        HBox.setHgrow(gap, Priority.ALWAYS);
        HBox state = new HBox(8, bar, summary);
        state.setAlignment(Pos.CENTER_LEFT);
        HBox buttons = new HBox(8, open, gap, close, resume, stop, start);
        buttons.setAlignment(Pos.CENTER_RIGHT);
        columns();
        table.setItems(model.rows());
        TableExport.attachTo(table, "batch", desk);
        Tables.onChosen(table, row -> {
            choose.accept(row.feature());
            leave.run();
        });
        VBox.setVgrow(table, Priority.ALWAYS);
        box.getChildren().addAll(heading, introduction, parts, state, table, buttons);
        WeakChangeListener<Object> weak = new WeakChangeListener<>(follow);
        model.running().addListener(weak);
        model.problem().addListener(weak);
        model.file().addListener(weak);
        model.job().addListener(weak);
        show();
    }

    public Node node() {
        return box;
    }

    private static CheckBox part(String words, String name, String tip) {
        CheckBox box = new CheckBox(words);
        box.setId("batch-" + name);
        box.setSelected(!name.equals("scale"));
        box.setTooltip(Tooltips.of(tip));
        box.setMinWidth(Region.USE_PREF_SIZE);
        return box;
    }

    private void columns() {
        table.getColumns()
                .addAll(List.of(
                        Tables.counts("#", "Feature; a click or Enter goes to it", 50, BatchRow::feature),
                        Tables.numbers(
                                "CE cost",
                                "What ablating the feature adds to the loss where it is active, in nats",
                                60,
                                BatchRow::ceCost,
                                NumberTexts::number),
                        Tables.texts(
                                "Most likely path",
                                "Most likely path of the tree",
                                240,
                                BatchRow::branch,
                                text -> text),
                        Tables.numbers(
                                "Probability",
                                "Probability of that path",
                                80,
                                BatchRow::probability,
                                value -> Double.isNaN(value) ? "" : NumberTexts.percent(value)),
                        Tables.texts(
                                "First tokens", "First tokens of the token list", 200, BatchRow::tokens, text -> text),
                        Tables.numbers(
                                "Divergence",
                                "Divergence from baseline (nats)",
                                80,
                                BatchRow::divergence,
                                BatchPage::figure),
                        Tables.numbers(
                                "Best scale",
                                "Proposed scale, in units of the embedding",
                                76,
                                BatchRow::bestScale,
                                BatchPage::figure),
                        Tables.texts(
                                "Plateau",
                                "Scales about as good: a score of at least 95 % of the best",
                                90,
                                BatchPage::plateau,
                                text -> text)));
    }

    private static String figure(double value) {
        return Double.isNaN(value) ? "" : NumberTexts.number(value);
    }

    private static String plateau(BatchRow row) {
        return Double.isNaN(row.plateauLow())
                ? ""
                : NumberTexts.plain(row.plateauLow()) + " \u2013 " + NumberTexts.plain(row.plateauHigh());
    }

    private void begin() {
        Set<BatchPlan.Part> parts = EnumSet.noneOf(BatchPlan.Part.class);
        if (trees.isSelected()) {
            parts.add(BatchPlan.Part.TREE);
        }
        if (lists.isSelected()) {
            parts.add(BatchPlan.Part.TOKENS);
        }
        if (scales.isSelected()) {
            parts.add(BatchPlan.Part.SCALE);
        }
        if (costs.isSelected() && !costs.isDisabled()) {
            parts.add(BatchPlan.Part.COST);
        }
        List<Integer> wanted = features.rows().stream().collect(Collectors.toList());
        if (!parts.isEmpty() && !wanted.isEmpty()) {
            desk.choose("features.jsonl", "JSON lines")
                    .ifPresent(path -> model.start(wanted, parts, (int) Math.round(nodes.getValue()), path));
        }
    }

    private void open() {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Browse what a batch has found");
        chooser.getExtensionFilters()
                .addAll(
                        new FileChooser.ExtensionFilter("JSON lines", "*.jsonl"),
                        new FileChooser.ExtensionFilter("All files", "*"));
        java.io.File chosen = chooser.showOpenDialog(box.getScene().getWindow());
        if (chosen != null) {
            model.open(chosen.toPath());
        }
    }

    private void show() {
        boolean runs = model.running().get();
        Activity.Job job = model.job().get();
        Problem problem = model.problem().get();
        start.setDisable(runs);
        stop.setDisable(!runs);
        resume.setDisable(!model.canResume());
        bar.setVisible(runs);
        bar.setManaged(runs);
        bar.progressProperty().unbind();
        summary.textProperty().unbind();
        if (job != null) {
            bar.progressProperty().bind(job.fraction());
            summary.textProperty()
                    .bind(Bindings.createStringBinding(
                            () -> job.detail().get()
                                    + (job.timeLeft().get().isEmpty()
                                            ? ""
                                            : ", " + job.timeLeft().get()),
                            job.detail(),
                            job.timeLeft()));
        } else {
            summary.setText(
                    problem != null
                            ? problem.message()
                            : model.file().get() == null
                                    ? "No batch has been run yet"
                                    : model.file().get().toString());
        }
    }
}
