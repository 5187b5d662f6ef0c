package loupe.state.nearest;

import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.SharedRange;
import loupe.state.window.Workbench;

/** Which tokens a side's feature promotes and suppresses. JavaFX thread only. */
public final class LogitModel {
    private static final int TOP = 30;

    private final CheckpointSide side;
    private final SharedRange longest;
    private final ResultSlot<LogitWeights.Answer> weights;
    private final ObservableValue<PaneStatus> status;
    private final BooleanProperty byDirection = new SimpleBooleanProperty(this, "byDirection", false);

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
        byDirection.addListener(changed -> ask());
        weights.valueProperty().addListener((property, was, is) -> {
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

    private void ask() {
        FeatureRef feature = side.feature().get();
        OpenModel model = side.model().get();
        if (feature == null || model == null || !writesResidualStream(side.sae().get(), model)) {
            weights.clear();
            longest.need(side, 0);
        } else {
            weights.askAfresh(new LogitWeights(
                    model.id(),
                    feature.sae(),
                    feature.feature(),
                    LogitProjection.DEFAULT.withUnitColumns(byDirection.get()),
                    TOP));
        }
    }
}
