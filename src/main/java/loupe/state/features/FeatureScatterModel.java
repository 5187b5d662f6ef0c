package loupe.state.features;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.base.Cancellation;
import loupe.inference.Priority;
import loupe.search.FeatureColumn;
import loupe.search.FeatureValues;
import loupe.state.corpus.CountedShare;
import loupe.state.corpus.HistogramView;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/** Two numbers of every feature against each other, of both checkpoints if two are open. JavaFX thread only. */
public final class FeatureScatterModel {
    private final FeatureColumns a;
    private final FeatureColumns b;
    private final ResultSlot<Points> points;
    private final ObservableValue<PaneStatus> status;
    private final ObjectProperty<FeatureColumn> across =
            new SimpleObjectProperty<>(this, "across", FeatureColumn.DENSITY);
    private final ObjectProperty<FeatureColumn> up = new SimpleObjectProperty<>(this, "up", FeatureColumn.MAX);
    private final BooleanProperty logAcross = new SimpleBooleanProperty(this, "logAcross", true);
    private final BooleanProperty logUp = new SimpleBooleanProperty(this, "logUp", false);

    /**
     * Numbers by feature; NaN where they are not known.
     *
     * @param bAcross of checkpoint B; empty if there is none
     * @param countedAcross how much of the corpus the numbers across refer to, on the side of which less is counted
     */
    public record Points(
            FeatureColumn across,
            FeatureColumn up,
            double[] aAcross,
            double[] aUp,
            double[] bAcross,
            double[] bUp,
            CountedShare countedAcross,
            CountedShare countedUp) {
        /** How many features have both numbers, on both sides together. */
        public int count() {
            return count(aAcross, aUp) + count(bAcross, bUp);
        }

        private static int count(double[] xs, double[] ys) {
            int count = 0;
            for (int i = 0; i < xs.length; i++) {
                count += Double.isNaN(xs[i]) || Double.isNaN(ys[i]) ? 0 : 1;
            }
            return count;
        }
    }

    public FeatureScatterModel(Workbench workbench, FeatureColumns a, FeatureColumns b) {
        this.a = a;
        this.b = b;
        points = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        status = new PaneStatusBinding()
                .fails(points)
                .isEmpty(
                        () -> workbench.a().sae().get() == null ? "Open a checkpoint to see all of its features" : "",
                        workbench.a().sae())
                .awaits(points)
                .awaits(a.filling());
        a.values().addListener(changed -> ask());
        b.values().addListener(changed -> ask());
        across.addListener(changed -> ask());
        up.addListener(changed -> ask());
        ask();
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** The number along the horizontal axis; not a text. */
    public ObjectProperty<FeatureColumn> across() {
        return across;
    }

    /** The number along the vertical axis; not a text. */
    public ObjectProperty<FeatureColumn> up() {
        return up;
    }

    /** Whether the horizontal axis is logarithmic, so that only positive numbers are on it. */
    public BooleanProperty logAcross() {
        return logAcross;
    }

    public BooleanProperty logUp() {
        return logUp;
    }

    /** Swaps the axes. */
    public void swap() {
        FeatureColumn column = across.get();
        boolean logarithmic = logAcross.get();
        across.set(up.get());
        up.set(column);
        logAcross.set(logUp.get());
        logUp.set(logarithmic);
    }

    /** The settings that a session remembers, by name. */
    public Map<String, String> remembered() {
        return Map.of(
                "scatter.x",
                across.get().name(),
                "scatter.y",
                up.get().name(),
                "scatter.log-x",
                String.valueOf(logAcross.get()),
                "scatter.log-y",
                String.valueOf(logUp.get()));
    }

    /** Restores remembered settings; ignores missing and invalid ones. */
    public void recall(Map<String, String> settings) {
        recall(settings.get("scatter.x"), across);
        recall(settings.get("scatter.y"), up);
        HistogramView.recall(settings, "scatter.log-x", logAcross);
        HistogramView.recall(settings, "scatter.log-y", logUp);
    }

    private static void recall(@Nullable String name, ObjectProperty<FeatureColumn> axis) {
        Arrays.stream(FeatureColumn.values())
                .filter(column -> !column.isText() && column.name().equals(name))
                .forEach(axis::set);
    }

    public ResultSlot<Points> points() {
        return points;
    }

    /** The tokens a feature promotes most, as text; empty while they are not known. */
    public String promoted(boolean ofA, int feature) {
        return (ofA ? a : b).values().get().promoted(feature);
    }

    private void ask() {
        if (a.values().get().features() == 0) {
            points.clear();
        } else {
            points.ask(new Collect(
                    a.values().get(),
                    b.values().get(),
                    across.get(),
                    up.get(),
                    counted(across.get()),
                    counted(up.get())));
        }
    }

    /** How much of the corpus a column's numbers of both checkpoints refer to. */
    private CountedShare counted(FeatureColumn column) {
        return a.counted(column).and(b.counted(column));
    }

    private record Collect(
            FeatureValues a,
            FeatureValues b,
            FeatureColumn across,
            FeatureColumn up,
            CountedShare countedAcross,
            CountedShare countedUp)
            implements HostQuestion<Points> {
        @Override
        public Points answer(Cancellation cancellation) {
            return new Points(
                    across,
                    up,
                    a.numbers(across),
                    a.numbers(up),
                    b.numbers(across),
                    b.numbers(up),
                    countedAcross,
                    countedUp);
        }

        @SuppressWarnings("ReferenceEquality") // one set of columns is one value; they are large
        @Override
        public boolean equals(Object other) {
            return other instanceof Collect that
                    && a == that.a
                    && b == that.b
                    && across == that.across
                    && up == that.up;
        }

        @Override
        public int hashCode() {
            return Objects.hash(System.identityHashCode(a), System.identityHashCode(b), across, up);
        }
    }
}
