package loupe.ui.map;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.analysis.features.Histogram;
import loupe.analysis.tokenbias.EmbeddingGeometry;
import loupe.analysis.tokenbias.RandomNeighbours;
import loupe.analysis.tokenbias.TokenMatrix;
import loupe.analysis.tokenbias.ValueSummary;
import loupe.state.map.EmbeddingModel;
import loupe.state.map.EmbeddingModel.Measure;
import loupe.state.window.Side;
import loupe.state.window.VocabularyTexts;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.HistogramSeries;
import loupe.ui.chart.ValueRange;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.RowActions;
import loupe.ui.pane.RowMenu;
import loupe.ui.token.TokenText;

/**
 * Where the rows of the embedding or unembedding lie: how many in which shell around the centroid, and which tokens are
 * in a shell that is marked, or likely not used.
 */
public final class EmbeddingPane implements Pane {
    /** Shells of the chart, unless a command asks for others. */
    public static final int SHELLS = 60;

    private static final int MOST_LISTED = 5_000;
    private static final double CHART_SHARE = 0.42;

    private final EmbeddingModel model;
    private final VocabularyTexts texts;
    private final PaneFrame frame = new PaneFrame("Embedding");
    private final HistogramChart chart = chart();
    private final ExportMenu export;
    private final ComboBox<TokenMatrix> which = new ComboBox<>();
    private final ComboBox<Measure> measure = new ComboBox<>();
    private final TableView<Row> table = Tables.make("embedding-tokens", "Tokens of the marked shell, or unused ones");
    private final ObservableList<Row> rows = FXCollections.observableArrayList();
    private final Label listed = new Label();
    private final Label random = new Label();

    private record Row(int id, String token, double norm, double distance, double cosineDistance, String note) {}

    public EmbeddingPane(EmbeddingModel model, VocabularyTexts texts, FileSaver desk) {
        this.model = model;
        this.texts = texts;
        export = new ExportMenu(chart, model::provenance, desk);
        layOut(desk);
        bind();
    }

    /** An empty chart of rows. */
    public static HistogramChart chart() {
        HistogramChart chart = new HistogramChart("embedding", ChartAxis.of("distance from the centroid"), "tokens");
        chart.setId("embedding-chart");
        return chart;
    }

    /** Draws how many rows lie where. */
    public static void draw(HistogramChart chart, EmbeddingGeometry.Answer answer, Measure measure, int shells) {
        double[] values = measure.of(answer);
        float[] narrow = new float[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) values[i];
        }
        Histogram histogram = Histogram.of(narrow, shells);
        double[] counts = new double[shells];
        for (int i = 0; i < shells; i++) {
            counts[i] = histogram.counts()[i];
        }
        chart.setSeries(
                List.of(new HistogramSeries(Side.A, "tokens", histogram.edges(), counts)),
                0,
                ChartAxis.of(measure.title().toLowerCase(java.util.Locale.ROOT)),
                false);
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

    /** A click on a token shows its neighbours. */
    @Override
    public void setRowActions(RowActions actions) {
        Tables.onChosen(table, row -> actions.askOfToken(row.id()));
        RowMenu.attach(table, row -> OptionalInt.empty(), row -> OptionalInt.of(row.id()), actions);
    }

    private void layOut(FileSaver desk) {
        which.setId("embedding-which");
        which.getItems().setAll(TokenMatrix.values());
        which.setConverter(new LabelConverter<>(TokenMatrix::title));
        which.setAccessibleText("Which matrix");
        which.setTooltip(Tooltips.of("The embedding of tokens as it is stored, or the unembedding"));
        measure.setId("embedding-measure");
        measure.getItems().setAll(Measure.values());
        measure.setConverter(new LabelConverter<>(Measure::title));
        measure.setAccessibleText("What is counted");
        measure.setTooltip(Tooltips.of("What of each token the chart counts"));
        FlowPane controls = new FlowPane(8, 4, which, measure);
        controls.getStyleClass().add("pane-tools-flow");
        for (Label label : List.of(listed, random)) {
            label.getStyleClass().addAll("muted", "pane-foot");
            label.setWrapText(true);
            label.setMinWidth(0);
        }
        random.setId("embedding-random");
        table.getColumns()
                .addAll(List.of(
                        Tables.counts("Id", "Number of the token", Tables.NUMBER_WIDTH, Row::id),
                        Tables.texts(
                                "Token", "The token's text, a dot for a space", 90, Row::token, TokenText::visible),
                        Tables.numbers("Norm", "Norm of the token's row", 60, Row::norm, NumberTexts::number),
                        Tables.numbers(
                                "Distance",
                                "Euclidean distance of the row from the centroid, the mean of all rows",
                                64,
                                Row::distance,
                                NumberTexts::number),
                        Tables.numbers(
                                "Cos dist",
                                "1 less the cosine of the row with the centroid",
                                64,
                                Row::cosineDistance,
                                NumberTexts::number),
                        Tables.texts("Note", "Why the token is likely not used", 70, Row::note, text -> text)));
        table.setItems(rows);
        table.setMinHeight(0);
        table.setPrefHeight(0);
        VBox.setVgrow(table, Priority.ALWAYS);
        chart.setMinHeight(0);
        VBox content = new VBox(controls, chart, listed, table, random);
        content.setMinSize(0, 0);
        chart.prefHeightProperty().bind(content.heightProperty().multiply(CHART_SHARE));
        frame.setRows();
        frame.setContent(content);
        TableExport.attachTo(table, "embedding-tokens", desk);
        export.attachTo(chart);
        frame.getMenuItems().addAll(TableExport.items(table, "embedding-tokens", desk));
        frame.getMenuItems().addAll(export.items());
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        which.valueProperty().bindBidirectional(model.which());
        measure.valueProperty().bindBidirectional(model.measure());
        measure.valueProperty().addListener(changed -> {
            chart.brushProperty().set(null);
            show();
        });
        chart.brushProperty().addListener(changed -> list());
        Answers.show(model.geometry(), answer -> show(), this::clear);
        model.random().valueProperty().addListener(changed -> showRandom());
        Answers.whileShown(frame, model::setWanted);
    }

    private void clear() {
        rows.clear();
        chart.setVisible(false);
        listed.setText("");
        frame.subtitleProperty().set("");
    }

    private void show() {
        EmbeddingGeometry.Answer answer = model.geometry().getValue();
        if (answer == null) {
            return;
        }
        chart.setVisible(true);
        draw(chart, answer, model.measure().get(), SHELLS);
        ValueSummary of = ValueSummary.of(model.measure().get().of(answer));
        frame.subtitleProperty()
                .set(NumberTexts.count(answer.norms().length) + " rows, mean " + NumberTexts.number(of.mean())
                        + ", 5 to 95 % " + NumberTexts.number(of.p5()) + " to " + NumberTexts.number(of.p95()));
        list();
    }

    /** Lists the tokens of the marked range, or those that are likely not used. */
    private void list() {
        EmbeddingGeometry.Answer answer = model.geometry().getValue();
        if (answer == null) {
            return;
        }
        ValueRange range = chart.brushProperty().get();
        List<EmbeddingGeometry.Unused> unused = answer.unused(EmbeddingGeometry.UNUSED_BELOW);
        Set<Integer> outliers = new HashSet<>();
        unused.forEach(one -> outliers.add(one.id()));
        double[] values = model.measure().get().of(answer);
        int[] chosen = range == null
                ? unused.stream().mapToInt(EmbeddingGeometry.Unused::id).toArray()
                : IntStream.range(0, values.length)
                        .filter(t -> values[t] >= range.from() && values[t] <= range.to())
                        .boxed()
                        .sorted(Comparator.comparingDouble(t -> values[t]))
                        .mapToInt(Integer::intValue)
                        .toArray();
        rows.setAll(IntStream.of(chosen)
                .limit(MOST_LISTED)
                .mapToObj(t -> new Row(
                        t,
                        texts.of(t),
                        answer.norms()[t],
                        answer.distances()[t],
                        answer.cosineDistances()[t],
                        t >= answer.tokens() ? "padding" : outliers.contains(t) ? "near the centroid" : ""))
                .toList());
        String far = -EmbeddingGeometry.UNUSED_BELOW
                + " robust standard deviations nearer to the centroid than the median. Drag in the chart to list the "
                + "tokens of a shell";
        String unusedWords = chosen.length == 0
                ? "No token is likely unused: none lies "
                : NumberTexts.count(chosen.length)
                        + (chosen.length == 1
                                ? " token is likely not used: it lies "
                                : " tokens are likely not used: they lie ");
        listed.setText(
                range == null
                        ? unusedWords + far
                        : NumberTexts.count(chosen.length)
                                + (chosen.length == 1 ? " token" : " tokens") + " in the marked range"
                                + (chosen.length > MOST_LISTED ? ", the first " + NumberTexts.count(MOST_LISTED) : ""));
    }

    private void showRandom() {
        RandomNeighbours.Answer drawn = model.random().getValue();
        if (drawn == null || drawn.coherences().length == 0) {
            random.setText("");
            return;
        }
        ValueSummary of = ValueSummary.of(drawn.coherences());
        random.setText("The " + drawn.size() + " tokens nearest to a random vector: mean pairwise cosine "
                + NumberTexts.number(of.mean()) + " \u00b1 " + NumberTexts.number(of.sd()) + ", 5 to 95 % "
                + NumberTexts.number(of.p5()) + " to " + NumberTexts.number(of.p95()) + " ("
                + NumberTexts.count(drawn.coherences().length) + " draws)");
    }
}
