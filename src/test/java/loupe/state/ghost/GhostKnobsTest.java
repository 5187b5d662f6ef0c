package loupe.state.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javafx.beans.property.Property;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.ghost.TreeSteering;
import loupe.analysis.ghost.Verbaliser;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenMetric;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.Opened;
import loupe.state.window.UndoOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Nothing is asked here of one knob alone: a new one of the list is tested as it is. */
class GhostKnobsTest {
    private static final TokenGeometry.Answer GEOMETRY = TokenGeometry.Answer.of(
            new double[] {1, 0}, new double[] {1, 1}, new double[] {1, 1}, new double[] {0.8, 0.88});

    /** Another value than the first, for knobs that have neither a slider nor two values. */
    private static final Map<Knob<?, ?>, Object> OTHERS = Map.ofEntries(
            Map.entry(GhostKnobs.SCALE, 1.25),
            Map.entry(GhostKnobs.TRIED_MIXES, List.of(0.0, 0.5)),
            Map.entry(GhostKnobs.PCA, List.of(0.25, 0.0, -0.5)),
            Map.entry(GhostKnobs.METRIC, TokenMetric.CSLS),
            Map.entry(GhostKnobs.PROMPT, "a {ghost} is"),
            Map.entry(GhostKnobs.BEGINNING, Tokenizer.Beginning.NO),
            Map.entry(GhostKnobs.PROMPT_IDS, Optional.of(GhostPrompt.ofIds("2, 651 {ghost}3 {ghost}"))),
            Map.entry(
                    GhostKnobs.VERBALISER,
                    Optional.of(new ChosenVerbaliser("of; mine.json", new Verbaliser("say; {ghost}", 150)))),
            Map.entry(GhostKnobs.MASK_ID, Optional.of(7)),
            Map.entry(GhostKnobs.FILTER, TokenFilter.NONE.withLength(2, 9)),
            Map.entry(GhostKnobs.STEERING, new SteeringValues(TreeSteering.Kind.CLAMP, -1.5, 1, false)));

    private final GhostControlsModel controls = opened();

    static List<Knob<?, ?>> knobs() {
        return GhostKnobs.ALL;
    }

    @ParameterizedTest
    @MethodSource("knobs")
    <T, P extends Property<T>> void everyKnobIsUndoneAndDoneAgain(Knob<T, P> knob) {
        T before = controls.values().get().of(knob);
        GhostHistory history = new GhostHistory(controls, () -> 0, new UndoOrder());
        change(controls, knob);
        T after = controls.values().get().of(knob);
        assertThat(after).isNotEqualTo(before);

        history.undo();
        assertThat(controls.values().get().of(knob)).isEqualTo(before);
        history.redo();
        assertThat(controls.values().get().of(knob)).isEqualTo(after);
    }

    @ParameterizedTest
    @MethodSource("knobs")
    <T, P extends Property<T>> void everyKnobIsReset(Knob<T, P> knob) {
        GhostValues first = controls.values().get();
        change(controls, knob);
        assertThat(controls.values().get()).isNotEqualTo(first);

        controls.reset();
        assertThat(controls.values().get()).isEqualTo(first);
    }

    @ParameterizedTest
    @MethodSource("knobs")
    <T, P extends Property<T>> void everyKnobComesBackWithASession(Knob<T, P> knob) {
        change(controls, knob);
        Opened later = new Opened();
        GhostControlsModel again = new GhostControlsModel(later.workbench);
        again.recall(controls.remembered());
        later.newest(TokenGeometry.class).answer(GEOMETRY);

        assertThat(again.values().get()).isEqualTo(controls.values().get());
    }

    @ParameterizedTest
    @MethodSource("knobs")
    <T, P extends Property<T>> void nonsenseInASessionLeavesAKnobAsItIs(Knob<T, P> knob) {
        Map<String, String> edited = new HashMap<>(controls.remembered());
        boolean anyTextMakesSense = knob == GhostKnobs.PROMPT || knob == GhostKnobs.CENTROID;
        edited.put(knob.key(), anyTextMakesSense ? edited.get(knob.key()) : "no such value");
        GhostValues before = controls.values().get();
        controls.recall(edited);

        assertThat(controls.values().get()).isEqualTo(before);
    }

    @Test
    void aSessionSpellsKnobsAsItAlwaysDid() {
        assertThat(controls.remembered())
                .containsKeys(
                        "ghost.encoderMix",
                        "ghost.scale",
                        "ghost.centroid",
                        "ghost.pca",
                        "ghost.metric",
                        "ghost.exponent",
                        "ghost.prompt",
                        "ghost.beginning",
                        "ghost.cutoff",
                        "ghost.topK",
                        "ghost.depth",
                        "ghost.foldUnder",
                        "ghost.filter",
                        "ghost.steering")
                .containsEntry("ghost.pca", "0.0")
                .containsEntry("ghost.topK", "5")
                .containsEntry("ghost.cutoff", "5.0E-5")
                .containsEntry("ghost.foldUnder", "-3.0")
                .containsEntry("ghost.metric", "RATIO");
    }

    @Test
    void theOneWeightOfEarlierSessionsIsStillRead() {
        controls.recall(Map.of("ghost.pc1", "0.25"));
        assertThat(controls.values().get().pca()).containsExactly(0.25);
    }

    @Test
    void theListOfWeightsAndTheirSlidersFollowEachOther() {
        controls.components().set(3);
        controls.pca(2).set(0.5);
        assertThat(controls.values().get().pca()).containsExactly(0.0, 0.0, 0.5);
        controls.property(GhostKnobs.PCA).set(List.of(0.1, 0.2));
        assertThat(controls.components().get()).isEqualTo(2);
        assertThat(controls.pca(1).get()).isEqualTo(0.2);
        assertThat(controls.pca(2).get()).isZero();
        controls.pca(1).set(0.3);
        assertThat(controls.values().get().pca()).containsExactly(0.1, 0.3);
    }

    @Test
    void namesAndSpellingsOfKnobsAreTheirOwn() {
        assertThat(GhostKnobs.ALL.stream().map(Knob::name).toList()).doesNotHaveDuplicates();
        assertThat(Set.copyOf(GhostKnobs.ALL.stream().map(Knob::key).toList())).hasSameSizeAs(GhostKnobs.ALL);
    }

    private static GhostControlsModel opened() {
        Opened opened = new Opened();
        GhostControlsModel controls = new GhostControlsModel(opened.workbench);
        opened.newest(TokenGeometry.class).answer(GEOMETRY);
        return controls;
    }

    /** Gives a knob another value: that of the table, a few steps of its slider further, or the other of two. */
    @SuppressWarnings("unchecked") // the table has values of its knobs
    private static <T, P extends Property<T>> void change(GhostControlsModel controls, Knob<T, P> knob) {
        if (OTHERS.containsKey(knob)) {
            controls.property(knob).setValue((T) OTHERS.get(knob));
        } else if (knob.slider().isPresent()) {
            KnobSlider slider = knob.slider().get();
            double now = controls.number(knob).getValue().doubleValue();
            double steps = slider.logarithmic() ? now * 9 : 4 * slider.fine();
            controls.number(knob).setValue(now + steps <= slider.max() ? now + steps : now - steps);
        } else {
            controls.property(knob).setValue((T)
                    Boolean.valueOf(!(Boolean) controls.values().get().of(knob)));
        }
    }
}
