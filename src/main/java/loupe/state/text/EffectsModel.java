package loupe.state.text;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javafx.beans.binding.Bindings;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.effects.Bootstrap;
import loupe.analysis.effects.CorpusEffects;
import loupe.analysis.effects.ExampleEffects;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.InterventionLine;
import loupe.analysis.effects.InterventionLine.Kind;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.MovedTokens;
import loupe.analysis.effects.Positions;
import loupe.analysis.effects.PromptEffects;
import loupe.analysis.effects.TokenEffects;
import loupe.analysis.prompts.TokenRows;
import loupe.base.Cancellation;
import loupe.index.CountedActivations;
import loupe.index.FeatureActivations;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.search.ExampleTexts;
import loupe.state.corpus.ActivationsModel;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.RememberedChoices;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * What the interventions in force, or without any the ablation of the chosen feature, change of the model's
 * predictions: on the clean prompt, over examples of the chosen feature in the corpus, or over the corpus. JavaFX
 * thread only.
 */
public final class EffectsModel {
    /** Tokens listed that are helped, and that are hurt. */
    public static final int LISTED = 20;

    private static final int EXAMPLES = 24;
    private static final long SEED = 0;

    /** Where effects are measured. */
    public enum Over {
        PROMPT,
        EXAMPLES,
        CORPUS
    }

    /** How many tokens of a corpus may be chosen. */
    public static final List<Integer> CORPUS_TOKENS = List.of(1_000, 10_000, 100_000, 1_000_000);

    /**
     * What is measured.
     *
     * @param words of it, as it is listed
     * @param isChosen whether it is the ablation of the chosen feature, since nothing is in force
     */
    public record Done(Interventions interventions, String words, boolean isChosen) {
        private static final Done NOTHING = new Done(Interventions.NONE, "", true);
    }

    /** The examples and what is measured at each. */
    public record Measured(List<ExampleTexts.Chosen> examples, ExampleEffects.Answer effects) {
        /** What is added to the loss, with the seeded interval over the examples. */
        public Bootstrap deltaCe() {
            return Bootstrap.of(effects.deltaCe(), Bootstrap.RESAMPLES, SEED);
        }

        /** The divergence, with the seeded interval over the examples. */
        public Bootstrap kl() {
            return Bootstrap.of(effects.kl(), Bootstrap.RESAMPLES, SEED);
        }

        /** How many have been measured. */
        public int known() {
            return (int)
                    Arrays.stream(effects.kl()).filter(kl -> !Double.isNaN(kl)).count();
        }
    }

    private final Workbench workbench;
    private final CheckpointSide side;
    private final InterventionsModel interventions;
    private final PromptModel prompt;
    private final ActivationsModel activations;
    private final ObjectProperty<Over> over = new SimpleObjectProperty<>(this, "over", Over.PROMPT);
    private final ObjectProperty<ExampleTexts.Choice> choice =
            new SimpleObjectProperty<>(this, "choice", ExampleTexts.Choice.TOP);
    private final ObjectProperty<Integer> tokens = new SimpleObjectProperty<>(this, "tokens", CORPUS_TOKENS.get(1));
    private final ReadOnlyObjectWrapper<Done> done = new ReadOnlyObjectWrapper<>(this, "done", Done.NOTHING);
    private final ResultSlot<PromptEffects.Answer> onPrompt;
    private final ResultSlot<MovedTokens> moved;
    private final ResultSlot<List<ExampleTexts.Chosen>> examples;
    private final ResultSlot<ExampleEffects.Answer> overExamples;
    private final ResultSlot<TokenRows> contexts;
    private final ResultSlot<CorpusEffects.Answer> overCorpus;
    private final ReadOnlyObjectWrapper<Measured> measured = new ReadOnlyObjectWrapper<>(this, "measured");
    private final ObservableValue<Boolean> stopped;
    private final ObservableValue<PaneStatus> status;
    private final RememberedChoices choices;
    private boolean isShown;
    private Activity.@Nullable Job job;

    /** @param activations of side A's chosen feature */
    public EffectsModel(
            Workbench workbench, InterventionsModel interventions, PromptModel prompt, ActivationsModel activations) {
        this.workbench = workbench;
        this.side = workbench.a();
        this.interventions = interventions;
        this.prompt = prompt;
        this.activations = activations;
        onPrompt = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        moved = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        examples = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        overExamples = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        contexts = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        overCorpus = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        choices = new RememberedChoices()
                .choice("effects.over", over, Over.class)
                .choice("effects.examples", choice, ExampleTexts.Choice.class);
        stopped = Bindings.createBooleanBinding(
                this::isStopped, over, overExamples.stoppedProperty(), overCorpus.stoppedProperty());
        status = new PaneStatusBinding()
                .refuses(prompt.problem())
                .fails(onPrompt)
                .fails(moved)
                .fails(examples)
                .fails(overExamples)
                .fails(contexts)
                .fails(overCorpus)
                .isEmpty(
                        this::whyEmpty,
                        side.model(),
                        side.feature(),
                        prompt.cleanTokens(),
                        activations.counted(),
                        activations.activations().valueProperty(),
                        over,
                        done)
                .offers(this::need, side.model(), side.sae(), over, activations.counted())
                .awaits(prompt.reading(), onPrompt, moved, examples, overExamples, contexts, overCorpus);
        interventions.interventions().addListener(changed -> ask());
        side.feature().addListener(changed -> ask());
        side.model().addListener(changed -> ask());
        prompt.cleanTokens().addListener(changed -> ask());
        prompt.position().addListener(changed -> ask());
        activations.activations().valueProperty().addListener(changed -> ask());
        over.addListener(changed -> ask());
        choice.addListener(changed -> ask());
        examples.valueProperty().addListener(changed -> ask());
        activations.counted().addListener(changed -> ask());
        tokens.addListener(changed -> ask());
        contexts.valueProperty().addListener(changed -> ask());
        overExamples.valueProperty().addListener(changed -> measure());
        for (ResultSlot<?> slot : List.of(overExamples, overCorpus)) {
            slot.pendingProperty().addListener(changed -> report());
            slot.fractionProperty().addListener(changed -> report());
        }
        setShown(false);
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** Where effects are measured. */
    public ObjectProperty<Over> over() {
        return over;
    }

    /** Which examples of the chosen feature they are measured over. */
    public ObjectProperty<ExampleTexts.Choice> choice() {
        return choice;
    }

    /** How many tokens of the corpus they are measured over. */
    public ObjectProperty<Integer> tokens() {
        return tokens;
    }

    /** The effects over the corpus, as far as they are known. */
    public ResultSlot<CorpusEffects.Answer> overCorpus() {
        return overCorpus;
    }

    /** What is measured. */
    public ReadOnlyObjectProperty<Done> done() {
        return done.getReadOnlyProperty();
    }

    public PromptModel prompt() {
        return prompt;
    }

    public CheckpointSide side() {
        return side;
    }

    /** The effects at each token of the clean prompt. */
    public ResultSlot<PromptEffects.Answer> onPrompt() {
        return onPrompt;
    }

    /** The tokens helped and hurt most after the chosen token of the clean prompt. */
    public ResultSlot<MovedTokens> moved() {
        return moved;
    }

    /** The effects over the examples, as far as they are known; null while none are. */
    public ReadOnlyObjectProperty<Measured> measured() {
        return measured.getReadOnlyProperty();
    }

    /** Where and over which examples, for the session. */
    public RememberedChoices choices() {
        return choices;
    }

    /** Whether anybody sees it: nothing is asked while nobody does. */
    public void setShown(boolean shown) {
        isShown = shown;
        for (ResultSlot<?> slot : List.of(onPrompt, moved, examples, overExamples, contexts, overCorpus)) {
            slot.setWanted(shown);
        }
        if (shown) {
            ask();
        }
    }

    private Optional<PaneNeed> need() {
        Optional<PaneNeed> first = side.need();
        return first.isEmpty()
                        && over.get() != Over.PROMPT
                        && activations.counted().get() == null
                ? Optional.of(PaneNeed.CORPUS)
                : first;
    }

    private String whyEmpty() {
        if (side.model().get() == null) {
            return side.whyEmpty("to measure what its features do");
        }
        if (over.get() == Over.EXAMPLES) {
            return side.feature().get() == null
                    ? side.whyEmpty("to measure what it does")
                    : activations.why().get();
        }
        if (over.get() == Over.CORPUS && activations.counted().get() == null) {
            return "No corpus is open to measure over";
        }
        if (done.get().interventions().isEmpty()) {
            return "Choose a feature to measure its ablation, or list interventions";
        }
        return over.get() == Over.PROMPT && prompt.cleanTokens().get().isEmpty()
                ? "Type a clean prompt to measure what changes on it"
                : "";
    }

    private Done doing() {
        FeatureRef feature = side.feature().get();
        if (!interventions.interventions().get().isEmpty()) {
            return new Done(interventions.interventions().get(), interventions.words(), false);
        }
        return feature == null
                ? Done.NOTHING
                : new Done(
                        Interventions.of(List.of(new Intervention(
                                new Intervention.Target.Feature(feature.sae(), feature.feature()),
                                new Intervention.Scale(0),
                                Positions.ALL))),
                        InterventionLine.of(Kind.ABLATE, List.of(feature.feature()))
                                .toString(),
                        true);
    }

    private void ask() {
        done.set(doing());
        OpenModel model = side.model().get();
        Interventions now = done.get().interventions();
        List<Integer> ids = prompt.cleanTokens().get().ids();
        if (!isShown || over.get() != Over.PROMPT || model == null || now.isEmpty() || ids.isEmpty()) {
            onPrompt.clear();
            moved.clear();
        } else {
            int at = Math.max(0, Math.min(ids.size() - 1, prompt.position().get()));
            moved.ask(new TokenEffects(model.id(), ids, now, at, LISTED));
            onPrompt.ask(new PromptEffects(model.id(), ids, now));
        }
        CountedActivations counted = activations.counted().get();
        askOverCorpus(model, now, counted);
        FeatureActivations active = activations.activations().getValue();
        if (!isShown
                || over.get() != Over.EXAMPLES
                || model == null
                || now.isEmpty()
                || counted == null
                || active == null
                || active.count() == 0) {
            examples.clear();
            overExamples.clear();
            measured.set(null);
            return;
        }
        examples.askAfresh(new ChosenExamples(counted, active, choice.get(), EXAMPLES, SEED));
        List<ExampleTexts.Chosen> chosen = examples.getValue();
        if (chosen == null) {
            overExamples.clear();
            measured.set(null);
        } else {
            overExamples.ask(new ExampleEffects(
                    model.id(), chosen.stream().map(ExampleTexts.Chosen::text).toList(), now, LISTED));
        }
    }

    private void askOverCorpus(@Nullable OpenModel model, Interventions now, @Nullable CountedActivations counted) {
        if (!isShown || over.get() != Over.CORPUS || model == null || now.isEmpty() || counted == null) {
            contexts.clear();
            overCorpus.clear();
            return;
        }
        contexts.ask(new Beginning(counted, tokens.get()));
        if (contexts.getValue() == null || contexts.getValue().count() == 0) {
            overCorpus.clear();
        } else {
            overCorpus.ask(overCorpus(model, now));
        }
    }

    private CorpusEffects overCorpus(OpenModel model, Interventions now) {
        return new CorpusEffects(
                model.id(),
                contexts.getValue(),
                now,
                Set.of(),
                CorpusEffects.changedBy(now).stream()
                        .limit(CorpusEffects.MOST_WATCHED)
                        .toList(),
                Bootstrap.RESAMPLES,
                SEED);
    }

    private void measure() {
        ExampleEffects.Answer known = overExamples.getValue();
        List<ExampleTexts.Chosen> chosen = examples.getValue();
        measured.set(
                known == null || chosen == null || known.kl().length != chosen.size()
                        ? null
                        : new Measured(chosen, known));
    }

    /** A measurement over examples is a job that can be stopped, as long as it takes. */
    private void report() {
        boolean isCorpus = over.get() == Over.CORPUS;
        ResultSlot<?> running = isCorpus ? overCorpus : overExamples;
        boolean runs = running.isPending();
        if (runs && job == null) {
            job = workbench
                    .activity()
                    .begin(isCorpus ? "Effects over the corpus" : "Effects over examples", running::stop);
        } else if (!runs && job != null) {
            job.end();
            job = null;
        }
        if (job != null && isCorpus) {
            CorpusEffects.Answer known = overCorpus.getValue();
            job.report(overCorpus.fractionProperty().get(), (known == null ? 0 : known.tokens()) + " tokens");
        } else if (job != null) {
            Measured known = measured.get();
            List<ExampleTexts.Chosen> chosen = examples.getValue();
            job.report(
                    overExamples.fractionProperty().get(),
                    (known == null ? 0 : known.known()) + " / " + (chosen == null ? 0 : chosen.size()) + " examples");
        }
    }

    /** Measures again what was stopped. */
    public void goOn() {
        OpenModel model = side.model().get();
        if (model != null && over.get() == Over.CORPUS && contexts.getValue() != null) {
            overCorpus.goOn(overCorpus(model, done.get().interventions()));
            return;
        }
        List<ExampleTexts.Chosen> chosen = examples.getValue();
        if (model != null && chosen != null) {
            overExamples.goOn(new ExampleEffects(
                    model.id(),
                    chosen.stream().map(ExampleTexts.Chosen::text).toList(),
                    done.get().interventions(),
                    LISTED));
        }
    }

    /** Whether the measurement was stopped before its end. */
    public boolean isStopped() {
        return (over.get() == Over.CORPUS ? overCorpus : overExamples)
                .stoppedProperty()
                .get();
    }

    /** Says when {@link #isStopped} may have changed. */
    public ObservableValue<Boolean> stopped() {
        return stopped;
    }

    private record Beginning(CountedActivations counted, int tokens) implements HostQuestion<TokenRows> {
        @Override
        public TokenRows answer(Cancellation cancellation) {
            return counted.beginning(tokens);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }
}
