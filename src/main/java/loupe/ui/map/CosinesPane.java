package loupe.ui.map;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import javafx.beans.property.StringProperty;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.ChoiceBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.geometry.CosineBins;
import loupe.analysis.geometry.CosineSummary;
import loupe.analysis.geometry.LargestCosines;
import loupe.state.map.CosineView;
import loupe.state.map.CosinesModel;
import loupe.state.window.Side;
import loupe.state.window.VocabularyTexts;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.HistogramOutline;
import loupe.ui.chart.HistogramSeries;
import loupe.ui.chart.ValueRange;
import loupe.ui.control.IconButtons;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import org.kordamp.ikonli.feather.Feather;

/**
 * How near the nearest vectors are, as a histogram beside that of random directions, and whose nearest neighbours those
 * in a marked range are.
 */
public final class CosinesPane implements Pane {
    private static final double TABLE_SHARE = 0.42;
    private static final double NUMBER_PIXELS = 58;

    private final CosinesModel model;
    private final IntConsumer onFeature;
    private final IntConsumer onToken;
    private final VocabularyTexts texts;
    private final IntFunction<String> describe;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Cosines");
    private final HistogramChart chart = chart();
    private final ExportMenu export;
    private final ChoiceBox<CosinesModel.Among> among = new ChoiceBox<>();
    private final ComboBox<String> rank = new ComboBox<>();
    private final Button start = new Button("Compare all pairs");
    private final Button stop;
    private final Label figures = new Label();
    private final Label nearest = new Label();
    private final TableView<CosineView.Near> table =
            Tables.make("cosines-nearest", "Vectors that are nearest neighbours of most");
    private final ObservableList<CosineView.Near> rows = FXCollections.observableArrayList();
    private int picked;

    /**
     * @param onFeature called when a feature is chosen
     * @param onToken called when a token is chosen
     * @param describe a few words about a feature
     * @param provenance of what is exported
     */
    public CosinesPane(
            CosinesModel model,
            IntConsumer onFeature,
            IntConsumer onToken,
            VocabularyTexts texts,
            IntFunction<String> describe,
            Supplier<String> provenance,
            FileSaver desk) {
        this.model = model;
        this.onFeature = onFeature;
        this.onToken = onToken;
        this.texts = texts;
        this.describe = describe;
        this.desk = desk;
        stop = IconButtons.of(Feather.SQUARE, "Stop comparing; what is known stays", model::stop);
        export = new ExportMenu(
                chart, () -> provenance.get() + ", " + frame.subtitleProperty().get(), desk);
        layOut();
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

    /** Updates the descriptions of features, once more of them are known. */
    @Override
    public void describeAgain() {
        table.refresh();
    }

    private static Node field(String id, String words, String tip, StringProperty value) {
        TextField field = new TextField();
        field.setId(id);
        field.setPrefWidth(NUMBER_PIXELS);
        field.setMinWidth(NUMBER_PIXELS);
        field.setAccessibleText(tip);
        field.setTooltip(Tooltips.of(tip));
        field.textProperty().bindBidirectional(value);
        return labelled(words, field);
    }

    private static Node labelled(String words, Node control) {
        Label label = new Label(words);
        label.getStyleClass().add("muted");
        label.setLabelFor(control);
        HBox both = new HBox(4, label, control);
        both.setAlignment(Pos.CENTER_LEFT);
        return both;
    }

    private void layOut() {
        chart.setId("cosines-chart");
        among.setId("cosines-among");
        among.getItems().setAll(CosinesModel.Among.values());
        among.setAccessibleText("Which vectors are compared with one another");
        among.setTooltip(Tooltips.of("Which vectors are compared with one another"));
        rank.setId("cosines-rank");
        rank.setEditable(true);
        rank.getItems()
                .setAll(LargestCosines.USUAL_RANKS.stream().map(String::valueOf).toList());
        rank.setPrefWidth(82);
        rank.setAccessibleText("Which of the largest cosines, from 1");
        rank.setTooltip(Tooltips.of("Which of each vector's cosines with others: 1 for the largest, that of the "
                + "nearest, 10 for the tenth largest; any up to " + LargestCosines.MOST_RANK));
        start.setId("cosines-start");
        start.setMinWidth(Region.USE_PREF_SIZE);
        start.setTooltip(
                Tooltips.of("Compute the cosines of all pairs, which may take minutes; they are kept on disk"));
        stop.setId("cosines-stop");
        FlowPane controls = new FlowPane(
                8,
                4,
                among,
                labelled("k", rank),
                field(
                        "cosines-least-density",
                        "Density from",
                        "The smallest density of A's features that are shown, from 0 to 1; nothing for all",
                        model.leastDensity()),
                field(
                        "cosines-most-density",
                        "to",
                        "The largest density of A's features that are shown, from 0 to 1; nothing for all",
                        model.mostDensity()),
                start);
        controls.getStyleClass().add("pane-tools-flow");
        frame.getActions().add(stop);
        figures.setId("cosines-figures");
        figures.getStyleClass().addAll("muted", "pane-foot");
        figures.setWrapText(true);
        figures.setMinHeight(Region.USE_PREF_SIZE);
        nearest.setId("cosines-peak");
        nearest.getStyleClass().add("pane-foot");
        nearest.setWrapText(true);
        nearest.setMinHeight(Region.USE_PREF_SIZE);
        table.getColumns()
                .add(Tables.counts(
                        "#", "Number of the feature or token", Tables.NUMBER_WIDTH, CosineView.Near::vector));
        table.getColumns()
                .add(Tables.counts(
                        "Nearest to",
                        "How many of the vectors in the marked range, or of all that are shown, have it as nearest",
                        70,
                        CosineView.Near::picked));
        table.getColumns()
                .add(Tables.numbers(
                        "Share",
                        "The same as a share of them",
                        56,
                        near -> (double) near.picked() / Math.max(1, picked),
                        NumberTexts::percent));
        table.getColumns()
                .add(Tables.counts(
                        "In-degree", "How many of all vectors have it as nearest", 70, CosineView.Near::inDegree));
        TableColumn<CosineView.Near, String> words = Tables.texts(
                "Text",
                "Tokens the feature promotes or its label, or the token's text",
                120,
                this::words,
                text -> text);
        table.getColumns().add(words);
        table.setItems(rows);
        table.setMinHeight(0);
        chart.setMinHeight(0);
        chart.setPrefHeight(0);
        VBox content = new VBox(controls, chart, figures, nearest, table);
        content.setMinSize(0, 0);
        VBox.setVgrow(chart, Priority.ALWAYS);
        table.prefHeightProperty().bind(content.heightProperty().multiply(TABLE_SHARE));
        frame.setRows();
        frame.setContent(content);
        MenuItem filter = new MenuItem("Filter the table by the marked range");
        filter.setOnAction(event -> model.filterTable());
        filter.setDisable(true);
        model.range().addListener((property, was, is) -> filter.setDisable(is == null || !model.canFilterTable()));
        frame.getMenuItems().addAll(filter, new SeparatorMenuItem());
        export.attachTo(chart);
        TableExport.attachTo(table, "nearest", desk);
        frame.getMenuItems().addAll(export.items());
        frame.getMenuItems().add(new SeparatorMenuItem());
        frame.getMenuItems().addAll(TableExport.items(table, "nearest", desk));
    }

    private String words(CosineView.Near near) {
        return model.among().get().isOfFeatures() ? describe.apply(near.vector()) : texts.of(near.vector());
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        among.valueProperty().bindBidirectional(model.among());
        rank.valueProperty().bindBidirectional(model.rank());
        start.setOnAction(event -> model.start());
        stop.visibleProperty().bind(model.a().pending());
        stop.managedProperty().bind(stop.visibleProperty());
        Answers.show(model.view(), this::show, this::clear);
        for (ObservableValue<?> source :
                List.of(model.a().pending(), model.a().answer(), model.status(), model.rank(), model.among())) {
            source.addListener(changed -> showStart());
        }
        chart.brushProperty()
                .addListener((property, was, is) ->
                        model.range().set(is == null ? null : new CosineView.Range(is.from(), is.to())));
        model.range().addListener((property, was, is) -> {
            ValueRange shown = chart.brushProperty().get();
            if (is == null && shown != null) {
                chart.brushProperty().set(null);
            } else if (is != null && (shown == null || shown.from() != is.from() || shown.to() != is.to())) {
                chart.brushProperty().set(new ValueRange(is.from(), is.to()));
            }
        });
        Tables.onChosen(table, near -> {
            if (model.among().get().isOfFeatures()) {
                onFeature.accept(near.vector());
            } else {
                onToken.accept(near.vector());
            }
        });
        Answers.whileShown(frame, shows -> {
            model.setWanted(shows);
            showStart();
        });
    }

    private void showStart() {
        start.setVisible(model.canStart());
        start.setManaged(start.isVisible());
        ((Label) table.getPlaceholder())
                .setText(start.isVisible() ? "So many pairs take a while: Compare all pairs begins" : "");
    }

    private void clear() {
        rows.clear();
        chart.setVisible(false);
        figures.setText("");
        nearest.setText("");
        frame.subtitleProperty().set("");
    }

    private void show(CosineView view) {
        LargestCosines.Answer of = model.a().answer().get();
        if (of == null) {
            return;
        }
        chart.setVisible(true);
        draw(chart, view, of.count(), of.width());
        picked = view.picked().length;
        rows.setAll(view.nearest());
        boolean partial = of.done() < of.rows();
        String kind = model.among().get().isOfFeatures() ? "features" : "tokens";
        frame.subtitleProperty()
                .set(model.among().get() + ", k = " + model.rank().get().strip()
                        + (partial
                                ? ", provisional: the first " + NumberTexts.count(of.done()) + " of "
                                        + NumberTexts.count(of.rows())
                                : ""));
        figures.setText(figures(view, of, kind));
        nearest.setText(nearest(view, kind));
    }

    private static String figures(CosineView view, LargestCosines.Answer of, String kind) {
        StringBuilder words = new StringBuilder("Mean " + NumberTexts.number(CosineView.mean(view.a())));
        if (view.b().length > 0) {
            words.append(", B ").append(NumberTexts.number(CosineView.mean(view.b())));
        }
        if (view.random().length > 0) {
            words.append(", random ").append(NumberTexts.number(CosineView.mean(view.random())));
        }
        if (view.matched().length > 0) {
            words.append(", random of A's covariance ").append(NumberTexts.number(CosineView.mean(view.matched())));
        }
        words.append("; ")
                .append(NumberTexts.count(of.count()))
                .append(" ")
                .append(kind)
                .append(" in ")
                .append(NumberTexts.count(of.width()))
                .append(" dimensions");
        if (!Double.isNaN(view.mutualShare())) {
            words.append("; ")
                    .append(NumberTexts.percent(view.mutualShare()))
                    .append(" are their nearest one's nearest");
        }
        return words.toString();
    }

    private String nearest(CosineView view, String kind) {
        CosineView.Range marked = model.range().get();
        if (view.nearest().isEmpty()) {
            return "";
        }
        CosineView.Near first = view.nearest().get(0);
        return NumberTexts.count(first.picked()) + " of " + NumberTexts.count(view.picked().length) + " " + kind
                + (marked == null ? "" : " in the marked range") + " have " + first.vector() + " as nearest";
    }

    /** An empty chart of cosines. */
    public static HistogramChart chart() {
        return new HistogramChart("cosines", ChartAxis.of("k-th largest cosine with another"), "vectors");
    }

    /**
     * Draws bars of A and B, and outlines of random directions scaled to as many as A has.
     *
     * @param count vectors that each is compared with
     * @param width their dimension
     */
    public static void draw(HistogramChart chart, CosineView view, int count, int width) {
        CosineBins bins = view.bins();
        double[] edges = bins.edges();
        List<HistogramSeries> series = new ArrayList<>();
        series.add(new HistogramSeries(Side.A, "A", edges, bins.counts(view.a())));
        if (view.b().length > 0) {
            series.add(new HistogramSeries(Side.B, "B", edges, bins.counts(view.b())));
        }
        int shown = CosineView.known(view.a());
        List<HistogramOutline> outlines = new ArrayList<>();
        if (view.random().length > 0) {
            outlines.add(outline("random directions", bins, view.random(), shown));
        }
        if (view.matched().length > 0) {
            outlines.add(outline("random, with A's covariance", bins, view.matched(), shown));
        }
        List<HistogramChart.Mark> marks = new ArrayList<>();
        mark(marks, "1/\u221Ad", CosineSummary.rootMeanSquare(width));
        mark(marks, "expected largest", CosineSummary.expectedLargest(count, width));
        chart.setSeries(series, outlines, marks);
    }

    private static void mark(List<HistogramChart.Mark> marks, String name, double value) {
        if (!Double.isNaN(value)) {
            marks.add(new HistogramChart.Mark(name + " " + NumberTexts.number(value), value));
        }
    }

    private static HistogramOutline outline(String name, CosineBins bins, float[] values, int shown) {
        double[] counts = bins.counts(values);
        double scale = (double) shown / Math.max(1, CosineView.known(values));
        for (int i = 0; i < counts.length; i++) {
            counts[i] *= scale;
        }
        return new HistogramOutline(name, bins.edges(), counts);
    }
}
