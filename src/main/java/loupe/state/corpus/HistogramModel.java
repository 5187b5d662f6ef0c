package loupe.state.corpus;

import java.util.Arrays;
import java.util.List;
import javafx.beans.Observable;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.base.Cancellation;
import loupe.index.FeatureActivations;
import loupe.inference.Priority;
import loupe.state.pane.HostQuestion;
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
                    || activations.index().get() == null) {
                highest.need(activations.side(), 0);
            }
        } else {
            SharedRange range = activations.range();
            double least = range.lower().get();
            double from = view.logarithmicValues().get() ? least : Math.min(0, least);
            histogram.ask(new Binned(
                    loaded,
                    view.bins().get(),
                    from,
                    range.upper().get(),
                    view.cumulative().get()));
        }
    }

    /**
     * Counts in bins from 0, or from the smallest activation if that is negative, to the largest activation on either
     * side.
     *
     * @param from positive for bins of equal ratios that begin there
     */
    private record Binned(FeatureActivations activations, int bins, double from, double upper, boolean cumulative)
            implements HostQuestion<FeatureActivations.Histogram> {
        /** What part of a bin may be due to rounding. */
        private static final double ROUNDING = 1e-9;

        @Override
        public FeatureActivations.Histogram answer(Cancellation cancellation) {
            FeatureActivations.Histogram counted = from < 0
                    ? activations.histogram(aroundZero())
                    : from > 0 && upper > from
                            ? activations.histogram(ratios())
                            : activations.histogram(bins, 0, Math.max(upper, Float.MIN_NORMAL));
            return cumulative ? new FeatureActivations.Histogram(counted.edges(), added(counted.counts())) : counted;
        }

        /** Equal bins, about as many as wanted, with an edge at 0, so that no bar counts both signs. */
        private double[] aroundZero() {
            double width = (upper - from) / bins;
            int below = (int) Math.ceil(-from / width - ROUNDING);
            int above = (int) Math.ceil(upper / width - ROUNDING);
            double[] edges = new double[below + above + 1];
            for (int i = 0; i < edges.length; i++) {
                edges[i] = (i - below) * width;
            }
            edges[0] = Math.min(edges[0], from);
            edges[edges.length - 1] = Math.max(edges[edges.length - 1], upper);
            return edges;
        }

        private double[] ratios() {
            double[] edges = new double[bins + 1];
            for (int i = 0; i <= bins; i++) {
                edges[i] = from * Math.pow(upper / from, (double) i / bins);
            }
            edges[bins] = upper;
            return edges;
        }

        private static long[] added(long[] counts) {
            long[] sums = counts.clone();
            Arrays.parallelPrefix(sums, Long::sum);
            return sums;
        }
    }
}
