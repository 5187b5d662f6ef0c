package loupe.ui;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import loupe.index.FeatureActivations;
import loupe.state.Brush;
import loupe.state.HistogramModel;
import org.controlsfx.control.SegmentedButton;

/** How often a side's feature is how active; a marked range filters the examples. */
final class HistogramPane {
    private final HistogramModel model;
    private final Side side;
    private final PaneFrame frame = new PaneFrame("Activations");
    private final HistogramChart chart = new HistogramChart("activations", ChartAxis.of("activation"), "tokens");
    private final ExportMenu export;
    private final ToggleButton logarithmic = new ToggleButton("Log");
    private final ToggleButton linear = new ToggleButton("Linear");
    private FeatureActivations.Histogram shown;

    HistogramPane(HistogramModel model, Supplier<String> provenance, ExportDesk desk) {
        this.model = model;
        side = model.activations().side().isA() ? Side.A : Side.B;
        export = new ExportMenu(chart, provenance, desk);
        layOut();
        bind();
    }

    PaneFrame node() {
        return frame;
    }

    ExportMenu export() {
        return export;
    }

    private void layOut() {
        chart.setId("histogram-" + side);
        frame.setContent(chart);
        SegmentedButton counts = new SegmentedButton(logarithmic, linear);
        counts.getStyleClass().add("small");
        counts.setToggleGroup(new ToggleGroup());
        logarithmic.setToggleGroup(counts.getToggleGroup());
        linear.setToggleGroup(counts.getToggleGroup());
        logarithmic.setTooltip(Tips.of("Counts on a logarithmic axis"));
        linear.setTooltip(Tips.of("Counts on a linear axis"));
        logarithmic.setSelected(true);
        logarithmic.setMinWidth(javafx.scene.layout.Region.USE_PREF_SIZE);
        linear.setMinWidth(javafx.scene.layout.Region.USE_PREF_SIZE);
        frame.getActions().add(counts);
        frame.getMenuItems().addAll(export.items());
        export.attachTo(chart);
    }

    private void bind() {
        frame.pendingProperty().bind(model.histogram().pendingProperty().or(model.activations().activations().pendingProperty()));
        chart.logarithmicProperty().bind(model.logarithmic());
        logarithmic.setOnAction(event -> scale(true));
        linear.setOnAction(event -> scale(false));
        CorpusStates.bind(frame, model.activations(), model.histogram());
        model.highest().upper().addListener((property, was, is) -> {
            if (shown == model.histogram().getValue()) {
                chart.setLeastHeight(is.doubleValue()); // the other side's; one's own comes with the bars
            }
        });
        Slots.show(model.histogram(), this::show, () -> { });
        chart.brushProperty().addListener((property, was, is) -> {
            if (is == null) {
                model.unmark();
            } else {
                model.mark(is.from(), is.to());
            }
        });
        model.brush().addListener((property, was, is) -> follow(is));
        Slots.whileShown(frame, wanted -> {
            model.histogram().setWanted(wanted);
            model.activations().activations().setWanted(wanted);
        });
    }

    private void scale(boolean log) {
        logarithmic.setSelected(log);
        linear.setSelected(!log);
        model.logarithmic().set(log);
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
        chart.setSeries(List.of(new HistogramSeries(side, side.toString(), histogram.edges(), Arrays.stream(histogram.counts()).asDoubleStream().toArray())),
                model.highest().upper().get());
    }
}
