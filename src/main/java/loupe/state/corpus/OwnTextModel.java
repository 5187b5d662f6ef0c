package loupe.state.corpus;

import java.util.List;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.value.ObservableValue;
import loupe.analysis.Fit;
import loupe.analysis.prompts.TextActivations;
import loupe.base.Problem;
import loupe.base.Remedy;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.SharedRange;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/** Every feature of a side's checkpoint at every token of the user's own text. JavaFX thread only. */
public final class OwnTextModel {
    /** How many features are listed at a token. */
    public static final int MOST = 200;

    private final ActivationsModel activations;
    private final CheckpointSide side;
    private final OwnText text;
    private final SharedRange range;
    private final ResultSlot<TextActivations.Answer> reading;
    private final ObservableValue<PaneStatus> status;
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");

    /** @param activations whose range is the scale for activations of the side's feature */
    public OwnTextModel(Workbench workbench, ActivationsModel activations, OwnText text) {
        this.activations = activations;
        side = activations.side();
        this.text = text;
        range = activations.range();
        reading = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        status = new PaneStatusBinding()
                .refuses(problem())
                .mendedBy(this::mend)
                .fails(text.tokens())
                .fails(reading)
                .isEmpty(this::whyEmpty, side.model(), side.sae())
                .offers(side::need, side.model(), side.sae())
                .awaits(text.tokens(), reading);
        text.tokens().valueProperty().addListener(changed -> ask(false));
        side.sae().addListener(changed -> ask(true));
        side.model().addListener(changed -> ask(true));
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    private String whyEmpty() {
        return side.model().get() == null
                ? "Open a model to let it read a text"
                : side.sae().get() == null ? "Open a checkpoint to see its features in a text" : "";
    }

    public CheckpointSide side() {
        return side;
    }

    public OwnText text() {
        return text;
    }

    /** The activations at each token; those of the previous text while a newer one is read. */
    public ResultSlot<TextActivations.Answer> reading() {
        return reading;
    }

    /** The largest activation of the shown features in the corpus. */
    public SharedRange range() {
        return range;
    }

    /** Why this checkpoint cannot read any text; null if it can. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    /** Opens the checkpoint again with a remedy, or shows its form. */
    public void mend(Remedy remedy) {
        activations.mend(remedy);
    }

    /** The features active at the chosen token, strongest first; empty if none is chosen. */
    public List<TextActivations.Active> active() {
        TextActivations.Answer loaded = reading.getValue();
        int token = text.token().get();
        return loaded == null || token < 0 || token >= loaded.ids().size() ? List.of() : loaded.strongest(token, MOST);
    }

    private void ask(boolean afresh) {
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        OwnText.Read read = text.tokens().getValue();
        problem.set(whyUnreadable(model, sae));
        if (model == null || sae == null || read == null || read.ids().isEmpty() || problem.get() != null) {
            reading.clear();
            return;
        }
        TextActivations question = new TextActivations(model.id(), sae.id(), read.ids());
        if (afresh) {
            reading.askAfresh(question);
        } else {
            reading.ask(question);
        }
    }

    /** Why a checkpoint cannot read any text with a model; null if it can, or one of both is not open. */
    public static @Nullable Problem whyUnreadable(@Nullable OpenModel model, @Nullable OpenSae sae) {
        if (model != null && model.tokenizer().isEmpty()) {
            return new Problem("The model has no tokenizer files, so it cannot read a text", true, "");
        }
        if (model == null || sae == null) {
            return null;
        }
        return new Fit(model.config(), sae.config())
                .misfit()
                .map(why -> Problem.of(why.refusal(sae.id().name(), model.id().name())))
                .orElse(null);
    }
}
