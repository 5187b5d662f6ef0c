package loupe.state.nearest;

import java.util.List;
import java.util.Objects;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.base.Cancellation;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.SharedRange;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/** Which tokens a side's feature promotes and suppresses. JavaFX thread only. */
public final class LogitModel {
    private static final int TOP = 30;

    private final CheckpointSide side;
    private final SharedRange longest;
    private final ResultSlot<LogitWeights.Answer> weights;
    private final ObservableValue<PaneStatus> status;
    private final BooleanProperty byDirection = new SimpleBooleanProperty(this, "byDirection", false);
    private final BooleanProperty gain = new SimpleBooleanProperty(this, "gain", true);
    private final BooleanProperty centred = new SimpleBooleanProperty(this, "centred", false);
    private final BooleanProperty leavingOut = new SimpleBooleanProperty(this, "leavingOut", false);
    private final ObjectProperty<LogitView> view = new SimpleObjectProperty<>(this, "view", LogitView.BARS);
    private final ObjectProperty<LogitSplit> split = new SimpleObjectProperty<>(this, "split", LogitSplit.NONE);
    private final ObjectProperty<Range> range = new SimpleObjectProperty<>(this, "range");
    private final ResultSlot<int[]> listed;

    /** @param longest the largest weight, by magnitude, on either side */
    public LogitModel(Workbench workbench, CheckpointSide side, SharedRange longest) {
        this.side = side;
        this.longest = longest;
        weights = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        status = new PaneStatusBinding()
                .fails(weights)
                .isEmpty(this::whyEmpty, side.feature(), side.sae(), side.model())
                .offers(side::need, side.model(), side.sae())
                .awaits(weights);
        side.feature().addListener((property, was, is) -> ask());
        for (BooleanProperty one : List.of(byDirection, gain, centred, leavingOut)) {
            one.addListener(changed -> ask());
        }
        listed = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        view.addListener(changed -> list());
        range.addListener(changed -> list());
        weights.valueProperty().addListener((property, was, is) -> {
            range.set(null);
            list();
            if (is != null) {
                longest.need(side, Math.max(magnitude(is.promotedWeights()), magnitude(is.suppressedWeights())));
            }
        });
        ask();
    }

    private static double magnitude(float[] weights) {
        return weights.length == 0 ? 0 : Math.abs(weights[0]);
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    private String whyEmpty() {
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        if (side.feature().get() == null || model == null || sae == null) {
            return side.whyEmpty("to see which tokens it promotes");
        }
        return writesResidualStream(sae, model)
                ? ""
                : "This checkpoint writes vectors of " + sae.config().dOut()
                        + " numbers, but logits are read from the residual stream, which has "
                        + model.config().dModel() + ". Open a checkpoint that writes to the residual stream";
    }

    private static boolean writesResidualStream(OpenSae sae, OpenModel model) {
        return sae.config().dOut() == model.config().dModel();
    }

    /** The largest weight on either side, so that both draw bars of the same scale. */
    public SharedRange longest() {
        return longest;
    }

    public CheckpointSide side() {
        return side;
    }

    public ResultSlot<LogitWeights.Answer> weights() {
        return weights;
    }

    /** Whether tokens are compared by direction alone, so that the weights are cosines. */
    public BooleanProperty byDirection() {
        return byDirection;
    }

    /** Whether the gain of the final norm is there. */
    public BooleanProperty gain() {
        return gain;
    }

    /** Whether the mean over the vocabulary is subtracted. */
    public BooleanProperty centred() {
        return centred;
    }

    /** Whether tokens of large norm are left out: those above the usual percentile. */
    public BooleanProperty leavingOut() {
        return leavingOut;
    }

    /** How the weights are shown. */
    public ObjectProperty<LogitView> view() {
        return view;
    }

    /** What the histogram is split by. */
    public ObjectProperty<LogitSplit> split() {
        return split;
    }

    /** The weights whose tokens are listed; null for all. Forgotten with another feature. */
    public ObjectProperty<Range> range() {
        return range;
    }

    /**
     * Ids of the tokens within the range by falling weight, then those that are left out; only while they are shown.
     */
    public ResultSlot<int[]> listed() {
        return listed;
    }

    /** How directions are turned into weights. */
    public LogitProjection projection() {
        return new LogitProjection(
                gain.get(),
                centred.get(),
                byDirection.get(),
                leavingOut.get() ? LogitProjection.USUAL_PERCENTILE : LogitProjection.DEFAULT.keptPercentile());
    }

    private void list() {
        LogitWeights.Answer answer = weights.getValue();
        if (answer == null || view.get() != LogitView.TOKENS) {
            listed.clear();
        } else {
            listed.ask(new Listing(answer, range.get()));
        }
    }

    /**
     * Weights between two ends, both included.
     *
     * @param from lower end
     * @param to upper end
     */
    public record Range(double from, double to) {}

    private record Listing(
            LogitWeights.Answer answer, @Nullable Range range) implements HostQuestion<int[]> {
        @Override
        public int[] answer(Cancellation cancellation) {
            return range == null ? answer.falling() : answer.falling(range.from, range.to);
        }

        @SuppressWarnings("ReferenceEquality") // the very answer
        @Override
        public boolean equals(Object other) {
            return other instanceof Listing that && answer == that.answer && Objects.equals(range, that.range);
        }

        @Override
        public int hashCode() {
            return Objects.hash(System.identityHashCode(answer), range);
        }
    }

    private void ask() {
        FeatureRef feature = side.feature().get();
        OpenModel model = side.model().get();
        if (feature == null || model == null || !writesResidualStream(side.sae().get(), model)) {
            weights.clear();
            longest.need(side, 0);
        } else {
            weights.askAfresh(new LogitWeights(model.id(), feature.sae(), feature.feature(), projection(), TOP));
        }
    }
}
