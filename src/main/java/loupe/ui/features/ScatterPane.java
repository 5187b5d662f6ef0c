package loupe.ui.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import javafx.beans.binding.BooleanBinding;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.value.ObservableValue;
import javafx.collections.ListChangeListener;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.StackPane;
import loupe.search.FeatureColumn;
import loupe.search.FeatureFilter;
import loupe.state.WorkbenchModels;
import loupe.state.features.FeatureScatterModel;
import loupe.state.features.FeatureTableModel;
import loupe.state.window.FeatureRef;
import loupe.state.window.Side;
import loupe.state.window.Workbench;
import loupe.ui.chart.BoxBrush;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.ScatterChart;
import loupe.ui.chart.ScatterCloud;
import loupe.ui.control.IconButtons;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenText;
import org.jspecify.annotations.Nullable;
import org.kordamp.ikonli.feather.Feather;

/**
 * Two numbers of every feature against each other; a click chooses a feature, a marked rectangle becomes part of the
 * table's filter.
 */
public final class ScatterPane implements Pane {
    private static final double ROOM_FOR_TITLE = 500;

    private final WorkbenchModels models;
    private final Workbench workbench;
    private final FeatureScatterModel model;
    private final FeatureTableModel table;
    private final PaneFrame frame = new PaneFrame("All features");
    private final ScatterChart chart = chart();
    private final ExportMenu export;
    private final Label hint = new Label();
    private final BooleanProperty inFront = new SimpleBooleanProperty(this, "inFront", true);
    private final BooleanBinding inSight = inFront.or(frame.maximisedProperty()).or(frame.tornOffProperty());
    private boolean stale;
    private boolean following;

    public ScatterPane(WorkbenchModels models, FileSaver desk) {
        this.models = models;
        workbench = models.workbench();
        model = models.scatter();
        table = models.table();
        export = new ExportMenu(chart, this::provenance, desk);
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

    /** Draws points only while the pane's tab is in front, or the pane is elsewhere. */
    @Override
    public void standsIn(ObservableValue<Boolean> tabInFront) {
        inFront.bind(tabInFront);
    }

    /** Focuses the chart. */
    @Override
    public void focus() {
        chart.requestFocus();
    }

    private String provenance() {
        return models.a().allCountedProvenance()
                + (workbench.b().sae().get() == null ? "" : "; " + models.b().allProvenance());
    }

    private void layOut() {
        chart.setId("feature-scatter");
        frame.getActions()
                .addAll(
                        letter("y"),
                        column("scatter-up", "Vertical axis", model.up()),
                        log("scatter-up-log", model.logUp()),
                        letter("x"),
                        column("scatter-across", "Horizontal axis", model.across()),
                        log("scatter-across-log", model.logAcross()),
                        IconButtons.of(Feather.REPEAT, "Exchange the axes", model::swap));
        frame.titleProperty()
                .bind(frame.widthProperty()
                        .map(width -> width.doubleValue() < ROOM_FOR_TITLE ? "All" : "All features"));
        hint.getStyleClass().addAll("muted", "text-hint");
        hint.setWrapText(true);
        hint.setMouseTransparent(true);
        StackPane body = new StackPane(chart, hint);
        body.setMinHeight(0);
        frame.setContent(body);
        frame.getMenuItems().addAll(export.items());
        export.attachTo(chart);
    }

    private static Label letter(String axis) {
        Label label = new Label(axis);
        label.getStyleClass().add("muted");
        return label;
    }

    private static ComboBox<FeatureColumn> column(String id, String what, ObjectProperty<FeatureColumn> column) {
        ComboBox<FeatureColumn> choice = new ComboBox<>();
        choice.getItems()
                .setAll(Arrays.stream(FeatureColumn.values())
                        .filter(one -> !one.isText())
                        .toList());
        choice.setConverter(new LabelConverter<>(one -> one == FeatureColumn.NUMBER ? "Number" : one.title()));
        choice.setId(id);
        choice.getStyleClass().add("axis-choice");
        choice.valueProperty().bindBidirectional(column);
        choice.setAccessibleText(what);
        Tooltip tip = Tooltips.of("");
        tip.textProperty().bind(column.map(one -> what + ": " + one.explanation()));
        choice.setTooltip(tip);
        return choice;
    }

    private static ToggleButton log(String id, BooleanProperty logarithmic) {
        ToggleButton log = new ToggleButton("log");
        log.setId(id);
        log.getStyleClass().add("small-toggle");
        log.setTooltip(Tooltips.of("A logarithmic axis; features with 0 or less are not on it"));
        log.selectedProperty().bindBidirectional(logarithmic);
        return log;
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        workbench.b().sae().addListener(changed -> show());
        model.logAcross().addListener(changed -> show());
        model.logUp().addListener(changed -> show());
        Answers.show(model.points(), points -> show(), this::showHint);
        table.rows().addListener((ListChangeListener<Integer>) change -> show());
        Answers.whileShown(frame, model.points()::setWanted);
        inSight.addListener((property, was, is) -> {
            if (is && stale) {
                show();
            }
        });
        chart.setOnPoint(this::choose);
        workbench.a().feature().addListener(changed -> mark());
        workbench.b().feature().addListener(changed -> mark());
        chart.boxProperty().addListener((property, was, is) -> {
            if (!following) {
                filter(is);
            }
        });
        table.filter().addListener((property, was, is) -> follow(is));
        showHint();
    }

    private void showHint() {
        FeatureScatterModel.Points points = model.points().getValue();
        hint.setText(points == null || points.count() > 0 || model.points().isPending() ? "" : why(points));
    }

    private String why(FeatureScatterModel.Points points) {
        boolean ofB = points.across() == FeatureColumn.MATCH || points.up() == FeatureColumn.MATCH;
        boolean counting = models.statistics().counting(workbench.a()).get();
        return ofB && workbench.b().sae().get() == null
                ? "No values of checkpoint B. Open one to compare with, or choose another axis"
                : counting
                        ? "Activations are being counted; points appear as the counting proceeds"
                        : "No values yet. Choose a corpus to count activations over";
    }

    /** Draws the points, once the pane is visible. */
    private void show() {
        FeatureScatterModel.Points points = model.points().getValue();
        showHint();
        stale = points != null && !inSight.get();
        if (points == null || stale) {
            return;
        }
        following = true; // other axes take the mark away, but the features it listed stay listed
        draw(
                chart,
                points,
                filteredOut(points.aAcross().length),
                this::words,
                model.logAcross().get(),
                model.logUp().get());
        following = false;
        frame.subtitleProperty().set(left(points));
        mark();
    }

    /** An empty chart of features. */
    public static ScatterChart chart() {
        return new ScatterChart("features", ChartAxis.of("density"), ChartAxis.of("max"));
    }

    /**
     * Draws features.
     *
     * @param faint which of A's features are drawn faintly; null for none
     * @param names the name of a side's feature, for the readout
     */
    public static void draw(
            ScatterChart chart,
            FeatureScatterModel.Points points,
            boolean @Nullable [] faint,
            BiFunction<Side, Integer, String> names,
            boolean logAcross,
            boolean logUp) {
        List<ScatterCloud> clouds = new ArrayList<>();
        clouds.add(new ScatterCloud(Side.A, points.aAcross(), points.aUp(), faint));
        if (points.bAcross().length > 0) {
            clouds.add(new ScatterCloud(Side.B, points.bAcross(), points.bUp(), null));
        }
        chart.setClouds(
                clouds,
                names,
                ChartAxis.of(words(points.across()) + points.countedAcross().soFar())
                        .withLogarithm(logAcross),
                ChartAxis.of(upright(points)).withLogarithm(logUp));
    }

    /** A text on how many features cannot be drawn on these axes; empty if all can. */
    private String left(FeatureScatterModel.Points points) {
        long left = 0;
        for (int i = 0; i < points.aAcross().length; i++) {
            left += isOn(points.aAcross()[i], model.logAcross().get())
                            && isOn(points.aUp()[i], model.logUp().get())
                    ? 0
                    : 1;
        }
        return left == 0 || left == points.aAcross().length ? "" : NumberTexts.count(left) + " not on these axes";
    }

    private static boolean isOn(double value, boolean logarithmic) {
        return Double.isFinite(value) && (!logarithmic || value > 0);
    }

    /** What goes up, in few words while it is not final: a low pane has no room for more. */
    private static String upright(FeatureScatterModel.Points points) {
        return points.countedUp().isPartial()
                ? points.up().title().toLowerCase(Locale.ROOT) + " so far"
                : words(points.up());
    }

    private static String words(FeatureColumn column) {
        return switch (column) {
            case NUMBER -> "feature";
            case DENSITY -> "activation density";
            case TRAINED_DENSITY -> "activation density in training";
            case MAX -> "largest activation";
            case MEAN -> "mean activation";
            case SPREAD -> "standard deviation of activations";
            case MIN -> "smallest activation";
            case ENCODER_NORM -> "encoder norm";
            case DECODER_NORM -> "decoder norm";
            case COSINE -> "encoder-decoder cosine";
            case SKEWNESS -> "logit weight skewness";
            case KURTOSIS -> "logit weight kurtosis";
            case LOGIT_MEAN -> "mean logit weight";
            case LOGIT_SPREAD -> "standard deviation of logit weights";
            case ENTROPY -> "entropy of logit weights";
            case TWO_SIDED -> "two-sided mass of logit weights";
            case MATCH -> "cosine with the other checkpoint";
            case CE_COST -> "loss added by ablation";
            case NEAREST_COSINE -> "largest cosine with another feature";
            case NEAREST -> "nearest feature";
            case IN_DEGREE -> "features that have it as nearest";
            case PROMOTED, LABEL, TAGS, STAR, NOTE, FOUND, KIND -> "";
        };
    }

    private String words(Side side, int feature) {
        String promoted = model.promoted(side == Side.A, feature);
        return (workbench.b().sae().get() == null ? "Feature " : side + " feature ")
                + feature
                + (promoted.isEmpty() ? "" : "  " + TokenText.sentence(promoted));
    }

    /** Which of A's features the table does not list; null if it lists all. */
    private boolean @Nullable [] filteredOut(int features) {
        if (table.rows().size() == 0 || table.rows().size() >= features) {
            return null;
        }
        boolean[] out = new boolean[features];
        Arrays.fill(out, true);
        table.rows().forEach(feature -> out[feature] = feature >= features);
        return out;
    }

    private void mark() {
        chart.select(Side.A, number(workbench.a().feature().get()));
        chart.select(Side.B, number(workbench.b().feature().get()));
    }

    private static int number(FeatureRef feature) {
        return feature == null ? -1 : feature.feature();
    }

    private void choose(Side side, int feature) {
        if (side == Side.A) {
            table.jumpTo(feature);
        } else {
            models.compare().pin(OptionalInt.of(feature));
        }
    }

    /** Writes the marked rectangle into the table's filter, or removes it. */
    private void filter(BoxBrush.Box box) {
        FeatureColumn across = model.across().get();
        FeatureColumn up = model.up().get();
        String others =
                FeatureFilter.without(FeatureFilter.without(table.filter().get(), across), up);
        following = true;
        table.filter()
                .set(
                        box == null
                                ? others
                                : (others + " "
                                                + FeatureFilter.between(
                                                        across,
                                                        box.across().from(),
                                                        box.across().to()) + " "
                                                + FeatureFilter.between(
                                                        up,
                                                        box.up().from(),
                                                        box.up().to()))
                                        .strip());
        following = false;
    }

    /** Removes the mark once the filter's bounds are no longer its own. */
    private void follow(String filter) {
        BoxBrush.Box box = chart.boxProperty().get();
        if (following || box == null) {
            return;
        }
        boolean still = filter.contains(FeatureFilter.between(
                        model.across().get(), box.across().from(), box.across().to()))
                && filter.contains(FeatureFilter.between(
                        model.up().get(), box.up().from(), box.up().to()));
        if (!still) {
            following = true;
            chart.boxProperty().set(null);
            following = false;
        }
    }
}
