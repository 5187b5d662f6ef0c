package loupe.state.text;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.Fit;
import loupe.analysis.effects.FeaturePatches;
import loupe.analysis.effects.Metric;
import loupe.analysis.effects.PatchSite;
import loupe.analysis.effects.Patching;
import loupe.analysis.effects.StrongestFeatures;
import loupe.base.Problem;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.RememberedChoices;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * Values of one prompt's run put into the other's, place by place and both ways. Of the checkpoint on side A those
 * features are patched that contribute most, and the error. JavaFX thread only.
 */
public final class PatchingModel {
    /** How many features are patched. */
    public static final int FEATURES = 20;

    /** What is patched. */
    public enum Places {
        RESIDUAL,
        ATTENTION,
        MLP,
        HEADS,
        FEATURES;

        Optional<PatchSite> site() {
            return switch (this) {
                case RESIDUAL -> Optional.of(PatchSite.RESID_PRE);
                case ATTENTION -> Optional.of(PatchSite.ATTN_OUT);
                case MLP -> Optional.of(PatchSite.MLP_OUT);
                case HEADS -> Optional.of(PatchSite.Z);
                case FEATURES -> Optional.empty();
            };
        }
    }

    private final Workbench workbench;
    private final CheckpointSide side;
    private final PromptModel prompt;
    private final ObjectProperty<Places> places = new SimpleObjectProperty<>(this, "places", Places.RESIDUAL);
    private final ObjectProperty<PromptMetric> metric =
            new SimpleObjectProperty<>(this, "metric", PromptMetric.LOGIT_DIFFERENCE);
    private final ResultSlot<Patching.Answer> patching;
    private final ResultSlot<List<Integer>> strongest;
    private final ObjectProperty<Problem> misfit = new SimpleObjectProperty<>(this, "misfit");
    private final ObservableValue<PaneStatus> status;
    private final Wanting wanting;
    private @Nullable Patching asked;

    public PatchingModel(Workbench workbench, CheckpointSide side, PromptModel prompt) {
        this.workbench = workbench;
        this.side = side;
        this.prompt = prompt;
        patching = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        strongest = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        wanting = new Wanting(wanted -> {
            patching.setWanted(wanted);
            strongest.setWanted(wanted);
        });
        status = new PaneStatusBinding()
                .refuses(prompt.problem())
                .refuses(misfit)
                .fails(prompt.reading())
                .fails(strongest)
                .fails(patching)
                .isEmpty(
                        this::whyEmpty,
                        workbench.model(),
                        side.sae(),
                        prompt.reading().valueProperty(),
                        places,
                        metric)
                .offers(this::need, workbench.model(), side.sae(), places)
                .awaits(prompt.reading(), strongest, patching);
        workbench.model().addListener(changed -> ask());
        side.sae().addListener(changed -> ask());
        prompt.reading().valueProperty().addListener(changed -> ask());
        places.addListener(changed -> ask());
        metric.addListener(changed -> ask());
        strongest.valueProperty().addListener(changed -> askOfFeatures());
    }

    private Optional<PaneNeed> need() {
        if (workbench.model().get() == null) {
            return Optional.of(PaneNeed.MODEL);
        }
        return places.get() == Places.FEATURES && side.sae().get() == null ? side.need() : Optional.empty();
    }

    private String whyEmpty() {
        if (workbench.model().get() == null) {
            return "Open a model to patch its runs";
        }
        PromptModel.@Nullable Read read = prompt.reading().getValue();
        if (read == null || read.clean().isEmpty() || read.corrupt().isEmpty()) {
            return "Type a clean and a corrupt prompt of as many tokens to patch one run with values of the other";
        }
        if (!read.isAligned()) {
            return read.misalignment().orElseThrow().getMessage();
        }
        if (metric.get().of(read).isEmpty()) {
            return "Type " + metric.get().needs() + ", or compare by the divergence of the predictions";
        }
        return places.get() == Places.FEATURES && side.sae().get() == null
                ? "Open a checkpoint to patch its features"
                : "";
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** What is patched. */
    public ObjectProperty<Places> places() {
        return places;
    }

    /** By what runs are compared. */
    public ObjectProperty<PromptMetric> metric() {
        return metric;
    }

    public PromptModel prompt() {
        return prompt;
    }

    public CheckpointSide side() {
        return side;
    }

    /** The patched runs, as far as they are known. */
    public ResultSlot<Patching.Answer> patching() {
        return patching;
    }

    /** Who shows the maps: nothing is asked while nobody does. */
    public Wanting wanting() {
        return wanting;
    }

    /** What the session keeps of it. */
    public void remember(RememberedChoices choices) {
        choices.choice("patching.places", places, Places.class).choice("patching.metric", metric, PromptMetric.class);
    }

    /** Stops for now; what is known stays. */
    public void stop() {
        patching.stop();
    }

    /** Asks once more what was stopped. */
    public void goOn() {
        if (asked != null) {
            patching.goOn(asked);
        }
    }

    /** The maps as far as they are known; empty before the first runs. */
    public Optional<PatchMaps> maps() {
        Patching.@Nullable Answer answer = patching.getValue();
        PromptModel.@Nullable Read read = prompt.reading().getValue();
        if (answer == null || asked == null || read == null || answer.grids().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(PatchMaps.of(asked, answer, read.clean().texts()));
    }

    private void ask() {
        asked = null;
        OpenModel model = workbench.model().get();
        OpenSae sae = side.sae().get();
        boolean ofFeatures = places.get() == Places.FEATURES;
        misfit.set(
                ofFeatures && model != null && sae != null
                        ? new Fit(model.config(), sae.config())
                                .misfitOfOutput()
                                .map(why -> Problem.of(
                                        why.refusal(sae.id().name(), model.id().name())))
                                .orElse(null)
                        : null);
        PromptModel.@Nullable Read read = prompt.reading().getValue();
        if (model == null || read == null || !whyEmpty().isEmpty() || misfit.get() != null) {
            patching.clear();
            strongest.clear();
            return;
        }
        if (ofFeatures) {
            patching.clear();
            strongest.clear();
            strongest.askAfresh(new StrongestFeatures(
                    model.id(),
                    sae.id(),
                    read.clean().ids(),
                    read.corrupt().ids(),
                    metric.get().of(read).orElseThrow(),
                    read.clean().size() - 1,
                    FEATURES));
            return;
        }
        strongest.clear();
        ask(question(model, read, List.of(places.get().site().orElseThrow()), Optional.empty()));
    }

    private void askOfFeatures() {
        OpenModel model = workbench.model().get();
        OpenSae sae = side.sae().get();
        List<Integer> features = strongest.getValue();
        PromptModel.@Nullable Read read = prompt.reading().getValue();
        if (features != null && model != null && sae != null && read != null) {
            ask(question(model, read, List.of(), Optional.of(new FeaturePatches(sae.id(), features, List.of(), true))));
        }
    }

    private void ask(Patching question) {
        asked = question;
        patching.askAfresh(question);
    }

    private Patching question(
            OpenModel model, PromptModel.Read read, List<PatchSite> sites, Optional<FeaturePatches> features) {
        Metric compared = metric.get().of(read).orElseThrow();
        return new Patching(
                model.id(),
                read.clean().ids(),
                read.corrupt().ids(),
                compared,
                read.clean().size() - 1,
                Set.of(Patching.Direction.values()),
                sites,
                features);
    }
}
