package loupe.state.map;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import javafx.beans.binding.Bindings;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.Fit;
import loupe.analysis.tokenbias.BiasResiduals;
import loupe.analysis.tokenbias.FeatureTokens;
import loupe.analysis.tokenbias.LastTokens;
import loupe.analysis.tokenbias.NearestBiases;
import loupe.analysis.tokenbias.UnigramActivations;
import loupe.analysis.tokenbias.UnigramResiduals;
import loupe.analysis.tokenbias.UnigramStore;
import loupe.analysis.tokenbias.UnigramTable;
import loupe.base.Cancellation;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.RememberedChoices;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * What of A's features and biases is about single tokens. The unigram residuals are read from the disk if they are
 * there; they are computed only when that is asked for. JavaFX thread only.
 */
public final class TokenBiasModel {
    /** Random prompts whose last token is told, and their length. */
    public static final int PROMPTS = 200;

    public static final int PROMPT_LENGTH = 16;
    private static final int TOP = 10;

    private final Workbench workbench;
    private final CheckpointSide side;
    private final UnigramStore store;
    private final ResultSlot<Boolean> kept;
    private final ResultSlot<UnigramTable> residuals;
    private final ResultSlot<FeatureTokens.Answer> byResidual;
    private final ResultSlot<FeatureTokens.Answer> byBias;
    private final ResultSlot<UnigramActivations.Answer> activations;
    private final ResultSlot<NearestBiases.Answer> nearest;
    private final ResultSlot<BiasResiduals.Answer> likeness;
    private final ResultSlot<LastTokens.Answer> told;
    private final ReadOnlyObjectWrapper<UnigramTable> planned = new ReadOnlyObjectWrapper<>(this, "planned");
    private final BooleanProperty centred = new SimpleBooleanProperty(this, "centred");
    private final BooleanProperty biases = new SimpleBooleanProperty(this, "biases");
    private final RememberedChoices choices = new RememberedChoices();
    private final ObservableValue<PaneStatus> status;
    private final ObservableValue<Boolean> canCompute;
    private Activity.@Nullable Job job;

    public TokenBiasModel(Workbench workbench, UnigramStore store) {
        this.workbench = workbench;
        this.store = store;
        side = workbench.a();
        kept = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        residuals = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        byResidual = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        byBias = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        activations = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        nearest = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        likeness = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        told = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        choices.flag("token-bias.centred", centred).flag("token-bias.biases", biases);
        status = new PaneStatusBinding()
                .fails(residuals)
                .fails(byResidual)
                .isEmpty(this::whyEmpty, side.model(), side.sae())
                .offers(side::need, side.model(), side.sae());
        canCompute = Bindings.createBooleanBinding(
                () -> planned.get() != null && residuals.getValue() == null && !residuals.isPending(),
                planned,
                residuals.valueProperty(),
                residuals.pendingProperty());
        side.model().addListener(changed -> plan());
        side.sae().addListener(changed -> plan());
        kept.valueProperty().addListener((property, was, is) -> {
            if (Boolean.TRUE.equals(is)) {
                compute();
            }
        });
        residuals.completeProperty().addListener((property, was, is) -> compare());
        residuals.valueProperty().addListener((property, was, is) -> compare());
        residuals.pendingProperty().addListener((property, was, is) -> follow(is));
        residuals.fractionProperty().addListener(changed -> report());
        setWanted(false);
        plan();
    }

    private String whyEmpty() {
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        if (model == null || sae == null) {
            return "Open a model and a checkpoint to compare its features with tokens";
        }
        if (beginning(model).isEmpty()) {
            return "The model's tokenizer has no token for the beginning of text, which stands before each token; "
                    + "the command token-bias takes another";
        }
        return new Fit(model.config(), sae.config())
                .misfit()
                .map(misfit ->
                        misfit.refusal(sae.id().name(), model.id().name()).getMessage())
                .orElse("");
    }

    private static OptionalInt beginning(OpenModel model) {
        return model.tokenizer().map(Tokenizer::beginning).orElseGet(OptionalInt::empty);
    }

    private void plan() {
        for (ResultSlot<?> slot : List.of(kept, residuals, byResidual, byBias, activations, nearest, likeness, told)) {
            slot.clear();
        }
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        if (model == null || sae == null || !whyEmpty().isEmpty()) {
            planned.set(null);
            return;
        }
        UnigramTable table = store.table(
                model.id(),
                model.config(),
                sae.config().hook().orElseThrow(),
                beginning(model).orElseThrow());
        planned.set(table);
        kept.askAfresh(new IsKept(table));
        if (sae.config().lookup()) {
            nearest.askAfresh(new NearestBiases(sae.id()));
            byBias.askAfresh(new FeatureTokens(sae.id(), Optional.empty()));
        }
    }

    /** Whether the residuals are on the disk. */
    private record IsKept(UnigramTable table) implements HostQuestion<Boolean> {
        @Override
        public Boolean answer(Cancellation cancellation) {
            return UnigramStore.isComplete(table);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }

    /** Computes the residuals, or reads them if they are there. */
    public void compute() {
        UnigramTable table = planned.get();
        if (table != null) {
            residuals.ask(new UnigramResiduals(table.model(), table.hook(), table.bos(), store));
        }
    }

    /** Stops the computation; what has been computed is kept. */
    public void stop() {
        residuals.clear();
    }

    private void compare() {
        UnigramTable table = residuals.getValue();
        OpenSae sae = side.sae().get();
        OpenModel model = side.model().get();
        if (table == null || !residuals.completeProperty().get() || sae == null || model == null) {
            return;
        }
        boolean lookup = sae.config().lookup();
        if (FeatureTokens.fits(sae.config(), table)) {
            byResidual.ask(new FeatureTokens(sae.id(), Optional.of(table)));
        }
        activations.ask(new UnigramActivations(sae.id(), table, TOP));
        told.ask(new LastTokens(
                lookup ? sae.id() : null,
                table,
                LastTokens.randomPrompts(
                        PROMPTS,
                        Math.min(PROMPT_LENGTH, model.config().context()),
                        table.bos(),
                        model.config().vocabularySize(),
                        0)));
        if (lookup) {
            likeness.ask(new BiasResiduals(sae.id(), table));
        }
    }

    private void follow(boolean goesOn) {
        if (goesOn && job == null && planned.get() != null) {
            job = workbench
                    .activity()
                    .begin(
                            "Unigram residuals at " + planned.get().hook(),
                            () -> workbench.fx().execute(this::stop));
        } else if (!goesOn && job != null) {
            job.end();
            job = null;
        }
    }

    private void report() {
        UnigramTable table = planned.get();
        if (job != null && table != null) {
            double done = residuals.fractionProperty().get();
            job.report(done, Math.round(Math.max(0, done) * table.tokens()) + " / " + table.tokens() + " tokens");
        }
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    public CheckpointSide side() {
        return side;
    }

    /** Which residuals belong to the checkpoint; null without one. */
    public ReadOnlyObjectProperty<UnigramTable> planned() {
        return planned.getReadOnlyProperty();
    }

    /** Whether the residuals are missing and nobody computes them. */
    public ObservableValue<Boolean> canCompute() {
        return canCompute;
    }

    /** The residuals, once they are there as a whole. */
    public ResultSlot<UnigramTable> residuals() {
        return residuals;
    }

    /** The tokens whose residuals the features are most like. */
    public ResultSlot<FeatureTokens.Answer> byResidual() {
        return byResidual;
    }

    /** The tokens whose biases the features are most like; empty without biases. */
    public ResultSlot<FeatureTokens.Answer> byBias() {
        return byBias;
    }

    /** The features' activations on the residuals. */
    public ResultSlot<UnigramActivations.Answer> activations() {
        return activations;
    }

    /** Each bias's nearest other; empty without biases. */
    public ResultSlot<NearestBiases.Answer> nearest() {
        return nearest;
    }

    /** Each bias beside its residual; empty without biases. */
    public ResultSlot<BiasResiduals.Answer> likeness() {
        return likeness;
    }

    /** How well random prompts' last tokens are told. */
    public ResultSlot<LastTokens.Answer> told() {
        return told;
    }

    /** Whether the mean vector is removed. */
    public BooleanProperty centred() {
        return centred;
    }

    /** Whether the chart is of the biases instead of the residuals. */
    public BooleanProperty biases() {
        return biases;
    }

    /** Whether somebody looks; nothing but the residuals is worked on otherwise. */
    public void setWanted(boolean wanted) {
        for (ResultSlot<?> slot : List.of(kept, byResidual, byBias, activations, nearest, likeness, told)) {
            slot.setWanted(wanted);
        }
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        return choices.remembered();
    }

    /** Restores what a session kept. */
    public void recall(Map<String, String> kept) {
        choices.recall(kept);
    }
}
