package loupe.state.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import loupe.analysis.effects.EdgeWeights;
import loupe.analysis.effects.FeatureCircuit;
import loupe.base.HookPoint;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.state.Opened;
import loupe.state.pane.PaneStatus;
import loupe.state.window.UndoOrder;
import org.junit.jupiter.api.Test;

/** A circuit over several pairs of prompts, with the tiny model of {@link Opened}: one token a letter. */
class CircuitPairsTest {
    private static final PromptPair ONE = new PromptPair("bad", "bed", "g", "f");
    private static final PromptPair TWO = new PromptPair("cab", "cob", "a", "e");

    private final Opened opened = new Opened();
    private final UndoOrder undo = new UndoOrder();
    private final PromptModel prompt = new PromptModel(opened.workbench, undo);
    private final CircuitModel circuit = new CircuitModel(opened.workbench, prompt, undo);
    private final CircuitPairs pairs = circuit.pairs();

    CircuitPairsTest() {
        circuit.wanting().set("pane", true);
        opened.open(
                opened.workbench.a(),
                Opened.A,
                SaeConfig.of("saelens", 8, Opened.FEATURES, new Activation.Relu(), false)
                        .trainedAt("tiny", HookPoint.residPre(1), false));
    }

    private List<FeatureCircuit.Prompt> asked() {
        return ((FeatureCircuit) opened.newest(FeatureCircuit.class).query).prompts();
    }

    private static FeatureCircuit.Prompt letters(PromptPair pair) {
        return new FeatureCircuit.Prompt(
                ids(pair.clean()),
                ids(pair.corrupt()),
                ids(pair.answer()).get(0),
                ids(pair.wrongAnswer()).get(0));
    }

    private static List<Integer> ids(String text) {
        return text.chars().map(letter -> letter - 'a').boxed().toList();
    }

    @Test
    void theCircuitIsOverTheListedPairsAndOfTheTypedOneWhileNoneIsListed() {
        prompt.pair().set(ONE);
        assertThat(asked()).containsExactly(letters(ONE));
        pairs.addTyped();
        prompt.pair().set(TWO);
        pairs.addTyped();
        assertThat(asked()).containsExactly(letters(ONE), letters(TWO));
        long before = opened.count(FeatureCircuit.class);
        prompt.pair().set(PromptPair.EMPTY);
        assertThat(opened.count(FeatureCircuit.class)).isEqualTo(before);
        assertThat(circuit.status().getValue().shown()).isInstanceOf(PaneStatus.Content.class);
        assertThat(opened.count(EdgeWeights.class)).isZero();
        pairs.remove(ONE);
        assertThat(asked()).containsExactly(letters(TWO));
        prompt.pair().set(ONE);
        pairs.clear();
        assertThat(asked()).containsExactly(letters(ONE));
    }

    @Test
    void aPairThatCannotBeComparedIsRefusedByName() {
        prompt.pair().set(ONE);
        pairs.addTyped();
        for (Map.Entry<PromptPair, String> refused : Map.of(
                        ONE,
                        "Pair (bad) is listed already",
                        TWO.withCorrupt("cobs"),
                        "Pair 2 (cab) has 3 clean tokens and 4 corrupt ones",
                        TWO.withCorrupt(""),
                        "Pair 2 (cab) has no corrupt prompt",
                        TWO.withWrongAnswer(""),
                        "Pair 2 (cab) lacks an answer",
                        new PromptPair("cabs", "cobs", "a", "e"),
                        "Pair 2 (cabs) has 4 tokens and pair 1 has 3")
                .entrySet()) {
            pairs.add(List.of(refused.getKey()));
            assertThat(pairs.refusal().get()).startsWith(refused.getValue());
            assertThat(pairs.all().get()).containsExactly(ONE);
        }
        assertThat(asked()).containsExactly(letters(ONE));
        pairs.add(List.of(TWO, TWO.withCorrupt("")));
        assertThat(pairs.all().get()).as("all or none").containsExactly(ONE);
        pairs.add(List.of(TWO));
        assertThat(pairs.refusal().get()).isEmpty();
        assertThat(asked()).containsExactly(letters(ONE), letters(TWO));
    }

    @Test
    void whatIsListedIsTakenBackAndKeptInTheSession() {
        pairs.add(List.of(ONE, TWO));
        assertThat(undo.undoable()).hasValue("adding a pair of prompts");
        Map<String, String> kept = circuit.remembered();
        undo.undo();
        assertThat(pairs.all().get()).isEmpty();
        undo.redo();
        assertThat(pairs.all().get()).containsExactly(ONE, TWO);
        pairs.clear();
        circuit.recall(Map.of("circuit.pairs", "[[\"bad\"], null, 3"));
        circuit.recall(Map.of("circuit.pairs", "null"));
        assertThat(pairs.all().get()).isEmpty();
        circuit.recall(kept);
        assertThat(asked()).containsExactly(letters(ONE), letters(TWO));
        circuit.recall(Map.of("circuit.pairs", "[[\"bad\",\"beds\",\"g\",\"f\"]]"));
        assertThat(circuit.status().getValue().shown())
                .isInstanceOfSatisfying(
                        PaneStatus.Empty.class,
                        empty -> assertThat(empty.why()).startsWith("Pair 1 (bad) has 3 clean tokens and 4"));
        assertThat(circuit.circuit().isPending()).isFalse();
    }
}
