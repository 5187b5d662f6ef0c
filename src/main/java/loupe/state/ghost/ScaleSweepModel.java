package loupe.state.ghost;

import java.util.List;
import java.util.Optional;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import loupe.analysis.Fit;
import loupe.analysis.ghost.MixSweep;
import loupe.analysis.ghost.ScaleSweep;
import loupe.analysis.ghost.TokenGeometry;
import loupe.base.HookPoint;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The sweep over scales for side A's feature, under the other settings of the ghost controls: computed while it is
 * open, and again when the feature or another control changes. JavaFX thread only.
 */
public final class ScaleSweepModel {
    private final CheckpointSide side;
    private final GhostControlsModel controls;
    private final ResultSlot<ScaleSweep.Answer> sweep;
    private final ResultSlot<MixSweep.Answer> mixes;
    private final BooleanProperty open = new SimpleBooleanProperty(this, "open", false);
    private @Nullable FeatureRef shown;
    private @Nullable PromptReading prompt;

    public ScaleSweepModel(Workbench workbench, CheckpointSide side, GhostControlsModel controls) {
        this.side = side;
        this.controls = controls;
        sweep = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        mixes = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        side.feature().addListener((property, was, is) -> ask());
        controls.values().addListener((property, was, is) -> ask());
        controls.geometry().addListener((property, was, is) -> ask());
        open.addListener((property, was, is) -> ask());
    }

    public GhostControlsModel controls() {
        return controls;
    }

    /** Whether the sweep is shown. */
    public BooleanProperty open() {
        return open;
    }

    /** The curves so far of the mix that is chosen; empty while several are tried. */
    public ResultSlot<ScaleSweep.Answer> sweep() {
        return sweep;
    }

    /** The curves so far of several mixes; empty unless they are tried. */
    public ResultSlot<MixSweep.Answer> mixes() {
        return mixes;
    }

    /** The curves so far: of several mixes those of the best. */
    public Optional<ScaleSweep.Answer> best() {
        return mixes.getValue() != null ? Optional.of(mixes.getValue().best()) : Optional.ofNullable(sweep.getValue());
    }

    /** Sets the scale, and the mix if several were tried, to the proposal. */
    public void applyBest() {
        best().ifPresent(found -> found.best()
                .ifPresent(proposal -> controls.reach(
                        mixes.getValue() != null
                                ? found.query().ghost().encoderMix()
                                : controls.encoderMix().get(),
                        proposal.scale())));
    }

    /** Sets the scale, to a proposal or to a point that was clicked; the slider is made longer if it has to be. */
    public void applyScale(double scale) {
        controls.reach(scale);
    }

    private void ask() {
        FeatureRef feature = side.feature().get();
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        TokenGeometry.Answer geometry = controls.geometry().get();
        if (!open.get() || feature == null || model == null || sae == null || geometry == null) {
            sweep.clear();
            mixes.clear();
            return;
        }
        GhostValues values = controls.values().get();
        if (prompt == null || !prompt.isOf(model, values)) {
            prompt = PromptReading.of(model, values);
        }
        if (prompt.tokens() == null) {
            sweep.clear();
            mixes.clear();
            return;
        }
        ScaleSweep question = ScaleSweep.around(
                geometry.meanDistance(),
                model.id(),
                values.sweptGhostOf(feature),
                prompt.tokens(),
                values.topK(),
                readAt(model, sae));
        boolean same = feature.equals(shown);
        shown = feature;
        List<Double> tried = values.of(GhostKnobs.TRIED_MIXES);
        if (tried.isEmpty()) {
            mixes.clear();
            ask(sweep, question, same);
        } else {
            sweep.clear();
            ask(mixes, new MixSweep(question, tried), same);
        }
    }

    private static <R> void ask(ResultSlot<R> slot, Query<R> question, boolean sameFeature) {
        if (sameFeature) {
            slot.ask(question);
        } else {
            slot.askAfresh(question);
        }
    }

    /** Where the checkpoint reads, if the model has the residual stream's width there. */
    public static Optional<HookPoint> readAt(OpenModel model, OpenSae sae) {
        return new Fit(model.config(), sae.config()).residualPlace();
    }
}
