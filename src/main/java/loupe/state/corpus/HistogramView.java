package loupe.state.corpus;

import java.util.List;
import java.util.Map;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleIntegerProperty;
import loupe.analysis.features.Histogram;

/**
 * How histograms of activations are drawn, the same for both sides so that they can be compared. JavaFX thread only.
 */
public final class HistogramView {
    /** Numbers of bins that are offered. */
    public static final List<Integer> BINS = List.of(10, 20, 50, 100, 200, 500);

    private final IntegerProperty bins = new SimpleIntegerProperty(this, "bins", Histogram.DEFAULT_BINS);
    private final BooleanProperty logarithmicCounts = new SimpleBooleanProperty(this, "logarithmicCounts", true);
    private final BooleanProperty logarithmicValues = new SimpleBooleanProperty(this, "logarithmicValues", false);
    private final BooleanProperty cumulative = new SimpleBooleanProperty(this, "cumulative", false);

    /** Number of bins; at least 1. */
    public IntegerProperty bins() {
        return bins;
    }

    /** Whether counts are drawn on a logarithmic axis. */
    public BooleanProperty logarithmicCounts() {
        return logarithmicCounts;
    }

    /**
     * Whether activations are drawn on a logarithmic axis, in bins of equal ratios from the smallest positive
     * activation on either side. Negative ones have no logarithm: where there are any, the axis stays linear.
     */
    public BooleanProperty logarithmicValues() {
        return logarithmicValues;
    }

    /** Whether a bar counts the tokens of all bins up to its own. */
    public BooleanProperty cumulative() {
        return cumulative;
    }

    /** The settings that a session remembers, by name. */
    public Map<String, String> remembered() {
        return Map.of(
                "histogram.bins",
                String.valueOf(bins.get()),
                "histogram.log-counts",
                String.valueOf(logarithmicCounts.get()),
                "histogram.log-activations",
                String.valueOf(logarithmicValues.get()),
                "histogram.cumulative",
                String.valueOf(cumulative.get()));
    }

    /** Restores remembered settings; ignores missing and invalid ones. */
    public void recall(Map<String, String> settings) {
        BINS.stream()
                .filter(number -> String.valueOf(number).equals(settings.get("histogram.bins")))
                .forEach(bins::set);
        recall(settings, "histogram.log-counts", logarithmicCounts);
        recall(settings, "histogram.log-activations", logarithmicValues);
        recall(settings, "histogram.cumulative", cumulative);
    }

    public static void recall(Map<String, String> settings, String name, BooleanProperty property) {
        String value = settings.get(name);
        if ("true".equals(value) || "false".equals(value)) {
            property.set(Boolean.parseBoolean(value));
        }
    }
}
