package loupe.state.window;

import java.util.Optional;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.base.Problem;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.state.pane.PaneNeed;
import org.jspecify.annotations.Nullable;

/**
 * One of the two checkpoints that can be open at once, and which of its features is shown. Every pane's model is made
 * for one side and is independent of the other. JavaFX thread only.
 */
public final class CheckpointSide {
    private final Side name;
    private final ReadOnlyObjectProperty<OpenModel> model;
    private final ReadOnlyObjectWrapper<OpenSae> sae = new ReadOnlyObjectWrapper<>(this, "sae");
    private final ReadOnlyObjectWrapper<FeatureRef> feature = new ReadOnlyObjectWrapper<>(this, "feature");
    private final ReadOnlyBooleanWrapper opening = new ReadOnlyBooleanWrapper(this, "opening");
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");

    CheckpointSide(Side name, ReadOnlyObjectProperty<OpenModel> model) {
        this.name = name;
        this.model = model;
    }

    /** Which of the two this is. */
    public Side name() {
        return name;
    }

    /** Whether this is the checkpoint that the feature table lists; the other one, B, follows it. */
    public boolean isA() {
        return name == Side.A;
    }

    /** A or B. */
    @Override
    public String toString() {
        return name.toString();
    }

    /** The open model, shared by both sides; null if none is. */
    public ReadOnlyObjectProperty<OpenModel> model() {
        return model;
    }

    /** The open checkpoint; null if none is. */
    public ReadOnlyObjectProperty<OpenSae> sae() {
        return sae.getReadOnlyProperty();
    }

    /** The feature this side's panes show; null while there is none. Always a feature of {@link #sae}. */
    public ReadOnlyObjectProperty<FeatureRef> feature() {
        return feature.getReadOnlyProperty();
    }

    /** Whether a checkpoint is being read for this side. */
    public ReadOnlyBooleanProperty opening() {
        return opening.getReadOnlyProperty();
    }

    /** Why the last checkpoint could not be opened on this side; null if it could. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    /**
     * Why a pane that needs the model has nothing to show; empty if it has a feature and a model.
     *
     * @param purpose of the pane, such as {@code to see what the model makes of it}
     */
    public String whyEmpty(String purpose) {
        if (feature.get() == null && (sae.get() != null || !isA())) {
            return "Choose a feature " + purpose;
        }
        if (feature.get() == null) {
            return (model.get() == null
                            ? "Open a model (Ctrl+O) and a checkpoint "
                            : "Open a checkpoint (Ctrl+Shift+O) ")
                    + purpose;
        }
        return model.get() == null ? "Open the model of the checkpoint (Ctrl+O) " + purpose : "";
    }

    /**
     * What is to be opened before a pane that needs the model can show anything; empty if a feature is to be chosen.
     */
    public Optional<PaneNeed> need() {
        return model.get() == null
                ? Optional.of(PaneNeed.MODEL)
                : sae.get() == null && isA() ? Optional.of(PaneNeed.CHECKPOINT) : Optional.empty();
    }

    public void show(@Nullable FeatureRef ref) {
        OpenSae open = sae.get();
        feature.set(ref != null && open != null && ref.sae().equals(open.id()) ? ref : null);
    }

    void setOpening(boolean is) {
        opening.set(is);
    }

    void setProblem(@Nullable Problem why) {
        problem.set(why);
    }

    /**
     * Puts a checkpoint on this side; clears the feature first, so that no listener sees a feature of another
     * checkpoint.
     */
    void setSae(@Nullable OpenSae open) {
        feature.set(null);
        sae.set(open);
    }
}
