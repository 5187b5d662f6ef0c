package loupe.ui.corpus;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.scene.control.RadioMenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import loupe.index.FeatureActivations;
import loupe.state.corpus.HistogramModel;
import loupe.state.corpus.HistogramView;
import loupe.state.window.Brush;
import loupe.state.window.Side;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.HistogramSeries;
import loupe.ui.chart.ValueRange;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import org.controlsfx.control.SegmentedButton;
import org.jspecify.annotations.Nullable;

/** The histogram of a side's feature's activations; a marked range filters the examples. */
public final class HistogramPane implements Pane {
    private final HistogramModel model;
    private final Side side;
    private final PaneFrame frame = new PaneFrame("Activations");
    private final HistogramChart chart = chart();
    private final ExportMenu export;
    private final ToggleButton logarithmic = new ToggleButton("Log");
    private final ToggleButton linear = new ToggleButton("Linear");
    private FeatureActivations.@Nullable Histogram shown;

    public HistogramPane(HistogramModel model, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        side = model.activations().side().name();
        export = new ExportMenu(chart, provenance, desk);
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

    private void layOut() {
        chart.setId("histogram-" + side);
        frame.setContent(chart);
        SegmentedButton counts = new SegmentedButton(logarithmic, linear);
        counts.getStyleClass().add("small");
        counts.setToggleGroup(new ToggleGroup());
        logarithmic.setToggleGroup(counts.getToggleGroup());
        linear.setToggleGroup(counts.getToggleGroup());
        logarithmic.setTooltip(Tooltips.of("Counts on a logarithmic axis"));
        linear.setTooltip(Tooltips.of("Counts on a linear axis"));
        logarithmic.setMinWidth(javafx.scene.layout.Region.USE_PREF_SIZE);
        linear.setMinWidth(javafx.scene.layout.Region.USE_PREF_SIZE);
        frame.getActions().add(counts);
        frame.getMenuItems().addAll(viewItems());
        frame.getMenuItems().add(new SeparatorMenuItem());
        frame.getMenuItems().addAll(export.items());
        export.attachTo(chart);
    }

    /** The menu items for how both sides are drawn. */
    private List<MenuItem> viewItems() {
        HistogramView view = model.view();
        CheckMenuItem cumulative = new CheckMenuItem("Cumulative counts");
        cumulative.selectedProperty().bindBidirectional(view.cumulative());
        CheckMenuItem values = new CheckMenuItem("Logarithmic activations");
        values.selectedProperty().bindBidirectional(view.logarithmicValues());
        Menu bins = new Menu("Bins");
        ToggleGroup numbers = new ToggleGroup();
        for (int number : HistogramView.BINS) {
            RadioMenuItem item = new RadioMenuItem(String.valueOf(number));
            item.setToggleGroup(numbers);
            item.setSelected(view.bins().get() == number);
            item.setOnAction(event -> view.bins().set(number));
            view.bins().addListener((property, was, is) -> item.setSelected(is.intValue() == number));
            bins.getItems().add(item);
        }
        return List.of(cumulative, values, bins);
    }

    @SuppressWarnings("ReferenceEquality") // the very answer that is drawn
    private void bind() {
        frame.statusProperty().bind(model.status());
        chart.logarithmicProperty().bind(model.view().logarithmicCounts());
        model.view().logarithmicCounts().addListener((property, was, is) -> showScale(is));
        showScale(model.view().logarithmicCounts().get());
        logarithmic.setOnAction(event -> scale(true));
        linear.setOnAction(event -> scale(false));
        model.highest().upper().addListener((property, was, is) -> {
            if (shown == model.histogram().getValue()) {
                chart.setLeastHeight(is.doubleValue()); // the other side's; one's own comes with the bars
            }
        });
        Answers.show(model.histogram(), this::show, () -> {});
        chart.brushProperty().addListener((property, was, is) -> {
            if (is == null) {
                model.unmark();
            } else {
                model.mark(is.from(), is.to());
            }
        });
        model.brush().addListener((property, was, is) -> follow(is));
        Answers.whileShown(frame, wanted -> {
            model.histogram().setWanted(wanted);
            model.activations().activations().setWanted(wanted);
        });
    }

    private void scale(boolean log) {
        showScale(log);
        model.view().logarithmicCounts().set(log);
    }

    private void showScale(boolean log) {
        logarithmic.setSelected(log);
        linear.setSelected(!log);
    }

    private void follow(Brush brush) {
        ValueRange shown = chart.brushProperty().get();
        if (brush == null && shown != null) {
            chart.brushProperty().set(null);
        } else if (brush != null && (shown == null || shown.from() != brush.from() || shown.to() != brush.to())) {
            chart.brushProperty().set(new ValueRange(brush.from(), brush.to()));
        }
    }

    private void show(FeatureActivations.Histogram histogram) {
        shown = histogram;
        frame.subtitleProperty().set(CorpusWords.heading(model.activations()));
        frame.subtitleTipProperty().set(CorpusWords.headingTip(model.activations()));
        draw(
                chart,
                side,
                histogram,
                model.highest().upper().get(),
                model.view().cumulative().get());
    }

    /** An empty chart of activations. */
    public static HistogramChart chart() {
        return new HistogramChart("activations", ChartAxis.of("activation"), "tokens");
    }

    /**
     * Draws a side's histogram.
     *
     * @param highest count that the axis reaches at least
     * @param cumulative whether the counts are sums
     */
    public static void draw(
            HistogramChart chart,
            Side side,
            FeatureActivations.Histogram histogram,
            double highest,
            boolean cumulative) {
        chart.setSeries(
                List.of(new HistogramSeries(
                        side,
                        side.toString(),
                        histogram.edges(),
                        Arrays.stream(histogram.counts()).asDoubleStream().toArray())),
                highest,
                ChartAxis.of("activation").withLogarithm(histogram.edges()[0] > 0),
                cumulative);
    }
}
