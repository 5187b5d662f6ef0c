package loupe.state.features;

import java.util.Optional;
import java.util.OptionalInt;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyDoubleProperty;
import javafx.beans.property.ReadOnlyDoubleWrapper;
import javafx.beans.property.SimpleObjectProperty;
import loupe.analysis.compare.MatchSide;
import loupe.analysis.features.Neighbours;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.state.pane.ResultSlot;
import loupe.state.window.FeatureRef;
import loupe.state.window.Workbench;

/**
 * Which feature of checkpoint B is shown beside A's: the one whose decoder direction is nearest by cosine, or one the
 * user pinned. JavaFX thread only.
 */
public final class CompareModel {
    private final Workbench workbench;
    private final ResultSlot<Neighbours.Answer> match;
    private final ObjectProperty<Integer> pinned = new SimpleObjectProperty<>(this, "pinned");
    private final ReadOnlyDoubleWrapper cosine = new ReadOnlyDoubleWrapper(this, "cosine", Double.NaN);

    public CompareModel(Workbench workbench) {
        this.workbench = workbench;
        match = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        workbench.a().feature().addListener((property, was, is) -> follow());
        workbench.b().sae().addListener((property, was, is) -> {
            pinned.set(null);
            follow();
            Optional.ofNullable(is)
                    .flatMap(this::misfit)
                    .ifPresent(why -> workbench.notices().add("Comparing", Problem.of(why)));
        });
        pinned.addListener(changed -> follow());
        match.valueProperty().addListener((property, was, is) -> show(is));
        follow();
    }

    /** The feature of B the user pinned; null to follow A. */
    public ObjectProperty<Integer> pinned() {
        return pinned;
    }

    /**
     * Pins a feature of B.
     *
     * @return false if B has no such feature
     */
    public boolean pin(OptionalInt feature) {
        OpenSae b = workbench.b().sae().get();
        if (feature.isPresent()
                && (b == null
                        || feature.getAsInt() < 0
                        || feature.getAsInt() >= b.config().dSae())) {
            return false;
        }
        pinned.set(feature.isPresent() ? feature.getAsInt() : null);
        return true;
    }

    /**
     * What {@link #compareWith} does with a feature of A's checkpoint, as an entry of a menu; empty if A is not open.
     */
    public String comparing(int feature) {
        if (workbench.a().sae().get() == null) {
            return "";
        }
        return "Compare the chosen feature with #" + feature
                + (isOpenTwice() || workbench.b().sae().get() == null ? "" : " (instead of checkpoint B)");
    }

    /** Whether B is A's checkpoint once more. */
    private boolean isOpenTwice() {
        OpenSae a = workbench.a().sae().get();
        OpenSae b = workbench.b().sae().get();
        return a != null && b != null && a.path().equals(b.path());
    }

    /** Shows another feature of A's checkpoint beside the chosen one: opens the checkpoint on side B too. */
    public void compareWith(int feature) {
        OpenSae a = workbench.a().sae().get();
        if (isOpenTwice()) {
            pin(OptionalInt.of(feature));
        } else if (a != null) {
            workbench.openCheckpoint(
                    workbench.b(), a.path(), workbench.readAs(workbench.a()), opened -> pin(OptionalInt.of(feature)));
        }
    }

    /**
     * Cosine between the decoder directions of A's feature and its best match in B; NaN while B is pinned or it is
     * unknown.
     */
    public ReadOnlyDoubleProperty cosine() {
        return cosine.getReadOnlyProperty();
    }

    public ResultSlot<Neighbours.Answer> match() {
        return match;
    }

    private void follow() {
        FeatureRef a = workbench.a().feature().get();
        OpenSae b = workbench.b().sae().get();
        cosine.set(Double.NaN);
        if (b == null) {
            match.clear();
        } else if (pinned.get() != null) {
            match.clear();
            workbench.b().show(new FeatureRef(b.id(), pinned.get()));
        } else if (a == null) {
            match.clear();
            workbench.b().show(null);
        } else if (misfit(b).isPresent()) {
            match.refuse(misfit(b).get());
            workbench.b().show(new FeatureRef(b.id(), 0));
        } else {
            match.ask(Neighbours.match(a.sae(), a.feature(), b.id()));
        }
    }

    /** Why features of A and B cannot be matched; empty if they can, or A is not open. */
    private Optional<Refusal> misfit(OpenSae b) {
        OpenSae a = workbench.a().sae().get();
        return a == null ? Optional.empty() : MatchSide.DECODER.misfit(a.id(), a.config(), b.id(), b.config());
    }

    private void show(Neighbours.Answer best) {
        OpenSae b = workbench.b().sae().get();
        if (best != null && b != null && best.ids().length > 0) {
            cosine.set(best.cosines()[0]);
            workbench.b().show(new FeatureRef(b.id(), best.ids()[0]));
        }
    }
}
