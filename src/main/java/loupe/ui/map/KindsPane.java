package loupe.ui.map;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;
import javafx.geometry.Insets;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleButton;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.lens.FeatureKind;
import loupe.analysis.lens.KindThresholds;
import loupe.base.NumberRange;
import loupe.search.FeatureColumn;
import loupe.search.FeatureFilter;
import loupe.state.WorkbenchModels;
import loupe.state.map.KindsModel;
import loupe.state.window.FeatureRef;
import loupe.state.window.Side;
import loupe.ui.chart.BoxBrush;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.ScatterChart;
import loupe.ui.chart.ScatterCloud;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenText;

/**
 * All features by skewness and kurtosis of their logit weights, coloured by standard deviation, and how many are of
 * each kind. A click on a point chooses the feature, one on a kind lists it, a marked rectangle becomes part of the
 * filter.
 */
public final class KindsPane implements Pane {
    private final WorkbenchModels models;
    private final KindsModel model;
    private final PaneFrame frame = new PaneFrame("Kinds");
    private final ScatterChart chart = chart();
    private final Map<FeatureKind, ToggleButton> kinds = new EnumMap<>(FeatureKind.class);
    private final FlowPane bar = new FlowPane(12, 4);
    private final ExportMenu export;

    public KindsPane(WorkbenchModels models, FileSaver desk) {
        this.models = models;
        model = models.kinds();
        export = new ExportMenu(chart, () -> models.a().allProvenance(), desk);
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
        chart.requestFocus();
    }

    /** An empty chart of kinds. */
    public static ScatterChart chart() {
        return new ScatterChart(
                "kinds",
                ChartAxis.of("skewness of logit weights"),
                ChartAxis.of("kurtosis of logit weights").withLogarithm(true));
    }

    /**
     * Draws features, coloured by the standard deviation of their logit weights.
     *
     * @param names of features, for the readout
     */
    public static void draw(ScatterChart chart, KindsModel.Points points, IntFunction<String> names) {
        double[] deviation = points.deviation();
        double least = Arrays.stream(deviation).filter(Double::isFinite).min().orElse(0);
        double most = Arrays.stream(deviation).filter(Double::isFinite).max().orElse(1);
        double[] shade = Arrays.stream(deviation)
                .map(one -> most > least ? (one - least) / (most - least) : 0)
                .toArray();
        chart.setClouds(
                List.of(new ScatterCloud(Side.A, points.skewness(), points.kurtosis(), null, shade)),
                (side, feature) -> names.apply(feature));
    }

    private void layOut() {
        chart.setId("kinds-chart");
        bar.setAlignment(Pos.CENTER_LEFT);
        bar.setPadding(new Insets(4, 8, 0, 8));
        for (FeatureKind kind : FeatureKind.values()) {
            ToggleButton button = new ToggleButton();
            button.setId("kind-" + kind.label());
            button.getStyleClass().add("small-toggle");
            button.setMinWidth(Region.USE_PREF_SIZE);
            button.setTooltip(Tooltips.of(words(kind) + ". List these features in the table"));
            button.setOnAction(event -> {
                model.list(kind);
                button.setSelected(model.isListed(kind));
            });
            kinds.put(kind, button);
            HBox group = new HBox(4, button);
            group.setAlignment(Pos.CENTER_LEFT);
            group.getChildren().addAll(thresholds(kind));
            bar.getChildren().add(group);
        }
        VBox body = new VBox(4, bar, chart);
        VBox.setVgrow(chart, Priority.ALWAYS);
        chart.setMinHeight(0);
        frame.setContent(body);
        frame.getMenuItems().addAll(export.items());
        export.attachTo(chart);
    }

    private static String words(FeatureKind kind) {
        return switch (kind) {
            case PREDICTION ->
                "Features that promote some tokens strongly: the skewness of their logit weights is " + "large";
            case SUPPRESSION ->
                "Features that suppress some tokens strongly: the skewness of their logit weights is " + "far below 0";
            case PARTITION ->
                "Features that tell tokens with a leading space or a capital from the others: little "
                        + "skewness, and a large enrichment score of either sign";
            case UNKNOWN -> "Features of none of the other kinds";
        };
    }

    /** The fields of what makes a feature one of a kind, with the words before them. */
    private List<Node> thresholds(FeatureKind kind) {
        return switch (kind) {
            case PREDICTION ->
                threshold(
                        "prediction",
                        "skew >",
                        "Prediction: skewness of the logit weights above",
                        KindThresholds::prediction,
                        typed -> new KindThresholds(typed, now().suppression(), now().partition(), now().enrichment()));
            case SUPPRESSION ->
                threshold(
                        "suppression",
                        "skew <",
                        "Suppression: skewness of the logit weights below",
                        KindThresholds::suppression,
                        typed -> new KindThresholds(now().prediction(), typed, now().partition(), now().enrichment()));
            case PARTITION -> {
                List<Node> both = new ArrayList<>(threshold(
                        "partition",
                        "|skew| <",
                        "Partition: skewness of the logit weights nearer to 0 than",
                        KindThresholds::partition,
                        typed -> new KindThresholds(
                                now().prediction(), now().suppression(), Math.abs(typed), now().enrichment())));
                both.addAll(threshold(
                        "enrichment",
                        "|space or capital| \u2265",
                        "Partition: enrichment score, from -1 to 1, of tokens with a leading space or with a "
                                + "capital, of either sign, at least",
                        KindThresholds::enrichment,
                        typed -> new KindThresholds(
                                now().prediction(), now().suppression(), now().partition(), Math.abs(typed))));
                yield both;
            }
            case UNKNOWN -> List.of();
        };
    }

    private KindThresholds now() {
        return model.thresholds().get();
    }

    /** A field of a threshold; Enter, or leaving it, takes what is typed. */
    private List<Node> threshold(
            String id,
            String words,
            String tip,
            ToDoubleFunction<KindThresholds> read,
            DoubleFunction<KindThresholds> changed) {
        TextField field = new TextField();
        field.setId("kinds-" + id);
        field.setPrefColumnCount(3);
        field.setMinWidth(Region.USE_PREF_SIZE);
        field.setAccessibleText(tip);
        field.setTooltip(Tooltips.of(tip + "; Enter takes it"));
        Runnable show = () -> field.setText(NumberTexts.plain(read.applyAsDouble(now())));
        Runnable take = () -> {
            try {
                double typed = NumberTexts.parse(field.getText());
                if (Math.abs(typed) <= NumberRange.LARGEST) {
                    model.thresholds().set(changed.apply(typed));
                }
            } catch (NumberFormatException noNumber) {
                // put back below
            }
            show.run();
        };
        field.setOnAction(event -> take.run());
        field.focusedProperty().addListener((property, was, is) -> {
            if (!is) {
                take.run();
            }
        });
        model.thresholds().addListener(change -> show.run());
        show.run();
        Label label = new Label(words);
        label.getStyleClass().add("muted");
        label.setLabelFor(field);
        label.setMinWidth(Region.USE_PREF_SIZE);
        return List.of(label, field);
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        Answers.show(model.points(), this::show, () -> {});
        Answers.whileShown(frame, model.points()::setWanted);
        models.table().filter().addListener(changed -> showListed());
        chart.setOnPoint((side, feature) -> models.table().jumpTo(feature));
        models.workbench().a().feature().addListener(changed -> mark());
        chart.boxProperty().addListener((property, was, is) -> filter(is));
        showListed();
    }

    private void show(KindsModel.Points points) {
        draw(chart, points, this::words);
        double[] deviation =
                Arrays.stream(points.deviation()).filter(Double::isFinite).toArray();
        frame.subtitleProperty()
                .set(
                        deviation.length == 0
                                ? ""
                                : "standard deviation from "
                                        + NumberTexts.number(
                                                Arrays.stream(deviation).min().orElseThrow())
                                        + " to "
                                        + NumberTexts.number(
                                                Arrays.stream(deviation).max().orElseThrow())
                                        + " (red)");
        kinds.forEach((kind, button) -> button.setText(
                kind.label() + " " + NumberTexts.count(points.counts().getOrDefault(kind, 0))));
        mark();
    }

    private String words(int feature) {
        String promoted = models.scatter().promoted(true, feature);
        return "Feature " + feature + (promoted.isEmpty() ? "" : "  " + TokenText.sentence(promoted));
    }

    private void mark() {
        FeatureRef feature = models.workbench().a().feature().get();
        if (chart.hasPlot()) {
            chart.select(Side.A, feature == null ? -1 : feature.feature());
        }
    }

    private void showListed() {
        kinds.forEach((kind, button) -> button.setSelected(model.isListed(kind)));
    }

    /** Writes the marked rectangle into the table's filter, or removes it. */
    private void filter(BoxBrush.Box box) {
        String others = FeatureFilter.without(
                FeatureFilter.without(models.table().filter().get(), FeatureColumn.SKEWNESS), FeatureColumn.KURTOSIS);
        models.table()
                .filter()
                .set(
                        box == null
                                ? others
                                : (others + " "
                                                + FeatureFilter.between(
                                                        FeatureColumn.SKEWNESS,
                                                        box.across().from(),
                                                        box.across().to())
                                                + " "
                                                + FeatureFilter.between(
                                                        FeatureColumn.KURTOSIS,
                                                        box.up().from(),
                                                        box.up().to()))
                                        .strip());
    }
}
