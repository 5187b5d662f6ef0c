package loupe.ui.map;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.geometry.Orientation;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableView;
import javafx.stage.FileChooser;
import loupe.analysis.lens.SetScore;
import loupe.state.map.EnrichmentModel;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tables;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;

/** Which sets of tokens the chosen feature promotes or suppresses: a Manhattan plot, and the sets as a table. */
public final class EnrichmentPane implements Pane {
    private static final double CHART_PART = 0.55;

    private final EnrichmentModel model;
    private final PaneFrame frame = new PaneFrame("Enrichment");
    private final ManhattanChart chart = new ManhattanChart();
    private final TableView<SetScore> table = Tables.make("enrichment-sets", "Sets of tokens");
    private final ObservableList<SetScore> rows = FXCollections.observableArrayList();
    private final ExportMenu export;

    public EnrichmentPane(EnrichmentModel model, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        export = new ExportMenu(chart, provenance, desk);
        chart.setId("enrichment-chart");
        layOut(desk);
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public Optional<ExportMenu> picture() {
        return Optional.of(export);
    }

    @Override
    public void focus() {
        table.requestFocus();
    }

    /** Shows the sets of a feature in a plot, in the order they are given. */
    public static void draw(ManhattanChart chart, List<SetScore> scores) {
        chart.setScores(scores);
    }

    private void layOut(FileSaver desk) {
        table.getColumns().add(Tables.texts("Set", "Set of tokens", 120, SetScore::set, text -> text));
        table.getColumns().add(Tables.counts("Tokens", "How many tokens are in the set", 60, SetScore::size));
        table.getColumns()
                .add(Tables.numbers(
                        "Score",
                        "How far the set lies together at one end of the order of logit weights: 1 if it is promoted "
                                + "most of all, -1 if it is suppressed most of all",
                        60,
                        SetScore::score,
                        NumberTexts::number));
        table.getColumns()
                .add(Tables.numbers(
                        "p",
                        "Share of 1,000 random sets of the same size whose score is at least as far from 0, this one "
                                + "counted among them",
                        60,
                        SetScore::p,
                        NumberTexts::number));
        table.getColumns()
                .add(Tables.numbers(
                        "q",
                        "False discovery rate over the sets (Benjamini and Hochberg)",
                        60,
                        SetScore::q,
                        NumberTexts::number));
        table.setItems(rows);
        TableExport.attachTo(table, "enrichment-sets", desk);
        SplitPane parts = new SplitPane(chart, table);
        parts.setOrientation(Orientation.VERTICAL);
        parts.setDividerPositions(CHART_PART);
        chart.setMinHeight(0);
        table.setMinHeight(0);
        frame.setContent(parts);
        MenuItem own = new MenuItem("Add sets from a file...");
        own.setOnAction(event -> chooseFile());
        MenuItem none = new MenuItem("Built-in sets only");
        none.disableProperty().bind(model.file().isNull());
        none.setOnAction(event -> model.file().set(null));
        frame.getMenuItems().addAll(own, none, new SeparatorMenuItem());
        frame.getMenuItems().addAll(export.items());
        export.attachTo(chart);
        frame.getMenuItems().add(new SeparatorMenuItem());
        frame.getMenuItems().addAll(TableExport.items(table, "enrichment-sets", desk));
    }

    private void chooseFile() {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Sets of tokens");
        chooser.getExtensionFilters().add(new FileChooser.ExtensionFilter("Sets of tokens", "*.json"));
        Optional.ofNullable(chooser.showOpenDialog(frame.getScene().getWindow()))
                .ifPresent(chosen -> model.file().set(chosen.toPath()));
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        chart.setOnSet(set -> {
            table.getSelectionModel().clearSelection();
            table.getSelectionModel().select(set);
            table.scrollTo(set);
        });
        table.getSelectionModel()
                .selectedItemProperty()
                .addListener((property, was, is) -> chart.mark(is == null ? "" : is.set()));
        Answers.show(model.scores(), this::show, () -> show(List.of()));
        Answers.whileShown(frame, model::setWanted);
    }

    private void show(List<SetScore> scores) {
        draw(chart, scores);
        rows.setAll(SetScore.furthestFirst(scores));
        long found =
                scores.stream().filter(one -> one.q() <= ManhattanChart.CHANCE).count();
        frame.subtitleProperty()
                .set(scores.isEmpty() ? "" : found + " of " + scores.size() + " sets with q at most 0.05, coloured");
    }
}
