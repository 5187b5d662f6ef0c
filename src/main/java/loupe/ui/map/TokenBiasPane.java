package loupe.ui.map;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javafx.beans.binding.Bindings;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.Label;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.features.Histogram;
import loupe.analysis.tokenbias.BiasResiduals;
import loupe.analysis.tokenbias.FeatureTokens;
import loupe.analysis.tokenbias.LastTokens;
import loupe.analysis.tokenbias.NearestBiases;
import loupe.analysis.tokenbias.UnigramActivations;
import loupe.analysis.tokenbias.UnigramTable;
import loupe.state.map.TokenBiasModel;
import loupe.state.pane.ResultSlot;
import loupe.state.window.FeatureRef;
import loupe.state.window.Side;
import loupe.state.window.VocabularyTexts;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.HistogramSeries;
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
 * What of the features and biases is about single tokens: the largest cosine of each feature with any token's unigram
 * residual or bias, each token's bias beside others, and how well either tells a prompt's last token.
 */
public final class TokenBiasPane implements Pane {
    private static final int BINS = 60;
    private static final double[] CUTS = {0.4, 0.6, 0.8};
    private static final double CHART_SHARE = 0.38;

    private final TokenBiasModel model;
    private final VocabularyTexts texts;
    private final PaneFrame frame = new PaneFrame("Token biases");
    private final HistogramChart chart = chart();
    private final ExportMenu export;
    private final Button compute = new Button();
    private final Button stop = new Button("Stop");
    private final CheckBox centred = new CheckBox("Centred");
    private final CheckBox biases = new CheckBox("Biases");
    private final Label cuts = new Label();
    private final Label feature = new Label();
    private final Label told = new Label();
    private final TableView<Row> table = Tables.make("token-bias-tokens", "Tokens, with their residuals and biases");
    private final ObservableList<Row> rows = FXCollections.observableArrayList();
    private final BooleanProperty hasBiases = new SimpleBooleanProperty();

    /** A token; what is known of it is looked up when it is shown. */
    private record Row(int id) {}

    public TokenBiasPane(TokenBiasModel model, VocabularyTexts texts, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        this.texts = texts;
        export = new ExportMenu(chart, () -> provenance.get() + ", " + axis(), desk);
        layOut(desk);
        bind();
    }

    /** An empty chart of features. */
    public static HistogramChart chart() {
        HistogramChart chart =
                new HistogramChart("token-biases", ChartAxis.of("largest cosine with a token's residual"), "features");
        chart.setId("token-bias-chart");
        return chart;
    }

    /**
     * Draws how many features have which largest cosine.
     *
     * @param axis what the cosine is with
     */
    public static void draw(HistogramChart chart, FeatureTokens.Answer answer, boolean centred, String axis) {
        Histogram histogram = Histogram.of(centred ? answer.cosinesCentred() : answer.cosines(), BINS);
        double[] counts = new double[BINS];
        for (int i = 0; i < BINS; i++) {
            counts[i] = histogram.counts()[i];
        }
        chart.setSeries(
                List.of(new HistogramSeries(Side.A, "features", histogram.edges(), counts)),
                0,
                ChartAxis.of(axis),
                false);
    }

    /** What the cosines of the chart are with. */
    public static String axis(boolean biases, boolean centred) {
        return "largest cosine with a token's " + (biases ? "bias" : "residual") + (centred ? ", centred" : "");
    }

    private String axis() {
        return axis(model.biases().get() && hasBiases.get(), model.centred().get());
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

    /** A click on a token shows its neighbours; its menu goes to the nearest feature too. */
    @Override
    public void setRowActions(RowActions actions) {
        Tables.onChosen(table, row -> actions.askOfToken(row.id()));
        RowMenu.attach(
                table,
                row -> feature(row) < 0 ? OptionalInt.empty() : OptionalInt.of(feature(row)),
                row -> OptionalInt.of(row.id()),
                actions);
    }

    private void layOut(FileSaver desk) {
        compute.setId("token-bias-compute");
        compute.getStyleClass().add("accent");
        compute.setMinWidth(Region.USE_PREF_SIZE);
        compute.setTooltip(Tooltips.of("Run the model on every token alone, and keep what stands at the checkpoint's "
                + "place on the disk; it goes on in the background"));
        compute.managedProperty().bind(compute.visibleProperty());
        stop.setId("token-bias-stop");
        stop.setMinWidth(Region.USE_PREF_SIZE);
        stop.setTooltip(Tooltips.of("Stop; what has been computed is kept"));
        stop.managedProperty().bind(stop.visibleProperty());
        centred.setId("token-bias-centred");
        centred.setTooltip(Tooltips.of("Remove the mean over all tokens, which their vectors have in common"));
        biases.setId("token-bias-biases");
        biases.setTooltip(Tooltips.of("Compare with the checkpoint's biases instead of the unigram residuals"));
        biases.visibleProperty().bind(hasBiases);
        biases.managedProperty().bind(hasBiases);
        FlowPane controls = new FlowPane(8, 4, compute, stop, centred, biases);
        controls.getStyleClass().add("pane-tools-flow");
        cuts.setId("token-bias-cuts");
        feature.setId("token-bias-feature");
        told.setId("token-bias-told");
        for (Label label : List.of(cuts, feature, told)) {
            label.getStyleClass().addAll("muted", "pane-foot");
            label.setWrapText(true);
            label.setMinWidth(0);
            label.managedProperty().bind(label.textProperty().isNotEmpty());
        }
        columns();
        table.setItems(rows);
        table.setMinHeight(0);
        table.setPrefHeight(0);
        VBox.setVgrow(table, Priority.ALWAYS);
        chart.setMinHeight(0);
        VBox content = new VBox(controls, chart, cuts, feature, table, told);
        content.setMinSize(0, 0);
        chart.prefHeightProperty().bind(content.heightProperty().multiply(CHART_SHARE));
        frame.setRows();
        frame.setContent(content);
        TableExport.attachTo(table, "token-biases", desk);
        export.attachTo(chart);
        frame.getMenuItems().addAll(TableExport.items(table, "token-biases", desk));
        frame.getMenuItems().addAll(export.items());
    }

    private void columns() {
        TableColumn<Row, Number> norm = Tables.numbers(
                "Bias norm",
                "Norm of the token's bias",
                64,
                row -> at(model.nearest(), NearestBiases.Answer::norms, row),
                NumberTexts::number);
        TableColumn<Row, Number> likeness = Tables.numbers(
                "With residual",
                "Cosine of the token's bias with its unigram residual, as the model computes it",
                64,
                row -> at(model.likeness(), BiasResiduals.Answer::cosines, row),
                NumberTexts::number);
        TableColumn<Row, String> nearest = Tables.texts(
                "Nearest bias",
                "The other token whose bias has the largest cosine",
                76,
                this::nearest,
                TokenText::visible);
        TableColumn<Row, Number> nearestCosine = Tables.numbers(
                "Cosine",
                "Cosine with the nearest other bias",
                56,
                row -> at(model.nearest(), NearestBiases.Answer::cosines, row),
                NumberTexts::number);
        TableColumn<Row, Number> nearestCentred = Tables.numbers(
                "Cos centred",
                "Largest cosine with another bias, the mean of all biases removed from both",
                64,
                row -> at(model.nearest(), NearestBiases.Answer::cosinesCentred, row),
                NumberTexts::number);
        for (TableColumn<Row, ?> ofBias : List.of(norm, likeness, nearest, nearestCosine, nearestCentred)) {
            ofBias.visibleProperty().bind(hasBiases);
        }
        table.getColumns()
                .addAll(List.of(
                        Tables.counts("Id", "Number of the token", Tables.NUMBER_WIDTH, Row::id),
                        Tables.texts(
                                "Token",
                                "The token's text, a dot for a space",
                                80,
                                row -> texts.of(row.id()),
                                TokenText::visible),
                        Tables.counts(
                                "Feature",
                                "The feature whose decoder direction has the largest cosine with the token's residual",
                                60,
                                this::feature),
                        Tables.numbers(
                                "With feature",
                                "Cosine of the token's residual with that feature's decoder direction",
                                60,
                                row -> at(model.byResidual(), FeatureTokens.Answer::featureCosines, row),
                                NumberTexts::number),
                        norm,
                        likeness,
                        nearest,
                        nearestCosine,
                        nearestCentred));
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        centred.selectedProperty().bindBidirectional(model.centred());
        biases.selectedProperty().bindBidirectional(model.biases());
        compute.setOnAction(event -> model.compute());
        stop.setOnAction(event -> model.stop());
        compute.visibleProperty()
                .bind(Bindings.createBooleanBinding(() -> model.canCompute().getValue(), model.canCompute()));
        stop.visibleProperty().bind(model.residuals().pendingProperty());
        compute.textProperty()
                .bind(Bindings.createStringBinding(() -> compute(model.planned().get()), model.planned()));
        for (ObservableValue<?> changing : List.of(
                model.centred(),
                model.biases(),
                model.byResidual().valueProperty(),
                model.byBias().valueProperty(),
                model.nearest().valueProperty(),
                model.likeness().valueProperty(),
                model.activations().valueProperty(),
                model.told().valueProperty(),
                model.residuals().fractionProperty(),
                model.residuals().pendingProperty(),
                model.planned(),
                model.side().feature())) {
            changing.addListener((property, was, is) -> show());
        }
        Answers.whileShown(frame, model::setWanted);
        show();
    }

    private static String compute(UnigramTable planned) {
        return planned == null
                ? ""
                : "Compute the residuals of " + NumberTexts.count(planned.tokens()) + " tokens ("
                        + NumberTexts.bytes(planned.bytes()) + " on disk)";
    }

    private void show() {
        hasBiases.set(model.side().sae().get() != null
                && model.side().sae().get().config().lookup());
        FeatureTokens.Answer answer = model.biases().get() && hasBiases.get()
                ? model.byBias().getValue()
                : model.byResidual().getValue();
        chart.setVisible(answer != null);
        chart.setManaged(answer != null);
        if (answer == null) {
            cuts.setText("");
        } else {
            draw(chart, answer, model.centred().get(), axis());
            cuts.setText(cuts(answer, model.centred().get()));
        }
        UnigramTable planned = model.planned().get();
        frame.subtitleProperty()
                .set(
                        planned == null
                                ? ""
                                : model.residuals().isPending()
                                        ? "computing residuals, "
                                                + NumberTexts.percent(Math.max(
                                                        0,
                                                        model.residuals()
                                                                .fractionProperty()
                                                                .get()))
                                        : "at " + planned.hook() + ", each token alone after "
                                                + TokenText.visible(texts.of(planned.bos())));
        ((Label) table.getPlaceholder()).setText(whyNothing(planned));
        showRows();
        showFeature();
        showTold();
    }

    private String whyNothing(UnigramTable planned) {
        if (planned == null) {
            return "";
        }
        return model.residuals().isPending()
                ? "The model runs on every token alone, in the background"
                : model.canCompute().getValue()
                        ? "A token's unigram residual is what the model makes of it alone. Computing those of all "
                                + "tokens is done once"
                        : "";
    }

    private static String cuts(FeatureTokens.Answer answer, boolean centred) {
        StringBuilder words = new StringBuilder("Share of features whose largest cosine is above ");
        for (int i = 0; i < CUTS.length; i++) {
            words.append(i == 0 ? "" : ", ")
                    .append(CUTS[i])
                    .append(": ")
                    .append(NumberTexts.percent(answer.shareAbove(CUTS[i], centred)));
        }
        return words.toString();
    }

    private void showRows() {
        FeatureTokens.Answer features = model.byResidual().getValue();
        NearestBiases.Answer near = model.nearest().getValue();
        int count = features != null ? features.nearestFeatures().length : near != null ? near.norms().length : 0;
        if (count != rows.size()) {
            rows.setAll(IntStream.range(0, count).mapToObj(Row::new).toList());
        } else {
            table.refresh();
        }
    }

    private static <R> double at(ResultSlot<R> slot, Function<R, float[]> column, Row row) {
        R answer = slot.getValue();
        return answer == null || row.id() >= column.apply(answer).length ? Double.NaN : column.apply(answer)[row.id()];
    }

    private int feature(Row row) {
        FeatureTokens.Answer answer = model.byResidual().getValue();
        return answer == null || row.id() >= answer.nearestFeatures().length ? -1 : answer.nearestFeatures()[row.id()];
    }

    private String nearest(Row row) {
        NearestBiases.Answer answer = model.nearest().getValue();
        return answer == null || row.id() >= answer.nearest().length || answer.nearest()[row.id()] < 0
                ? ""
                : texts.of(answer.nearest()[row.id()]);
    }

    /** What is known of the chosen feature. */
    private void showFeature() {
        FeatureRef chosen = model.side().feature().get();
        FeatureTokens.Answer answer = model.byResidual().getValue();
        if (chosen == null
                || answer == null
                || chosen.feature() >= answer.cosines().length
                || answer.tokens()[chosen.feature()] < 0) {
            feature.setText("");
            return;
        }
        int f = chosen.feature();
        UnigramActivations.Answer active = model.activations().getValue();
        feature.setText("#" + f + ": nearest residual " + TokenText.visible(texts.of(answer.tokens()[f])) + " "
                + NumberTexts.number(answer.cosines()[f]) + ", centred "
                + TokenText.visible(texts.of(answer.tokensCentred()[f])) + " "
                + NumberTexts.number(answer.cosinesCentred()[f])
                + (active == null
                        ? ""
                        : "; active at " + NumberTexts.count(active.counts()[f]) + " tokens alone, most at "
                                + words(active, f)));
    }

    private String words(UnigramActivations.Answer active, int f) {
        int[] tokens = active.tokens(f);
        float[] values = active.values(f);
        return tokens.length == 0
                ? "none"
                : IntStream.range(0, Math.min(5, tokens.length))
                        .mapToObj(i -> TokenText.visible(texts.of(tokens[i])) + " " + NumberTexts.number(values[i]))
                        .collect(java.util.stream.Collectors.joining(", "));
    }

    private void showTold() {
        LastTokens.Answer answer = model.told().getValue();
        told.setText(
                answer == null || answer.unigram().predicted().isEmpty()
                        ? ""
                        : "Last token of " + answer.unigram().predicted().size()
                                + " random prompts told by residuals: " + words(answer.unigram())
                                + answer.bias()
                                        .map(bias -> ", by biases: " + words(bias))
                                        .orElse(""));
    }

    private static String words(LastTokens.Detection detection) {
        return NumberTexts.percent(detection.accuracy()) + " (95 %: "
                + NumberTexts.percent(detection.wilson().low()) + " to "
                + NumberTexts.percent(detection.wilson().high()) + ")";
    }
}
