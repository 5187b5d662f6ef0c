package loupe.state.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.ablation.AblatedExamples;
import loupe.analysis.ablation.AblatedText;
import loupe.analysis.ablation.AblationSummary;
import loupe.analysis.ablation.Replacement;
import loupe.analysis.ablation.TokenSets;
import loupe.analysis.effects.Bootstrap;
import loupe.base.Cancellation;
import loupe.base.NumberRange;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.index.CountedActivations;
import loupe.index.FeatureActivations;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
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
import loupe.state.window.UndoOrder;
import loupe.state.window.ValueHistory;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * What the chosen feature's activation becomes without tokens: at the chosen token of the clean prompt, or over the
 * feature's strongest examples in the corpus. JavaFX thread only.
 */
public final class AblatedTextModel {
    /** Examples that are summed up. */
    public static final int EXAMPLES = 20;

    public static final NumberRange LONGEST = new NumberRange(1, TokenSets.LONGEST_SPAN);
    public static final NumberRange WITHIN = new NumberRange(1, TokenSets.MOST_TOKENS);

    private static final long SEED = 0;
    private static final String KEPT = "ablated-text.settings";
    private static final int KEPT_PARTS = 6;
    private static final int LONGEST_KEPT = 200;

    /** Which texts. */
    public enum Over {
        PROMPT,
        EXAMPLES
    }

    /** Which tokens at a time. */
    public enum Together {
        SINGLE,
        PAIRS,
        SPANS
    }

    /** What becomes of a token. */
    public enum By {
        REMOVED,
        NEXT_BEST,
        BEGINNING,
        TOKEN
    }

    /**
     * What is ablated.
     *
     * @param token text of the token that replaces others, for {@link By#TOKEN}
     * @param longest tokens in the longest span
     * @param within how many tokens up to the one that is read may be ablated
     */
    public record Settings(Over over, Together together, By by, String token, int longest, int within) {
        public static final Settings USUAL = new Settings(Over.PROMPT, Together.SINGLE, By.REMOVED, " the", 4, 32);

        /**
         * What fields say.
         *
         * @throws Refusal if a number is out of its range
         */
        public static Settings of(Over over, Together together, By by, String token, double longest, double within) {
            LONGEST.require("The longest span", longest);
            WITHIN.require("The tokens that may be ablated", within);
            return new Settings(over, together, by, token, (int) longest, (int) within);
        }

        TokenSets sets() {
            return switch (together) {
                case SINGLE -> TokenSets.singles();
                case PAIRS -> TokenSets.pairs();
                case SPANS -> new TokenSets.Spans(longest);
            };
        }
    }

    /**
     * A set of tokens, or over examples all that stand where it does.
     *
     * @param first index of its first token; over examples how many tokens before the last it stands
     * @param text of its tokens, or where they stand
     * @param put the token in place of a single one; negative for none or several
     * @param count examples that have it; 1 for a text
     * @param without the activation without it; NaN over examples
     * @param share that is lost; over examples the mean
     * @param low lower end of its interval; NaN where there is none
     * @param high upper end likewise
     * @param together of a pair what is lost beyond what is lost without each alone, as a share; NaN for others
     */
    public record Row(
            int first,
            String text,
            int put,
            int count,
            double without,
            double share,
            double low,
            double high,
            double together) {}

    /**
     * What is known.
     *
     * @param activation at the token that is read; NaN over examples
     * @param summary of the examples; empty for a text
     */
    public record Shown(
            Settings settings,
            double activation,
            AblationMaps maps,
            List<Row> rows,
            Optional<AblationSummary> summary) {}

    private final Workbench workbench;
    private final CheckpointSide side;
    private final PromptModel prompt;
    private final ActivationsModel activations;
    private final ObjectProperty<Settings> settings = new SimpleObjectProperty<>(this, "settings", Settings.USUAL);
    private final ResultSlot<AblatedText.Answer> onPrompt;
    private final ResultSlot<List<ExampleTexts.Chosen>> examples;
    private final ResultSlot<AblatedExamples.Answer> overExamples;
    private final ResultSlot<Shown> shown;
    private final ObjectProperty<Problem> refused = new SimpleObjectProperty<>(this, "refused");
    private final ObservableValue<PaneStatus> status;
    private @Nullable AblatedText askedOfPrompt;
    private @Nullable AblatedExamples askedOfExamples;
    private List<String> askedTexts = List.of();
    private Activity.@Nullable Job job;
    private boolean isShown;

    /** @param activations of side A's chosen feature */
    public AblatedTextModel(Workbench workbench, PromptModel prompt, ActivationsModel activations, UndoOrder undo) {
        this.workbench = workbench;
        this.side = workbench.a();
        this.prompt = prompt;
        this.activations = activations;
        onPrompt = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        examples = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        overExamples = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        shown = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        ValueHistory.keep(undo, settings, settings::set, (was, is) -> "change of what is ablated");
        status = new PaneStatusBinding()
                .refuses(prompt.problem())
                .refuses(refused)
                .fails(onPrompt)
                .fails(examples)
                .fails(overExamples)
                .fails(shown)
                .isEmpty(
                        this::whyEmpty,
                        side.model(),
                        side.feature(),
                        prompt.cleanTokens(),
                        activations.counted(),
                        activations.activations().valueProperty(),
                        settings)
                .offers(this::need, side.model(), side.sae(), settings, activations.counted())
                .awaits(prompt.reading(), onPrompt, examples, overExamples);
        side.feature().addListener(changed -> ask());
        side.model().addListener(changed -> ask());
        prompt.cleanTokens().addListener(changed -> ask());
        prompt.position().addListener(changed -> ask());
        activations.activations().valueProperty().addListener(changed -> ask());
        settings.addListener(changed -> ask());
        examples.valueProperty().addListener(changed -> askOfExamples());
        onPrompt.valueProperty().addListener(changed -> tabulate());
        overExamples.valueProperty().addListener(changed -> tabulate());
        for (ResultSlot<?> slot : List.of(onPrompt, overExamples)) {
            slot.pendingProperty().addListener(changed -> report());
            slot.fractionProperty().addListener(changed -> report());
        }
        setShown(false);
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** What is ablated. */
    public ObjectProperty<Settings> settings() {
        return settings;
    }

    /** What is known. */
    public ResultSlot<Shown> shown() {
        return shown;
    }

    public CheckpointSide side() {
        return side;
    }

    public PromptModel prompt() {
        return prompt;
    }

    /** The answer that is awaited, of which the settings ask. */
    public ResultSlot<?> awaited() {
        return settings.get().over() == Over.PROMPT ? onPrompt : overExamples;
    }

    /** Both answers, of which one is {@link #awaited}. */
    public List<ResultSlot<?>> answers() {
        return List.of(onPrompt, overExamples);
    }

    /** Whether anybody sees it: nothing is asked while nobody does. */
    public void setShown(boolean is) {
        isShown = is;
        for (ResultSlot<?> slot : List.of(onPrompt, examples, overExamples, shown)) {
            slot.setWanted(is);
        }
        if (is) {
            ask();
        }
    }

    /** Stops for now; what is known stays. */
    public void stop() {
        awaited().stop();
    }

    /** Asks once more what was stopped. */
    public void goOn() {
        if (settings.get().over() == Over.PROMPT && askedOfPrompt != null) {
            onPrompt.goOn(askedOfPrompt);
        } else if (askedOfExamples != null) {
            overExamples.goOn(askedOfExamples);
        }
    }

    private Optional<PaneNeed> need() {
        Optional<PaneNeed> first = side.need();
        return first.isEmpty()
                        && settings.get().over() == Over.EXAMPLES
                        && activations.counted().get() == null
                ? Optional.of(PaneNeed.CORPUS)
                : first;
    }

    private String whyEmpty() {
        if (side.feature().get() == null) {
            return side.whyEmpty("to see which tokens it needs");
        }
        if (settings.get().over() == Over.EXAMPLES) {
            return activations.why().get();
        }
        return prompt.cleanTokens().get().isEmpty() ? "Type a clean prompt to see which of its tokens matter" : "";
    }

    private void ask() {
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        FeatureRef feature = side.feature().get();
        refused.set(null);
        if (!isShown || model == null || sae == null || feature == null) {
            clear();
            return;
        }
        Replacement replacement;
        try {
            replacement = replacement(model, settings.get());
        } catch (Refusal refusal) {
            clear();
            refused.set(Problem.of(refusal));
            return;
        }
        if (settings.get().over() == Over.EXAMPLES) {
            askedOfPrompt = null;
            onPrompt.clear();
            CountedActivations counted = activations.counted().get();
            FeatureActivations active = activations.activations().getValue();
            if (counted == null || active == null || active.count() == 0) {
                clear();
            } else {
                examples.ask(new ChosenExamples(counted, active, ExampleTexts.Choice.TOP, EXAMPLES, SEED));
                askOfExamples();
            }
            return;
        }
        askedOfExamples = null;
        examples.clear();
        overExamples.clear();
        PromptTokens tokens = prompt.cleanTokens().get();
        if (tokens.isEmpty()) {
            clear();
            return;
        }
        int at = Math.max(0, Math.min(tokens.size() - 1, prompt.position().get()));
        askedTexts = tokens.texts().subList(0, at + 1);
        AblatedText question = new AblatedText(
                model.id(),
                sae.id(),
                feature.feature(),
                tokens.ids().subList(0, at + 1),
                Math.max(0, at + 1 - settings.get().within()),
                settings.get().sets(),
                replacement);
        if (question.equals(askedOfPrompt)) {
            onPrompt.ask(question);
        } else { // not after what may take long
            askedOfPrompt = question;
            onPrompt.askAfresh(question);
        }
    }

    private void clear() {
        askedOfPrompt = null;
        askedOfExamples = null;
        for (ResultSlot<?> slot : List.of(onPrompt, examples, overExamples, shown)) {
            slot.clear();
        }
    }

    private void askOfExamples() {
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        FeatureRef feature = side.feature().get();
        List<ExampleTexts.Chosen> chosen = examples.getValue();
        if (model == null
                || sae == null
                || feature == null
                || chosen == null
                || chosen.isEmpty()
                || refused.get() != null
                || settings.get().over() != Over.EXAMPLES) {
            askedOfExamples = null;
            overExamples.clear();
            return;
        }
        AblatedExamples question = new AblatedExamples(
                model.id(),
                sae.id(),
                feature.feature(),
                chosen.stream().map(one -> one.text().ids()).toList(),
                settings.get().within(),
                settings.get().sets(),
                replacement(model, settings.get()));
        if (question.equals(askedOfExamples)) {
            overExamples.ask(question);
        } else {
            askedOfExamples = question;
            overExamples.askAfresh(question);
        }
    }

    private static Replacement replacement(OpenModel model, Settings of) {
        return switch (of.by()) {
            case REMOVED -> Replacement.REMOVED;
            case NEXT_BEST -> Replacement.NEXT_BEST;
            case BEGINNING -> {
                OptionalInt token = model.tokenizer().map(Tokenizer::beginning).orElse(OptionalInt.empty());
                yield new Replacement.By(token.orElseThrow(
                        () -> new Refusal("The model has no token for the beginning of text. Remove tokens instead")));
            }
            case TOKEN -> {
                int[] ids = model.tokenizer()
                        .orElseThrow(() -> new Refusal("The model has no tokenizer files. Remove tokens instead"))
                        .encodeContinuation(of.token())
                        .ids();
                if (ids.length != 1) {
                    throw new Refusal(
                            "The token that replaces others, \u201c" + of.token() + "\u201d, is " + ids.length
                                    + " tokens",
                            "one",
                            "Choose another; a space in front belongs to most words");
                }
                yield new Replacement.By(ids[0]);
            }
        };
    }

    private void tabulate() {
        AblatedText.Answer ofPrompt = onPrompt.getValue();
        AblatedExamples.Answer ofExamples = overExamples.getValue();
        if (ofPrompt != null && askedOfPrompt != null) {
            shown.ask(new OfPrompt(settings.get(), askedOfPrompt, ofPrompt, askedTexts));
        } else if (ofExamples != null && askedOfExamples != null) {
            shown.ask(new OfExamples(settings.get(), askedOfExamples, ofExamples));
        } else {
            shown.clear();
        }
    }

    /** What takes longer than a moment is a job that can be stopped. */
    private void report() {
        ResultSlot<?> runs = overExamples.isPending() ? overExamples : null;
        if (runs != null && job == null) {
            job = workbench.activity().begin("Ablated text of examples", overExamples::stop);
        } else if (runs == null && job != null) {
            job.end();
            job = null;
        }
        if (job != null) {
            AblatedExamples.Answer known = overExamples.getValue();
            List<ExampleTexts.Chosen> chosen = examples.getValue();
            job.report(
                    overExamples.fractionProperty().get(),
                    (known == null ? 0 : known.texts().size()) + " / " + (chosen == null ? 0 : chosen.size())
                            + " examples");
        }
    }

    /** Sets of one text as rows and maps. */
    private record OfPrompt(Settings settings, AblatedText question, AblatedText.Answer answer, List<String> texts)
            implements HostQuestion<Shown> {
        @Override
        public Shown answer(Cancellation cancellation) {
            List<Row> rows = new ArrayList<>();
            for (int set = 0; set < answer.sets().size(); set++) {
                if (Float.isNaN(answer.without()[set])) {
                    continue;
                }
                int[] tokens = answer.sets().get(set);
                boolean pair = settings.together() == Together.PAIRS && tokens.length == 2;
                rows.add(new Row(
                        tokens[0],
                        words(tokens),
                        tokens.length == 1 ? answer.put()[tokens[0]] : -1,
                        1,
                        answer.without()[set],
                        answer.share(set),
                        Double.NaN,
                        Double.NaN,
                        pair && answer.activation() != 0
                                ? answer.together(set) / (double) Math.abs(answer.activation())
                                : Double.NaN));
            }
            return new Shown(
                    settings, answer.activation(), AblationMaps.of(question, answer, texts), rows, Optional.empty());
        }

        private String words(int[] tokens) {
            StringBuilder words = new StringBuilder();
            for (int i = 0; i < tokens.length; i++) {
                words.append(i > 0 && tokens[i] > tokens[i - 1] + 1 ? " \u2026 " : "")
                        .append(texts.get(tokens[i]));
            }
            return words.toString();
        }
    }

    /** Examples as rows and maps. */
    private record OfExamples(Settings settings, AblatedExamples question, AblatedExamples.Answer answer)
            implements HostQuestion<Shown> {
        @Override
        public Shown answer(Cancellation cancellation) {
            AblationSummary summary = AblationSummary.of(question, answer, Bootstrap.RESAMPLES, SEED);
            List<Row> rows = new ArrayList<>();
            for (AblationSummary.Part part : summary.distances()) {
                rows.add(new Row(
                        part.number(),
                        part.number() + " before",
                        -1,
                        part.share().count(),
                        Double.NaN,
                        part.share().mean(),
                        part.share().low(),
                        part.share().high(),
                        Double.NaN));
            }
            for (AblationSummary.OfPair pair : summary.pairs()) {
                rows.add(row(
                        pair.far(),
                        pair.far() + " and " + pair.near() + " before",
                        pair.count(),
                        pair.share(),
                        pair.together()));
            }
            for (AblationSummary.OfSpan span : summary.spans()) {
                if (span.length() > 1) {
                    rows.add(row(
                            span.first(),
                            span.first() + " to " + (span.first() + 1 - span.length()) + " before",
                            span.count(),
                            span.share(),
                            Double.NaN));
                }
            }
            return new Shown(settings, Double.NaN, AblationMaps.of(question, summary), rows, Optional.of(summary));
        }

        private static Row row(int first, String text, int count, double share, double together) {
            return new Row(first, text, -1, count, Double.NaN, share, Double.NaN, Double.NaN, together);
        }
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        Settings now = settings.get();
        return Map.of(
                KEPT,
                String.join(
                        ";",
                        now.over().name(),
                        now.together().name(),
                        now.by().name(),
                        "" + now.longest(),
                        "" + now.within(),
                        now.token().length() > LONGEST_KEPT ? "" : now.token()));
    }

    /** Restores what a session kept; what is not understood is left out. */
    public void recall(Map<String, String> kept) {
        String[] parts = Objects.requireNonNull(kept.getOrDefault(KEPT, "")).split(";", KEPT_PARTS);
        if (parts.length != KEPT_PARTS) {
            return;
        }
        try {
            settings.set(Settings.of(
                    Over.valueOf(parts[0]),
                    Together.valueOf(parts[1]),
                    By.valueOf(parts[2]),
                    parts[5],
                    Double.parseDouble(parts[3]),
                    Double.parseDouble(parts[4])));
        } catch (IllegalArgumentException | Refusal notUnderstood) {
            // edited by hand, or of another version
        }
    }
}
