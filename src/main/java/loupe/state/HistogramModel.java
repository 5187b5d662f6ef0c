package loupe.state;

import javafx.beans.property.BooleanProperty;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleIntegerProperty;
import loupe.base.Cancellation;
import loupe.index.FeatureActivations;
import loupe.inference.Priority;

/** How often a side's feature is how active; a range marked in it filters the examples. JavaFX thread only. */
public final class HistogramModel {
    /** The name its brush carries. */
    public static final String SOURCE = "histogram";
    private static final int DEFAULT_BINS = 50;

    private final Workbench workbench;
    private final ActivationsModel activations;
    private final SharedRange highest;
    private final ResultSlot<FeatureActivations.Histogram> histogram;
    private final IntegerProperty bins = new SimpleIntegerProperty(this, "bins", DEFAULT_BINS);
    private final BooleanProperty logarithmic = new SimpleBooleanProperty(this, "logarithmic", true);

    /** @param highest the largest count of a bin on either side */
    public HistogramModel(Workbench workbench, ActivationsModel activations, SharedRange highest) {
        this.workbench = workbench;
        this.activations = activations;
        this.highest = highest;
        histogram = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        activations.activations().valueProperty().addListener(changed -> ask());
        activations.range().upper().addListener(changed -> ask());
        bins.addListener(changed -> ask());
        histogram.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                highest.need(activations.side(), java.util.Arrays.stream(is.counts()).max().orElse(0));
            }
        });
        activations.side().sae().addListener((property, was, is) -> {
            if (is == null) {
                highest.need(activations.side(), 0);
            }
        });
        ask();
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

    public IntegerProperty bins() {
        return bins;
    }

    /** Whether counts are drawn on a logarithmic axis. */
    public BooleanProperty logarithmic() {
        return logarithmic;
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
        FeatureActivations known = activations.activations().getValue();
        if (known == null) {
            histogram.clear();
        } else {
            histogram.ask(new Binned(known, bins.get(), activations.range().upper().get()));
        }
    }

    /** Counts in equal bins from 0 to the largest activation on either side. */
    private record Binned(FeatureActivations activations, int bins, double upper) implements HostQuestion<FeatureActivations.Histogram> {
        @Override
        public FeatureActivations.Histogram answer(Cancellation cancellation) {
            return activations.histogram(bins, 0, Math.max(upper, Float.MIN_NORMAL));
        }
    }
}
