package loupe.state.map;

import java.util.Map;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.VectorSet;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.SaeId;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.RememberedChoices;
import loupe.state.window.Workbench;

/** The largest cosines of all features of A, beside those of random directions. JavaFX thread only. */
public final class CosinesModel {
    /** Random directions that stand for all: their distribution does not depend on which. */
    private static final int RANDOM_ROWS = 2048;

    private final Workbench workbench;
    private final ResultSlot<LargestCosines.Answer> features;
    private final ResultSlot<LargestCosines.Answer> random;
    private final ObjectProperty<Directions> directions =
            new SimpleObjectProperty<>(this, "directions", Directions.DECODER);
    private final ObservableValue<PaneStatus> status;
    private final RememberedChoices choices = new RememberedChoices();

    /** Which directions of a feature are compared. */
    public enum Directions {
        DECODER,
        ENCODER;

        NeighbourSpace of(SaeId sae) {
            return this == ENCODER ? new NeighbourSpace.Encoder(sae) : new NeighbourSpace.Decoder(sae);
        }

        /** The word for it. */
        public String word() {
            return this == ENCODER ? "Encoder" : "Decoder";
        }
    }

    public CosinesModel(Workbench workbench) {
        this.workbench = workbench;
        features = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        random = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        status = new PaneStatusBinding()
                .fails(features)
                .isEmpty(
                        () -> workbench.a().sae().get() == null
                                ? "Open a checkpoint (Ctrl+Shift+O) to compare its features"
                                : "",
                        workbench.a().sae())
                .offers(workbench.a()::need, workbench.a().sae())
                .awaits(features, random);
        choices.choice("cosines.directions", directions, Directions.class);
        workbench.a().sae().addListener(changed -> askAfresh());
        directions.addListener(changed -> askAfresh());
        setWanted(false);
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** Of the features. */
    public ResultSlot<LargestCosines.Answer> features() {
        return features;
    }

    /** Of random directions of the same number and dimension. */
    public ResultSlot<LargestCosines.Answer> random() {
        return random;
    }

    /** Which directions are compared. */
    public ObjectProperty<Directions> directions() {
        return directions;
    }

    /** Whether somebody looks; nothing is asked before. */
    public void setWanted(boolean wanted) {
        features.setWanted(wanted);
        random.setWanted(wanted);
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        return choices.remembered();
    }

    /** Restores what a session kept. */
    public void recall(Map<String, String> kept) {
        choices.recall(kept);
    }

    private void askAfresh() {
        OpenSae sae = workbench.a().sae().get();
        if (sae == null) {
            features.clear();
            random.clear();
            return;
        }
        NeighbourSpace space = directions.get().of(sae.id());
        features.askAfresh(new LargestCosines(new VectorSet.Of(space), LargestCosines.USUAL_RANKS));
        random.askAfresh(
                new LargestCosines(new VectorSet.RandomLike(space, 0), LargestCosines.USUAL_RANKS, RANDOM_ROWS));
    }
}
