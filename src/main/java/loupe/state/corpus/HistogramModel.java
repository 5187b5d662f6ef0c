package loupe.state.corpus;

import java.util.Arrays;
import java.util.List;
import javafx.beans.Observable;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.index.FeatureActivations;
import loupe.inference.Priority;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Brush;
import loupe.state.window.SharedRange;
import loupe.state.window.Workbench;

/** The histogram of a side's feature's activations; a range marked in it filters the examples. JavaFX thread only. */
public final class HistogramModel {
    /** The name of its brush as a source. */
    public static final String SOURCE = "histogram";

    private final Workbench workbench;
    private final ActivationsModel activations;
    private final SharedRange highest;
    private final ResultSlot<FeatureActivations.Histogram> histogram;
    private final HistogramView view;
    private final ObservableValue<PaneStatus> status;

    /**
     * @param highest the largest count of a bin on either side
     * @param view how both sides are drawn
     */
    public HistogramModel(Workbench workbench, ActivationsModel activations, SharedRange highest, HistogramView view) {
        this.view = view;
        this.workbench = workbench;
        this.activations = activations;
        this.highest = highest;
        histogram = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        status = activations.status().fails(histogram).awaits(histogram, activations.activations());
        activations.activations().valueProperty().addListener(changed -> ask());
        for (Observable asked : List.of(
                activations.range().upper(),
                activations.range().lower(),
                view.bins(),
                view.logarithmicValues(),
                view.cumulative())) {
            asked.addListener(changed -> ask());
        }
        histogram.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                highest.need(
                        activations.side(), Arrays.stream(is.counts()).max().orElse(0));
            }
        });
        ask();
    }

    /** What the histogram's pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    public ActivationsModel activations() {
        return activations;
    }

    public ResultSlot<FeatureActivations.Histogram> histogram() {
        return histogram;
    }

    /** The largest count of a bin on either side, so that both draw to the same height. */
    public SharedRange highest() {
        return highest;
    }

    /** How both sides are drawn. */
    public HistogramView view() {
        return view;
    }

    public ReadOnlyObjectProperty<Brush> brush() {
        return workbench.selection().brush();
    }

    /** Marks a range of activations. */
    public void mark(double from, double to) {
        workbench.selection().brush(new Brush(SOURCE, "activation", Math.min(from, to), Math.max(from, to)));
    }

    public void unmark() {
        workbench.selection().brush(null);
    }

    private void ask() {
        FeatureActivations loaded = activations.activations().getValue();
        if (loaded == null) {
            histogram.clear();
            if (activations.side().feature().get() == null
                    || activations.counted().get() == null) {
                highest.need(activations.side(), 0);
            }
        } else {
            SharedRange range = activations.range();
            double least = range.lower().get();
            double from = view.logarithmicValues().get() ? least : Math.min(0, least);
            histogram.ask(new ActivationBins(
                    loaded,
                    view.bins().get(),
                    from,
                    range.upper().get(),
                    view.cumulative().get()));
        }
    }
}
