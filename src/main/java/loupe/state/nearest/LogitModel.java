package loupe.state.nearest;

import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import loupe.analysis.features.LogitWeights;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
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
    private final BooleanProperty byDirection = new SimpleBooleanProperty(this, "byDirection", false);

    /** @param longest the largest weight, by magnitude, on either side */
    public LogitModel(Workbench workbench, CheckpointSide side, SharedRange longest) {
        this.side = side;
        this.longest = longest;
        weights = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
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
        OpenSae sae = side.sae().get();
        if (feature == null
                || model == null
                || sae.config().dOut() != model.config().dModel()) {
            weights.clear();
            longest.need(side, 0);
        } else {
            weights.askAfresh(
                    new LogitWeights(model.id(), feature.sae(), feature.feature(), false, byDirection.get(), TOP));
        }
    }
}
