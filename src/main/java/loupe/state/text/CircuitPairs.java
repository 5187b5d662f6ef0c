package loupe.state.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import loupe.analysis.effects.FeatureCircuit;
import loupe.analysis.effects.Metric;
import loupe.base.Cancellation;
import loupe.base.VisibleText;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.ResultSlot;
import loupe.state.window.UndoOrder;
import loupe.state.window.ValueHistory;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The pairs of prompts that a circuit is found over, all of as many tokens, in those of the open model. While none is
 * listed the circuit is of the pair that is typed. JavaFX thread only.
 */
public final class CircuitPairs {
    /** How many pairs are listed at most. */
    public static final int MOST = 100;

    /** Letters of all pairs, because the session is written with each change. */
    private static final int MOST_LETTERS = 100_000;

    private static final int LETTERS_OF_NAME = 40;
    private static final String KEY = "circuit.pairs";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Workbench workbench;
    private final PromptModel prompt;
    private final ReadOnlyObjectWrapper<List<PromptPair>> all = new ReadOnlyObjectWrapper<>(this, "all", List.of());
    private final ReadOnlyStringWrapper refusal = new ReadOnlyStringWrapper(this, "refusal", "");
    private final ResultSlot<Read> reading;
    private final ResultSlot<Read> adding;

    /** Pairs, with the tokens of each. */
    public record Read(List<PromptPair> pairs, List<PromptModel.Read> tokens) {
        public Read {
            pairs = List.copyOf(pairs);
            tokens = List.copyOf(tokens);
        }

        /** Why no circuit can be found over them, naming the first pair that is in the way; empty if one can. */
        String problem() {
            List<FeatureCircuit.Prompt> prompts = new ArrayList<>();
            for (int i = 0; i < pairs.size(); i++) {
                PromptModel.Read read = tokens.get(i);
                if (read.clean().isEmpty() || read.corrupt().isEmpty()) {
                    return name(i) + " has no " + (read.clean().isEmpty() ? "clean" : "corrupt")
                            + " prompt; type both, of as many tokens";
                }
                if (!read.isAligned()) {
                    return name(i) + " has " + read.clean().size() + " clean tokens and "
                            + read.corrupt().size()
                            + " corrupt ones, which are compared one by one; change a word for one of as many tokens";
                }
                Optional<FeatureCircuit.Prompt> one = prompt(read);
                if (one.isEmpty()) {
                    return name(i) + " lacks an answer; type " + PromptMetric.LOGIT_DIFFERENCE.needs();
                }
                prompts.add(one.get());
            }
            OptionalInt other = FeatureCircuit.ofAnotherLength(prompts);
            return other.isEmpty()
                    ? ""
                    : name(other.getAsInt()) + " has "
                            + prompts.get(other.getAsInt()).clean().size() + " tokens and pair 1 has "
                            + prompts.get(0).clean().size() + "; all pairs of a circuit need as many";
        }

        /** What a circuit is found over. */
        List<FeatureCircuit.Prompt> prompts() {
            return tokens.stream().map(read -> prompt(read).orElseThrow()).toList();
        }

        private String name(int i) {
            String text = pairs.get(i).clean();
            return "Pair " + (i + 1) + (text.isEmpty() ? "" : " (" + shortened(text) + ")");
        }
    }

    /** @param undo takes back what is added and removed */
    CircuitPairs(Workbench workbench, PromptModel prompt, UndoOrder undo) {
        this.workbench = workbench;
        this.prompt = prompt;
        reading = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        adding = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        adding.valueProperty().addListener((property, was, is) -> decide(is));
        all.addListener(changed -> read());
        prompt.beginning().addListener(changed -> read());
        workbench.model().addListener(changed -> read());
        prompt.pair().addListener(changed -> refusal.set(""));
        ValueHistory.keep(
                undo,
                all.getReadOnlyProperty(),
                all::set,
                (was, is) -> is.size() < was.size() ? "removing a pair of prompts" : "adding a pair of prompts");
    }

    /** The first tokens of the answers are compared; empty if they are not typed. */
    static Optional<FeatureCircuit.Prompt> prompt(PromptModel.Read read) {
        Optional<Metric> metric = PromptMetric.LOGIT_DIFFERENCE.of(read);
        return metric.map(answers ->
                new FeatureCircuit.Prompt(read.clean().ids(), read.corrupt().ids(), answers.token(), answers.other()));
    }

    /** A text as it stands in a sentence or a menu. */
    public static String shortened(String text) {
        return VisibleText.line(VisibleText.shortened(text.strip(), LETTERS_OF_NAME));
    }

    /** The pairs that are listed. */
    public ReadOnlyObjectProperty<List<PromptPair>> all() {
        return all.getReadOnlyProperty();
    }

    /** Why what was to be added last was not, in a sentence that names the pair; empty if it was. */
    public ReadOnlyStringProperty refusal() {
        return refusal.getReadOnlyProperty();
    }

    /** The library of prompts, each of which can be added. */
    public PromptTemplates templates() {
        return prompt.templates();
    }

    /** The listed pairs in tokens. */
    ResultSlot<Read> reading() {
        return reading;
    }

    /** The pairs that are about to be added, in tokens. */
    ResultSlot<Read> adding() {
        return adding;
    }

    /** Adds the pair that is typed. */
    public void addTyped() {
        add(List.of(prompt.pair().get()));
    }

    /** Adds the pairs that are not listed yet: all of them, or none if one cannot be used. */
    public void add(List<PromptPair> more) {
        LinkedHashSet<PromptPair> wanted = new LinkedHashSet<>(all.get());
        wanted.addAll(more);
        int letters = wanted.stream()
                .mapToInt(pair -> pair.clean().length() + pair.corrupt().length())
                .sum();
        Tokenizer tokenizer = tokenizer();
        if (tokenizer == null) {
            refusal.set("Open a model with a tokenizer first, whose tokens the pairs are compared in");
        } else if (wanted.size() == all.get().size()) {
            refusal.set("Pair (" + shortened(more.get(0).clean()) + ") is listed already");
        } else if (wanted.size() > MOST || letters > MOST_LETTERS) {
            refusal.set("There would be " + wanted.size() + " pairs with " + letters + " letters, expected at most "
                    + MOST + " with " + MOST_LETTERS + "; remove some first");
        } else {
            refusal.set("");
            adding.askAfresh(question(tokenizer, List.copyOf(wanted)));
        }
    }

    /** Removes a pair. */
    public void remove(PromptPair pair) {
        all.set(all.get().stream().filter(one -> !one.equals(pair)).toList());
    }

    /** Removes all pairs. */
    public void clear() {
        all.set(List.of());
    }

    /** Why no circuit can be found over what is listed; empty if one can, and while nothing is listed. */
    String problem() {
        Read read = reading.getValue();
        return read == null ? "" : read.problem();
    }

    /** What a session keeps. */
    Map<String, String> remembered() {
        try {
            return Map.of(
                    KEY,
                    JSON.writeValueAsString(
                            all.get().stream().map(PromptPair::texts).toList()));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Restores what a session kept; leaves the list alone if that is missing or not understood. */
    void recall(Map<String, String> kept) {
        String line = kept.get(KEY);
        if (line == null) {
            return;
        }
        try {
            String @Nullable [] @Nullable [] lines = JSON.readValue(line, String[][].class);
            if (lines != null) {
                all.set(Arrays.stream(lines)
                        .flatMap(texts -> PromptPair.of(texts).stream())
                        .distinct()
                        .limit(MOST)
                        .toList());
            }
        } catch (JsonProcessingException notUnderstood) {
            // edited by hand: the list stays as it is
        }
    }

    private void decide(@Nullable Read read) {
        List<PromptPair> now = all.get();
        if (read == null
                || read.pairs().size() < now.size()
                || !read.pairs().subList(0, now.size()).equals(now)) {
            return; // something else was listed meanwhile
        }
        refusal.set(read.problem());
        if (refusal.get().isEmpty()) {
            all.set(read.pairs());
        }
    }

    private void read() {
        refusal.set("");
        Tokenizer tokenizer = tokenizer();
        if (tokenizer == null || all.get().isEmpty()) {
            reading.clear();
        } else {
            reading.askAfresh(question(tokenizer, all.get()));
        }
    }

    private @Nullable Tokenizer tokenizer() {
        OpenModel model = workbench.model().get();
        return model == null ? null : model.tokenizer().orElse(null);
    }

    private Tokenise question(Tokenizer tokenizer, List<PromptPair> pairs) {
        return new Tokenise(
                tokenizer,
                pairs,
                prompt.beginning().get(),
                workbench.model().get().config().context());
    }

    private record Tokenise(Tokenizer tokenizer, List<PromptPair> pairs, Tokenizer.Beginning beginning, int context)
            implements HostQuestion<Read> {
        @Override
        public Read answer(Cancellation cancellation) {
            List<PromptModel.Read> tokens = new ArrayList<>();
            for (PromptPair pair : pairs) {
                cancellation.check();
                tokens.add(PromptModel.Read.of(tokenizer, pair, beginning, context));
            }
            return new Read(pairs, tokens);
        }
    }
}
