package loupe.state.text;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.effects.ChosenWords;
import loupe.analysis.effects.DoseResponse;
import loupe.analysis.effects.DoseTable;
import loupe.analysis.effects.Sampling;
import loupe.base.Cancellation;
import loupe.base.NumberRange;
import loupe.base.Refusal;
import loupe.index.FeatureStatistics;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.UndoOrder;
import loupe.state.window.ValueHistory;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * What side A's feature does to the clean prompt as it is pushed by more and more, beside controls: computed when it is
 * started, kept until another run. JavaFX thread only.
 */
public final class DoseModel {
    public static final NumberRange DOSES = new NumberRange(1, 200);
    public static final NumberRange DIRECTIONS = new NumberRange(0, 50);
    public static final NumberRange TOKENS = new NumberRange(0, 500);
    public static final NumberRange TEXTS = new NumberRange(1, 50);

    private static final String KEPT = "dose.settings";
    private static final int KEPT_PARTS = 6;
    private static final int LONGEST_KEPT = 1_000;

    private final Workbench workbench;
    private final CheckpointSide side;
    private final PromptModel prompt;
    private final CorpusStatistics statistics;
    private final ObjectProperty<Settings> settings = new SimpleObjectProperty<>(this, "settings", Settings.USUAL);
    private final ResultSlot<DoseResponse.Answer> answer;
    private final ResultSlot<Shown> table;
    private final ObservableValue<PaneStatus> status;
    private @Nullable Asked asked;

    /**
     * What is measured.
     *
     * @param most the last dose: a multiple of the largest activation on the corpus where that is counted, else what is
     *     added to the activation
     * @param doses from 0 to it
     * @param directions random ones, and other features
     * @param tokens of each text
     * @param texts at each dose
     * @param words that are counted in them, between commas
     */
    public record Settings(double most, int doses, int directions, int tokens, int texts, String words) {
        public static final Settings USUAL = new Settings(2, 21, 3, 20, 4, "");

        /**
         * What fields say.
         *
         * @throws Refusal if a number is out of its range
         */
        public static Settings of(
                double most, double doses, double directions, double tokens, double texts, String words) {
            NumberRange.COMPUTABLE.require("The largest dose", most);
            DOSES.require("Doses", doses);
            DIRECTIONS.require("Controls", directions);
            TOKENS.require("Tokens", tokens);
            TEXTS.require("Texts", texts);
            return new Settings(most, (int) doses, (int) directions, (int) tokens, (int) texts, words);
        }

        List<String> wordList() {
            return List.of(words.split(",", -1)).stream()
                    .map(String::strip)
                    .filter(word -> !word.isEmpty())
                    .toList();
        }
    }

    /**
     * What was asked.
     *
     * @param unit what doses are multiples of
     * @param isMultiple whether that is the largest activation on the corpus
     */
    public record Asked(DoseResponse question, double unit, boolean isMultiple, ChosenWords chosen) {}

    /** Figures of what was asked. */
    public record Shown(Asked asked, DoseTable table) {}

    public DoseModel(Workbench workbench, PromptModel prompt, CorpusStatistics statistics, UndoOrder undo) {
        this.workbench = workbench;
        this.side = workbench.a();
        this.prompt = prompt;
        this.statistics = statistics;
        answer = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        table = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        ValueHistory.keep(undo, settings, settings::set, (was, is) -> "change of the doses");
        answer.valueProperty().addListener(changed -> tabulate());
        workbench.model().addListener(changed -> clear());
        side.sae().addListener(changed -> clear());
        status = new PaneStatusBinding()
                .refuses(prompt.problem())
                .fails(answer)
                .isEmpty(this::whyEmpty, workbench.model(), side.sae(), side.feature(), prompt.cleanTokens())
                .offers(side::need, side.sae(), side.model())
                .awaits(answer);
    }

    private String whyEmpty() {
        if (side.sae().get() == null || side.model().get() == null) {
            return side.whyEmpty("to push one of its features");
        }
        if (answer.getValue() != null) {
            return "";
        }
        return side.feature().get() == null
                ? "Choose a feature of A to push it"
                : prompt.cleanTokens().get().isEmpty() ? "Type a clean prompt to push the feature there" : "";
    }

    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** What is measured at the next start. */
    public ObjectProperty<Settings> settings() {
        return settings;
    }

    /** The curves so far. */
    public ResultSlot<DoseResponse.Answer> answer() {
        return answer;
    }

    /** Their figures. */
    public ResultSlot<Shown> table() {
        return table;
    }

    /** The checkpoint whose feature is pushed. */
    public CheckpointSide side() {
        return side;
    }

    /** What the figures were asked of; empty before the first start. */
    public Optional<Asked> asked() {
        return Optional.ofNullable(asked);
    }

    /** The largest activation of the chosen feature on the corpus, if that is counted. */
    public Optional<Double> corpusMaximum() {
        FeatureRef feature = side.feature().get();
        FeatureStatistics counted = statistics.features(side).get();
        if (feature == null
                || counted == null
                || feature.feature() >= counted.features()
                || statistics.phase(side).get() != CorpusStatistics.Phase.COUNTED) {
            return Optional.empty();
        }
        return Optional.of((double) counted.max()[feature.feature()]).filter(largest -> largest > 0);
    }

    /** Measures the chosen feature on the clean prompt. */
    public void start() {
        OpenModel model = workbench.model().get();
        OpenSae sae = side.sae().get();
        FeatureRef feature = side.feature().get();
        List<Integer> ids = prompt.cleanTokens().get().ids();
        if (model == null || sae == null || feature == null || ids.isEmpty()) {
            return;
        }
        Settings wanted = settings.get();
        Optional<Double> largest = corpusMaximum();
        double unit = largest.orElse(1.0);
        int room = model.config().context() - ids.size();
        List<String> words = wanted.wordList();
        DoseResponse question = new DoseResponse(
                model.id(),
                sae.id(),
                feature.feature(),
                List.of(ids),
                DoseResponse.evenly(0, wanted.most() * unit, wanted.doses()),
                wanted.directions(),
                firstTokens(model, words),
                Math.min(wanted.tokens(), room),
                wanted.texts(),
                new Sampling(1, 0, 1, 0, 0));
        asked = new Asked(question, unit, largest.isPresent(), new ChosenWords(words, Set.of()));
        answer.askAfresh(question);
    }

    /** The first token of each word, as it follows a space. */
    private static Set<Integer> firstTokens(OpenModel model, List<String> words) {
        Tokenizer tokenizer = model.tokenizer().orElse(null);
        Set<Integer> first = new LinkedHashSet<>();
        for (String word : words) {
            int[] ids = tokenizer == null
                    ? new int[0]
                    : tokenizer.encodeContinuation(" " + word).ids();
            if (ids.length > 0) {
                first.add(ids[0]);
            }
        }
        return first;
    }

    private void clear() {
        asked = null;
        answer.clear();
        table.clear();
    }

    private void tabulate() {
        DoseResponse.Answer now = answer.getValue();
        OpenModel model = workbench.model().get();
        Asked of = asked;
        if (now == null || model == null || of == null) {
            table.clear();
            return;
        }
        table.ask(new Tabulate(of, now, model.tokenizer()));
    }

    /** Counts words in texts, which takes too long for the JavaFX thread. */
    private record Tabulate(Asked asked, DoseResponse.Answer answer, Optional<Tokenizer> tokenizer)
            implements HostQuestion<Shown> {
        @Override
        public Shown answer(Cancellation cancellation) {
            return new Shown(asked, DoseTable.of(answer, asked.unit(), asked.chosen(), ids -> {
                cancellation.check();
                int[] made = ids.stream().mapToInt(Integer::intValue).toArray();
                return tokenizer.map(read -> read.decode(made)).orElse("");
            }));
        }
    }

    /** What a session keeps. */
    public Map<String, String> remembered() {
        Settings now = settings.get();
        String words = now.words().length() > LONGEST_KEPT ? "" : now.words();
        return Map.of(
                KEPT,
                String.join(
                        ";",
                        "" + now.most(),
                        "" + now.doses(),
                        "" + now.directions(),
                        "" + now.tokens(),
                        "" + now.texts(),
                        words));
    }

    /** Restores what a session kept; what is not understood is left out. */
    public void recall(Map<String, String> kept) {
        String[] parts = kept.getOrDefault(KEPT, "").split(";", KEPT_PARTS);
        if (parts.length != KEPT_PARTS) {
            return;
        }
        try {
            settings.set(Settings.of(
                    Double.parseDouble(parts[0]),
                    Double.parseDouble(parts[1]),
                    Double.parseDouble(parts[2]),
                    Double.parseDouble(parts[3]),
                    Double.parseDouble(parts[4]),
                    parts[5]));
        } catch (NumberFormatException | Refusal notUnderstood) {
            // edited by hand, or of another version
        }
    }
}
