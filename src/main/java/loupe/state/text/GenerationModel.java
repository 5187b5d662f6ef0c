package loupe.state.text;

import java.util.Map;
import java.util.Optional;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.effects.Generation;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.Sampling;
import loupe.base.NumberRange;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.UndoOrder;
import loupe.state.window.ValueHistory;
import loupe.state.window.Workbench;

/**
 * How the model goes on after the clean prompt: as it is and, where interventions are in force, under them; both with
 * one seed. JavaFX thread only.
 */
public final class GenerationModel {
    /** How many tokens may be asked for. */
    public static final NumberRange TOKENS = new NumberRange(1, 2_000);

    /** Temperatures that make sense of logits. */
    public static final NumberRange TEMPERATURE = new NumberRange(0, 1_000);

    public static final NumberRange TOP_K = new NumberRange(0, 1_000_000);
    public static final NumberRange TOP_P = new NumberRange(NumberRange.ABOVE_ZERO, 1);
    public static final NumberRange PENALTY = new NumberRange(-1_000, 1_000);

    /** Seeds that a number of a session holds exactly. */
    public static final NumberRange SEED = new NumberRange(0, 1e15);

    private static final String KEPT = "generation.settings";
    private static final int KEPT_PARTS = 6;

    private final Workbench workbench;
    private final PromptModel prompt;
    private final ObservableValue<Interventions> interventions;
    private final ObjectProperty<Settings> settings = new SimpleObjectProperty<>(this, "settings", Settings.USUAL);
    private final BooleanProperty ofCorrupt = new SimpleBooleanProperty(this, "ofCorrupt", false);
    private final ResultSlot<Generation.Answer> texts;
    private final ObservableValue<PaneStatus> status;

    /**
     * What is asked beside prompt and interventions.
     *
     * @param tokens that are generated, as far as the model's context has room
     */
    public record Settings(int tokens, Sampling sampling) {
        /** At a first start: drawn, so that another seed gives another text. */
        public static final Settings USUAL = new Settings(40, new Sampling(1, 0, 1, 0, 0));

        /**
         * What fields say.
         *
         * @throws Refusal if a number is out of its range
         */
        public static Settings of(
                double tokens, double temperature, double topK, double topP, double penalty, double seed) {
            TOKENS.require("Tokens", tokens);
            TEMPERATURE.require("Temperature", temperature);
            TOP_K.require("Top-k", topK);
            TOP_P.require("Top-p", topP);
            PENALTY.require("Frequency penalty", penalty);
            SEED.require("Seed", seed);
            return new Settings((int) tokens, new Sampling(temperature, (int) topK, topP, penalty, (long) seed));
        }

        String kept() {
            return String.join(
                    ";",
                    "" + tokens,
                    "" + sampling.temperature(),
                    "" + sampling.topK(),
                    "" + sampling.topP(),
                    "" + sampling.frequencyPenalty(),
                    "" + sampling.seed());
        }
    }

    /** @param interventions in force */
    public GenerationModel(
            Workbench workbench, PromptModel prompt, ObservableValue<Interventions> interventions, UndoOrder undo) {
        this.workbench = workbench;
        this.prompt = prompt;
        this.interventions = interventions;
        texts = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        texts.setWanted(false);
        status = new PaneStatusBinding()
                .refuses(prompt.problem())
                .fails(texts)
                .isEmpty(this::whyEmpty, workbench.model(), prompt.cleanTokens(), prompt.corruptTokens(), ofCorrupt)
                .offers(
                        () -> workbench.model().get() == null ? Optional.of(PaneNeed.MODEL) : Optional.empty(),
                        workbench.model())
                .awaits(texts);
        ValueHistory.keep(undo, settings, settings::set, (was, is) -> "change of how texts go on");
        workbench.model().addListener(changed -> ask(true));
        prompt.cleanTokens().addListener(changed -> ask(false));
        prompt.corruptTokens().addListener(changed -> ask(false));
        ofCorrupt.addListener(changed -> ask(false));
        interventions.addListener(changed -> ask(false));
        settings.addListener(changed -> ask(false));
    }

    private String whyEmpty() {
        return workbench.model().get() == null
                ? "Open a model to see how it goes on"
                : start().isEmpty()
                        ? "Type a " + (ofCorrupt.get() ? "corrupt" : "clean") + " prompt to see how the model goes on"
                        : "";
    }

    /** The prompt that goes on. */
    public PromptTokens start() {
        return (ofCorrupt.get() ? prompt.corruptTokens() : prompt.cleanTokens()).get();
    }

    /** Whether the corrupt prompt goes on instead of the clean one. */
    public BooleanProperty ofCorrupt() {
        return ofCorrupt;
    }

    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** How many tokens are asked for, and how each is chosen. */
    public ObjectProperty<Settings> settings() {
        return settings;
    }

    /** The texts so far. */
    public ResultSlot<Generation.Answer> texts() {
        return texts;
    }

    /** Whether interventions are in force, so that there are two texts. */
    public boolean isSteered() {
        return !interventions.getValue().isEmpty();
    }

    public PromptModel prompt() {
        return prompt;
    }

    /** Draws other texts: with the next seed. */
    public void nextSeed() {
        Settings now = settings.get();
        settings.set(new Settings(
                now.tokens(), now.sampling().withSeed(now.sampling().seed() + 1)));
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        return Map.of(KEPT, settings.get().kept());
    }

    /** Restores what a session kept; what is not understood is left out. */
    public void recall(Map<String, String> kept) {
        String[] parts = kept.getOrDefault(KEPT, "").split(";", -1);
        if (parts.length != KEPT_PARTS) {
            return;
        }
        double[] numbers = new double[KEPT_PARTS];
        try {
            for (int i = 0; i < KEPT_PARTS; i++) {
                numbers[i] = Double.parseDouble(parts[i]);
            }
            settings.set(Settings.of(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]));
        } catch (NumberFormatException | Refusal notUnderstood) {
            // edited by hand, or of another version
        }
    }

    private void ask(boolean afresh) {
        OpenModel model = workbench.model().get();
        PromptTokens start = start();
        int room = model == null ? 0 : model.config().context() - start.size();
        if (model == null || start.isEmpty()) {
            texts.clear();
            return;
        }
        if (room < 1) {
            texts.refuse(new Refusal(
                    "The prompt fills the model's context of " + model.config().context() + " tokens",
                    "room for one token more",
                    "Shorten it"));
            return;
        }
        Generation question = new Generation(
                model.id(),
                start.ids(),
                interventions.getValue(),
                Math.min(settings.get().tokens(), room),
                settings.get().sampling(),
                false);
        if (afresh) {
            texts.askAfresh(question);
        } else {
            texts.ask(question);
        }
    }
}
