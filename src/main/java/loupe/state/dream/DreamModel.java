package loupe.state.dream;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javafx.beans.binding.Bindings;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.Fit;
import loupe.analysis.dream.CorpusTexts;
import loupe.analysis.dream.Dream;
import loupe.analysis.dream.DreamSettings;
import loupe.analysis.dream.DreamState;
import loupe.analysis.dream.DreamTarget;
import loupe.analysis.dream.Retokenised;
import loupe.analysis.dream.TextMeasures;
import loupe.base.Cancellation;
import loupe.base.NumberRange;
import loupe.index.CountedActivations;
import loupe.index.Examples;
import loupe.index.FeatureActivations;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.corpus.ActivationsModel;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.text.PromptModel;
import loupe.state.window.Activity;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.RememberedChoices;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The search for text that makes a feature of A as active as possible, and what stands beside it: texts of the corpus.
 * What was begun for a feature stays, whichever is chosen meanwhile. JavaFX thread only.
 */
public final class DreamModel {
    /** Texts of the corpus. */
    private static final int CORPUS_TEXTS = 5;

    private static final int APART = 8;
    private static final NumberRange PENALTIES = new NumberRange(NumberRange.ABOVE_ZERO, NumberRange.LARGEST);

    private final Workbench workbench;
    private final ActivationsModel activations;
    private final PromptModel prompt;
    private final ResultSlot<DreamState> search;
    private final ResultSlot<List<Place>> places;
    private final ResultSlot<List<TextMeasures.Measured>> corpus;
    private final ResultSlot<List<TextMeasures.Measured>> chosen;
    private final ReadOnlyObjectWrapper<Dream> dream = new ReadOnlyObjectWrapper<>(this, "dream");
    private final StringProperty iterations =
            new SimpleStringProperty(this, "iterations", Integer.toString(DreamSettings.ITERATIONS));
    private final StringProperty length =
            new SimpleStringProperty(this, "length", Integer.toString(DreamSettings.DEFAULT.length()));
    private final StringProperty slots =
            new SimpleStringProperty(this, "slots", Integer.toString(DreamSettings.DEFAULT.slots()));
    private final StringProperty children =
            new SimpleStringProperty(this, "children", Integer.toString(DreamSettings.DEFAULT.children()));
    private final StringProperty leastPenalty =
            new SimpleStringProperty(this, "leastPenalty", Double.toString(DreamSettings.DEFAULT.leastPenalty()));
    private final StringProperty mostPenalty =
            new SimpleStringProperty(this, "mostPenalty", Double.toString(DreamSettings.DEFAULT.mostPenalty()));
    private final StringProperty seed = new SimpleStringProperty(this, "seed", "0");
    private final BooleanProperty anyTokens = new SimpleBooleanProperty(this, "anyTokens");
    private final BooleanProperty againstB = new SimpleBooleanProperty(this, "againstB");
    private final RememberedChoices choices = new RememberedChoices();
    private final ObservableValue<String> why;
    private final ObservableValue<PaneStatus> status;
    private Activity.@Nullable Job job;

    /**
     * A token of the corpus at which the feature is active.
     *
     * @param activation as the index has it
     * @param upTo what the model had read, its token last
     */
    public record Place(float activation, List<Integer> upTo) {}

    /** @param activations of A, for the texts of the corpus */
    public DreamModel(Workbench workbench, ActivationsModel activations, PromptModel prompt) {
        this.workbench = workbench;
        this.activations = activations;
        this.prompt = prompt;
        search = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        places = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        corpus = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        chosen = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        choices.text("dream.iterations", iterations)
                .text("dream.length", length)
                .text("dream.slots", slots)
                .text("dream.children", children)
                .text("dream.least-penalty", leastPenalty)
                .text("dream.most-penalty", mostPenalty)
                .text("dream.seed", seed)
                .flag("dream.any-tokens", anyTokens)
                .flag("dream.against-b", againstB);
        CheckpointSide a = workbench.a();
        CheckpointSide b = workbench.b();
        status = new PaneStatusBinding()
                .fails(search)
                .isEmpty(
                        () -> dream.get() != null ? "" : a.whyEmpty("to find text that makes it most active"),
                        dream,
                        a.model(),
                        a.sae(),
                        a.feature())
                .offers(a::need, a.model(), a.sae());
        why = Bindings.createStringBinding(
                this::whyNot,
                iterations,
                length,
                slots,
                children,
                leastPenalty,
                mostPenalty,
                seed,
                againstB,
                a.model(),
                a.sae(),
                a.feature(),
                b.feature());
        search.pendingProperty().addListener((property, was, is) -> followJob(is));
        search.valueProperty().addListener(changed -> report());
        search.fractionProperty().addListener(changed -> report());
        a.sae().addListener(changed -> forget());
        a.model().addListener(changed -> forget());
        activations.activations().valueProperty().addListener(changed -> askForPlaces());
        places.valueProperty().addListener(changed -> askForCorpus());
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** The texts found so far. */
    public ResultSlot<DreamState> search() {
        return search;
    }

    /** The search that was begun last; null for none. */
    public ReadOnlyObjectProperty<Dream> dream() {
        return dream.getReadOnlyProperty();
    }

    /** Texts of the corpus, each measured with all that stands before it and then alone. */
    public ResultSlot<List<TextMeasures.Measured>> corpus() {
        return corpus;
    }

    /** The text that was chosen, for its activations at each token. */
    public ResultSlot<List<TextMeasures.Measured>> chosen() {
        return chosen;
    }

    /** How many iterations, as it is typed. */
    public StringProperty iterations() {
        return iterations;
    }

    /** Tokens of a text, as it is typed. */
    public StringProperty length() {
        return length;
    }

    /** Texts that are kept, as it is typed. */
    public StringProperty slots() {
        return slots;
    }

    /** New texts of each slot in an iteration, as it is typed. */
    public StringProperty children() {
        return children;
    }

    /** The first slot's penalty in activation for a nat, as it is typed. */
    public StringProperty leastPenalty() {
        return leastPenalty;
    }

    /** The last slot's penalty, as it is typed. */
    public StringProperty mostPenalty() {
        return mostPenalty;
    }

    public StringProperty seed() {
        return seed;
    }

    /** Whether texts are tried that come back as other tokens when they are written out and read again. */
    public BooleanProperty anyTokens() {
        return anyTokens;
    }

    /** Whether B's feature is to stay silent. */
    public BooleanProperty againstB() {
        return againstB;
    }

    /** Why no search can begin; an empty text if one can. */
    public ObservableValue<String> why() {
        return why;
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        return choices.remembered();
    }

    /** Restores what a session kept. */
    public void recall(Map<String, String> kept) {
        choices.recall(kept);
    }

    /** Begins anew, for the feature in hand. */
    public void start() {
        if (!why.getValue().isEmpty()) {
            return;
        }
        Dream begun = question();
        search.clear();
        places.clear();
        corpus.clear();
        chosen.clear();
        dream.set(begun);
        search.askAfresh(begun);
        askForPlaces();
    }

    /** Stops after the last whole iteration. */
    public void stop() {
        search.stop();
    }

    /** Whether the search has ended before as many iterations as are wanted now. */
    public boolean canGoOn() {
        DreamState state = search.getValue();
        return state != null
                && !search.isPending()
                && whole(iterations, 1, DreamSettings.MOST_ITERATIONS)
                        .filter(wanted -> state.iteration() < wanted)
                        .isPresent();
    }

    /** Goes on where the search has ended, up to as many iterations as are wanted now. */
    public void goOn() {
        Dream begun = dream.get();
        if (begun == null || !canGoOn()) {
            return;
        }
        DreamState state = search.getValue();
        Dream more = new Dream(
                begun.model(),
                begun.target(),
                begun.before(),
                begun.settings(),
                whole(iterations, 1, DreamSettings.MOST_ITERATIONS).orElseThrow(),
                begun.retokenised(),
                begun.banned(),
                state.slots().isEmpty() ? Optional.empty() : Optional.of(state));
        dream.set(more);
        search.ask(more);
    }

    /** Measures a text at each of its tokens. */
    public void choose(TextMeasures.Text text) {
        Dream begun = dream.get();
        if (begun != null) {
            chosen.ask(new TextMeasures(begun.model(), begun.target(), List.of(text)));
        }
    }

    /** Puts a text in place of the clean prompt. */
    @SuppressWarnings("FutureReturnValueIgnored") // decoding known ids does not fail
    public void toPrompt(List<Integer> ids) {
        OpenModel model = workbench.model().get();
        if (model == null || model.tokenizer().isEmpty()) {
            return;
        }
        Tokenizer tokenizer = model.tokenizer().get();
        int[] tokens = ids.stream().mapToInt(Integer::intValue).toArray();
        CompletableFuture.supplyAsync(
                        () -> tokenizer.decode(tokens), workbench.service().compute())
                .thenAcceptAsync(text -> prompt.pair().set(prompt.pair().get().withClean(text)), workbench.fx());
    }

    private String whyNot() {
        CheckpointSide a = workbench.a();
        OpenModel model = a.model().get();
        OpenSae sae = a.sae().get();
        if (model == null || sae == null || a.feature().get() == null) {
            return a.whyEmpty("to find text that makes it most active");
        }
        if (againstB.get() && workbench.b().feature().get() == null) {
            return "Choose a feature of checkpoint B, which is to stay silent";
        }
        String field = fieldAmiss(Math.min(
                DreamSettings.MOST_OF_EACH,
                model.config().context() - before(model).size()));
        if (!field.isEmpty()) {
            return field;
        }
        List<OpenSae> needed = new ArrayList<>(List.of(sae));
        if (againstB.get()) {
            needed.add(workbench.b().sae().get());
        }
        return needed.stream()
                .flatMap(one -> new Fit(model.config(), one.config())
                        .misfit().stream()
                                .map(why -> why.refusal(
                                                one.id().name(), model.id().name())
                                        .getMessage()))
                .findFirst()
                .orElse("");
    }

    /**
     * The first field that no search can have, with the range that the command's option has too; empty if there is
     * none.
     *
     * @param context tokens that a text can have
     */
    private String fieldAmiss(int context) {
        if (whole(iterations, 1, DreamSettings.MOST_ITERATIONS).isEmpty()) {
            return "Iterations: a whole number from 1 to " + DreamSettings.MOST_ITERATIONS;
        }
        if (whole(length, 2, context).isEmpty()) {
            return "Tokens: a whole number from 2 to " + context;
        }
        if (whole(slots, 1, DreamSettings.MOST_OF_EACH).isEmpty()) {
            return "Slots: a whole number from 1 to " + DreamSettings.MOST_OF_EACH;
        }
        if (whole(children, 1, DreamSettings.MOST_OF_EACH).isEmpty()) {
            return "Children: a whole number from 1 to " + DreamSettings.MOST_OF_EACH;
        }
        Optional<Double> least = penalty(leastPenalty);
        Optional<Double> most = penalty(mostPenalty);
        if (least.isEmpty() || most.isEmpty()) {
            return "Penalties: " + PENALTIES.expected();
        }
        if (most.get() < least.get()) {
            return "Penalties: the last one at least the first, " + least.get();
        }
        return drawn().isEmpty() ? "Seed: a whole number from " + Long.MIN_VALUE + " to " + Long.MAX_VALUE : "";
    }

    private Optional<Long> drawn() {
        try {
            return Optional.of(Long.parseLong(seed.get().strip()));
        } catch (NumberFormatException notYet) {
            return Optional.empty();
        }
    }

    private static Optional<Double> penalty(StringProperty typed) {
        try {
            return Optional.of(Double.parseDouble(typed.get().strip())).filter(PENALTIES::contains);
        } catch (NumberFormatException notYet) {
            return Optional.empty();
        }
    }

    /** What stands in front of every text. */
    private static List<Integer> before(OpenModel model) {
        return model.tokenizer()
                .filter(Tokenizer::beginsTexts)
                .map(known -> List.of(known.beginning().orElseThrow()))
                .orElse(List.of());
    }

    private static Optional<Integer> whole(StringProperty typed, int least, int most) {
        try {
            int number = Integer.parseInt(typed.get().strip());
            return number < least || number > most ? Optional.empty() : Optional.of(number);
        } catch (NumberFormatException notYet) {
            return Optional.empty();
        }
    }

    private Dream question() {
        OpenModel model = workbench.model().get();
        FeatureRef a = workbench.a().feature().get();
        FeatureRef b = workbench.b().feature().get();
        DreamSettings like = DreamSettings.DEFAULT;
        Optional<Tokenizer> tokenizer = model.tokenizer();
        return new Dream(
                model.id(),
                new DreamTarget(
                        new DreamTarget.Feature(a.sae(), a.feature()),
                        againstB.get() ? Optional.of(new DreamTarget.Feature(b.sae(), b.feature())) : Optional.empty()),
                before(model),
                new DreamSettings(
                        whole(length, 2, DreamSettings.MOST_OF_EACH).orElseThrow(),
                        whole(slots, 1, DreamSettings.MOST_OF_EACH).orElseThrow(),
                        whole(children, 1, DreamSettings.MOST_OF_EACH).orElseThrow(),
                        like.candidates(),
                        penalty(leastPenalty).orElseThrow(),
                        penalty(mostPenalty).orElseThrow(),
                        like.restartEvery(),
                        drawn().orElseThrow()),
                whole(iterations, 1, DreamSettings.MOST_ITERATIONS).orElseThrow(),
                anyTokens.get() ? Optional.empty() : tokenizer.map(Retokenised::new),
                Dream.bounds(model),
                Optional.empty());
    }

    private void forget() {
        search.clear();
        places.clear();
        corpus.clear();
        chosen.clear();
        dream.set(null);
    }

    private void followJob(boolean goesOn) {
        if (goesOn && job == null && dream.get() != null) {
            job = workbench
                    .activity()
                    .begin(
                            "Text for feature " + dream.get().target().feature().index(),
                            () -> workbench.fx().execute(this::stop));
        } else if (!goesOn && job != null) {
            job.end();
            job = null;
        }
    }

    private void report() {
        if (job != null && dream.get() != null) {
            DreamState state = search.getValue();
            job.report(
                    search.fractionProperty().get(),
                    (state == null ? 0 : state.iteration()) + " / "
                            + dream.get().iterations() + " iterations");
        }
    }

    /** Looks for the texts of the corpus, if what was counted of the search's feature is at hand. */
    private void askForPlaces() {
        Dream begun = dream.get();
        FeatureActivations counted = activations.activations().getValue();
        CountedActivations index = activations.counted().get();
        FeatureRef feature = workbench.a().feature().get();
        if (begun == null
                || counted == null
                || index == null
                || feature == null
                || counted.feature() != begun.target().feature().index()
                || feature.feature() != counted.feature()) {
            return;
        }
        places.ask(new Strongest(index, counted));
    }

    private void askForCorpus() {
        Dream begun = dream.get();
        List<Place> known = places.getValue();
        if (begun == null || known == null) {
            return;
        }
        List<TextMeasures.Text> texts = new ArrayList<>();
        for (Place place : known) {
            int[] upTo = place.upTo().stream().mapToInt(Integer::intValue).toArray();
            texts.add(CorpusTexts.whole(upTo, begun.settings().length()));
            texts.add(CorpusTexts.alone(upTo, begun.settings().length(), begun.before()));
        }
        corpus.ask(new TextMeasures(begun.model(), begun.target(), texts));
    }

    /** The strongest activations of the corpus, with what the model had read. */
    private record Strongest(CountedActivations index, FeatureActivations activations)
            implements HostQuestion<List<Place>> {
        @Override
        public List<Place> answer(Cancellation cancellation) {
            return Arrays.stream(Examples.top(activations, CORPUS_TEXTS, APART))
                    .mapToObj(i -> new Place(
                            activations.values()[i],
                            Arrays.stream(index.upTo(activations.tokens()[i]))
                                    .boxed()
                                    .toList()))
                    .toList();
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }
}
