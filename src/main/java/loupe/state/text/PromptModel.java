package loupe.state.text;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import javafx.beans.property.IntegerProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleIntegerProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.RememberedChoices;
import loupe.state.window.UndoOrder;
import loupe.state.window.ValueHistory;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The prompts of the view Text: what is typed, its tokens for the open model, and the chosen token. All panes of the
 * view read it. JavaFX thread only.
 */
public final class PromptModel {
    /** Longer prompts are not kept, because the session is written with each change. */
    private static final int MOST_KEPT = 100_000;

    private static final String CLEAN = "prompt.clean";
    private static final String CORRUPT = "prompt.corrupt";
    private static final String ANSWER = "prompt.answer";
    private static final String WRONG_ANSWER = "prompt.wrong-answer";

    private final Workbench workbench;
    private final ObjectProperty<PromptPair> pair = new SimpleObjectProperty<>(this, "pair", PromptPair.EMPTY);
    private final ObjectProperty<Tokenizer.Beginning> beginning =
            new SimpleObjectProperty<>(this, "beginning", Tokenizer.Beginning.AUTO);
    private final ObjectProperty<PromptColouring> colouring =
            new SimpleObjectProperty<>(this, "colouring", PromptColouring.ACTIVATION);
    private final IntegerProperty position = new SimpleIntegerProperty(this, "position", -1);
    private final ResultSlot<Read> reading;
    private final ReadOnlyObjectWrapper<PromptTokens> cleanTokens =
            new ReadOnlyObjectWrapper<>(this, "cleanTokens", PromptTokens.NONE);
    private final ReadOnlyObjectWrapper<PromptTokens> corruptTokens =
            new ReadOnlyObjectWrapper<>(this, "corruptTokens", PromptTokens.NONE);
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    private final RememberedChoices choices = new RememberedChoices();
    private final PromptTemplates templates;
    private final ObservableValue<PaneStatus> status;

    /**
     * Everything that was typed, in tokens.
     *
     * @param answer of a text that continues the clean one; the first token is the one that is compared
     */
    public record Read(PromptTokens clean, PromptTokens corrupt, PromptTokens answer, PromptTokens wrongAnswer) {
        /** Reads them; takes a while if they are long. */
        static Read of(Tokenizer tokenizer, PromptPair pair, Tokenizer.Beginning beginning, int context) {
            return new Read(
                    PromptTokens.of(tokenizer, pair.clean(), beginning, context),
                    PromptTokens.of(tokenizer, pair.corrupt(), beginning, context),
                    PromptTokens.ofContinuation(tokenizer, pair.answer(), context),
                    PromptTokens.ofContinuation(tokenizer, pair.wrongAnswer(), context));
        }

        /** Whether the two texts can be compared token by token. */
        public boolean isAligned() {
            return !corrupt.isEmpty() && clean.size() == corrupt.size();
        }

        /** Why the two texts cannot be compared token by token; empty if they can, or there are not two. */
        public Optional<Refusal> misalignment() {
            return clean.isEmpty() || corrupt.isEmpty() || isAligned()
                    ? Optional.empty()
                    : Optional.of(new Refusal("The clean prompt has " + clean.size() + " tokens and the corrupt one "
                            + corrupt.size() + "; tokens are compared one by one, so both need as many. "
                            + "Change a word for one of as many tokens"));
        }
    }

    /** @param undo takes changes of the prompts back */
    public PromptModel(Workbench workbench, UndoOrder undo) {
        this.workbench = workbench;
        reading = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        choices.choice("prompt.beginning", beginning, Tokenizer.Beginning.class)
                .choice("prompt.colouring", colouring, PromptColouring.class);
        pair.addListener(changed -> ask(false));
        beginning.addListener(changed -> ask(false));
        workbench.model().addListener(changed -> ask(true));
        reading.valueProperty().addListener((property, was, is) -> show(is));
        ValueHistory.keep(
                undo, pair, pair::set, (was, is) -> is.isEmpty() ? "clearing the prompts" : "change of the prompts");
        templates = new PromptTemplates(pair, undo);
        status = new PaneStatusBinding().refuses(problem()).fails(reading).awaits(reading);
        ask(true);
    }

    /** What the pane of the prompts shows; they can be typed before a model is open. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** The library of prompts. */
    public PromptTemplates templates() {
        return templates;
    }

    /** What is typed. */
    public ObjectProperty<PromptPair> pair() {
        return pair;
    }

    /**
     * Whether the prompts begin with the token for the beginning of text: as the model's tokenizer does it, or as the
     * user wants it; without effect if the model has none.
     */
    public ObjectProperty<Tokenizer.Beginning> beginning() {
        return beginning;
    }

    /** What the backgrounds of the tokens tell. */
    public ObjectProperty<PromptColouring> colouring() {
        return colouring;
    }

    /** Whether the open model has a token for the beginning of text. */
    public boolean hasBeginning() {
        return tokenizer().map(Tokenizer::beginning).orElse(OptionalInt.empty()).isPresent();
    }

    /** Index of the chosen token of both prompts; -1 while there is no clean prompt. */
    public IntegerProperty position() {
        return position;
    }

    /** The prompts and answers in tokens; all of one moment. */
    public ResultSlot<Read> reading() {
        return reading;
    }

    /** The clean prompt in tokens; none while nothing is typed or no model is open. */
    public ReadOnlyObjectProperty<PromptTokens> cleanTokens() {
        return cleanTokens.getReadOnlyProperty();
    }

    /** The corrupt prompt in tokens; none while there is no such prompt. */
    public ReadOnlyObjectProperty<PromptTokens> corruptTokens() {
        return corruptTokens.getReadOnlyProperty();
    }

    /** Why the open model cannot read any prompt; null if it can, or none is open. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        Map<String, String> kept = new TreeMap<>(choices.remembered());
        kept.putAll(templates.remembered());
        PromptPair typed = pair.get();
        if (typed.clean().length()
                        + typed.corrupt().length()
                        + typed.answer().length()
                        + typed.wrongAnswer().length()
                <= MOST_KEPT) {
            kept.put(CLEAN, typed.clean());
            kept.put(CORRUPT, typed.corrupt());
            kept.put(ANSWER, typed.answer());
            kept.put(WRONG_ANSWER, typed.wrongAnswer());
        }
        return kept;
    }

    /** Restores what a session kept; leaves alone what is missing. */
    public void recall(Map<String, String> kept) {
        choices.recall(kept);
        templates.recall(kept);
        PromptPair now = pair.get();
        pair.set(new PromptPair(
                kept.getOrDefault(CLEAN, now.clean()),
                kept.getOrDefault(CORRUPT, now.corrupt()),
                kept.getOrDefault(ANSWER, now.answer()),
                kept.getOrDefault(WRONG_ANSWER, now.wrongAnswer())));
    }

    private Optional<Tokenizer> tokenizer() {
        OpenModel model = workbench.model().get();
        return model == null ? Optional.empty() : model.tokenizer();
    }

    private void ask(boolean afresh) {
        OpenModel model = workbench.model().get();
        problem.set(
                model == null || model.tokenizer().isPresent()
                        ? null
                        : new Problem("The model has no tokenizer files, so it cannot read a text", true, ""));
        if (model == null || tokenizer().isEmpty() || pair.get().isEmpty()) {
            reading.clear();
            return;
        }
        Tokenise question = new Tokenise(
                tokenizer().get(), pair.get(), beginning.get(), model.config().context());
        if (afresh) {
            reading.askAfresh(question);
        } else {
            reading.ask(question);
        }
    }

    /** The chosen token stays where it is, or with the end if it was the last one. */
    private void show(@Nullable Read read) {
        PromptTokens is = read == null ? PromptTokens.NONE : read.clean();
        int was = cleanTokens.get().size();
        boolean atEnd = position.get() < 0 || position.get() == was - 1 || position.get() >= is.size();
        if (position.get() >= is.size()) {
            position.set(is.size() - 1);
        }
        cleanTokens.set(is);
        corruptTokens.set(read == null ? PromptTokens.NONE : read.corrupt());
        if (atEnd) {
            position.set(is.size() - 1);
        }
    }

    private record Tokenise(Tokenizer tokenizer, PromptPair pair, Tokenizer.Beginning beginning, int context)
            implements HostQuestion<Read> {
        @Override
        public Read answer(Cancellation cancellation) {
            return Read.of(tokenizer, pair, beginning, context);
        }
    }
}
