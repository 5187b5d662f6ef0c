package loupe.state.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.TreeSteering;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenMetric;
import loupe.analysis.tokens.TokenScript;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.nearest.TokenListModel;
import loupe.state.tree.TreeComparison;
import loupe.state.tree.TreeModel;
import loupe.state.window.FeatureRef;
import loupe.state.window.UndoOrder;
import loupe.state.window.VocabularyTexts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GhostControlsModelTest {
    private static final TokenGeometry.Answer GEOMETRY = TokenGeometry.Answer.of(
            new double[] {1, 0}, new double[] {1, 1}, new double[] {1, 1}, new double[] {0.8, 0.88});

    private final Opened opened = new Opened();
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);

    @Test
    void theScaleStartsAtTheMeanDistanceOfATokenFromTheCentroid() {
        opened.newest(TokenGeometry.class).answer(GEOMETRY);
        assertThat(controls.range().get().natural()).isCloseTo(0.84, org.assertj.core.data.Offset.offset(1e-12));
        assertThat(controls.values().get().scale()).isEqualTo(GEOMETRY.meanDistance());
    }

    @Test
    void aRememberedScaleWinsOverTheNaturalOne() {
        controls.recall(Map.of("ghost.scale", "2.5", "ghost.metric", "COSINE", "ghost.topK", "not a number"));
        opened.newest(TokenGeometry.class).answer(GEOMETRY);
        assertThat(controls.values().get().scale()).isEqualTo(2.5);
        assertThat(controls.values().get().metric()).isEqualTo(TokenMetric.COSINE);
        assertThat(controls.values().get().topK()).isEqualTo(5);
    }

    @Test
    void aScaleOfNoModelIsNotKeptAndOneThatWaitsForItsModelIs() {
        assertThat(controls.remembered()).doesNotContainKey("ghost.scale").containsKey("ghost.topK");
        controls.recall(Map.of("ghost.scale", "2.5"));
        assertThat(controls.remembered()).containsEntry("ghost.scale", "2.5");
        opened.newest(TokenGeometry.class).answer(GEOMETRY);
        controls.scale().set(1.5);
        assertThat(controls.remembered()).containsEntry("ghost.scale", "1.5");
    }

    @Test
    void theTokenFilterAndTheSteeringAreKept() {
        TokenFilter filter = TokenFilter.NONE
                .withScripts(Set.of(TokenScript.LATIN, TokenScript.GREEK))
                .withSpace(TokenFilter.Space.LEADING)
                .withLettersOnly(true)
                .withLength(2, 9)
                .withTrained(0.5)
                .withText("a;b|c", true);
        SteeringValues steering = new SteeringValues(TreeSteering.Kind.CLAMP, -1.5, 1, false);
        controls.filter().set(filter);
        controls.steering().set(steering);
        Map<String, String> kept = controls.remembered();
        controls.filter().set(TokenFilter.NONE);
        controls.steering().set(SteeringValues.NONE);
        controls.recall(kept);
        assertThat(controls.values().get().filter()).isEqualTo(filter);
        assertThat(controls.values().get().steering()).isEqualTo(steering);
        controls.recall(Map.of("ghost.filter", "LATIN;LEADING", "ghost.steering", "ADD;NaN;0;true"));
        assertThat(controls.values().get().filter())
                .as("nonsense changes nothing")
                .isEqualTo(filter);
        assertThat(controls.values().get().steering()).isEqualTo(steering);
    }

    @ParameterizedTest
    @ValueSource(strings = {"NaN", "Infinity", "1e39"})
    void aSessionCannotBringAScaleOrASteeringThatNoModelCanComputeWith(String number) {
        GhostValues before = controls.values().get();
        controls.recall(Map.of("ghost.scale", number, "ghost.steering", "ADD;" + number + ";0;true"));
        assertThat(controls.values().get()).isEqualTo(before);
    }

    @Test
    void positionsWithinOneStepAreOneQuestion() {
        List<GhostValues> seen = new ArrayList<>();
        controls.values().addListener((property, was, is) -> seen.add(is));
        controls.encoderMix().set(0.500_01);
        controls.encoderMix().set(0.500_02);
        controls.encoderMix().set(0.499_99);
        assertThat(seen).hasSize(1);
        assertThat(seen.get(0).encoderMix()).isEqualTo(0.5);
    }

    @Test
    void aScaleBeyondTheSliderMakesTheSliderLongerAndCanBeTakenBack() {
        GhostHistory history = new GhostHistory(controls, () -> 0, new UndoOrder());
        double before = controls.scale().get();
        double end = controls.range().get().max();

        controls.reach(3 * end);
        assertThat(controls.values().get().scale()).isCloseTo(3 * end, org.assertj.core.data.Offset.offset(1e-9));
        assertThat(controls.range().get().max()).isGreaterThanOrEqualTo(3 * end);

        history.undo();
        assertThat(controls.values().get().scale()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({"3.8, 0.05, 19", "0.84, 0.01, 4.2", "80000, 1000, 400000", "0.0021, 0.00002, 0.0105"})
    void theSliderHasRoundStepsWhateverTheModelsUnits(double natural, double step, double max) {
        GhostControlsModel.ScaleRange range = GhostControlsModel.ScaleRange.around(natural);
        assertThat(range.step()).isEqualTo(step);
        assertThat(range.max()).isCloseTo(max, org.assertj.core.data.Offset.offset(step));
    }

    @Test
    void oneUndoTakesAWholeGestureBack() {
        AtomicLong clock = new AtomicLong();
        GhostHistory history = new GhostHistory(controls, clock::get, new UndoOrder());
        clock.addAndGet(5_000_000_000L);
        for (int i = 0; i < 10; i++) {
            clock.addAndGet(16_000_000L);
            controls.pca(0).set(0.01 * (i + 1));
        }
        clock.addAndGet(5_000_000_000L);
        controls.topK().set(9);
        history.undo();
        assertThat(controls.values().get().topK()).isEqualTo(5);
        assertThat(controls.values().get().pca()).containsExactly(0.1);
        history.undo();
        assertThat(controls.values().get().pca()).containsExactly(0.0);
        history.redo();
        assertThat(controls.values().get().pca()).containsExactly(0.1);
    }

    @Test
    void theDeviceIsAskedOnceForColumnsHoweverFarTheSlidersMove() {
        new TokenListModel(opened.workbench, opened.workbench.a(), controls);
        opened.openA();
        for (int i = 1; i <= 20; i++) {
            controls.nudgeScale(1);
            controls.pca(0).set(0.01 * i);
        }
        assertThat(opened.count(TokenColumns.class)).isEqualTo(1);
        controls.metric().set(TokenMetric.CSLS);
        assertThat(opened.count(TokenColumns.class)).isEqualTo(2);
    }

    @Test
    void aTreeIsComparedWithABaselineOnceSomebodyChoosesOne() {
        controls.prompt().set("a {ghost} is");
        TreeModel tree = new TreeModel(opened.workbench, opened.workbench.a(), controls);
        opened.openA();
        assertThat(((DefinitionTree) opened.newest(DefinitionTree.class).query).baseline())
                .isEqualTo(TreeBaseline.NONE);
        tree.baseline().set(TreeBaseline.random(4));
        opened.choose(2);
        assertThat(((DefinitionTree) opened.newest(DefinitionTree.class).query).baseline())
                .isEqualTo(TreeBaseline.random(4));
    }

    @Test
    void aSteeredTreeAddsTheFeatureBehindWhereItIsReadAndCanBeLaidOverTheCleanOne() {
        controls.prompt().set("a {ghost} is");
        TreeModel tree = new TreeModel(opened.workbench, opened.workbench.a(), controls);
        TreeComparison comparison = new TreeComparison(opened.workbench, tree, new VocabularyTexts(opened.workbench));
        opened.openA();
        GhostHistory history = new GhostHistory(controls, () -> 0, new UndoOrder());
        controls.steering().set(SteeringValues.NONE.withCoefficient(3));
        opened.choose(2);
        DefinitionTree steered = (DefinitionTree) opened.newest(DefinitionTree.class).query;
        assertThat(steered.steering()).contains(new TreeSteering(Opened.A, 2, 1, TreeSteering.Kind.ADD, 3));
        assertThat(steered.ghost()).isEqualTo(controls.values().get().ghostOf(new FeatureRef(Opened.A, 2)));
        comparison.followClean();
        DefinitionTree clean = (DefinitionTree) opened.newest(DefinitionTree.class).query;
        assertThat(clean.steering()).isEmpty();
        assertThat(clean.ghost()).isEqualTo(steered.ghost());
        controls.steering()
                .set(SteeringValues.NONE.withCoefficient(3).withLayer(0).withGhost(false));
        comparison.stop();
        assertThat(tree.cleanWanted().get()).isFalse();
        opened.choose(3);
        DefinitionTree alone = (DefinitionTree) opened.newest(DefinitionTree.class).query;
        assertThat(alone.ghost().scale()).isZero();
        assertThat(alone.ghost().centroid()).isTrue();
        assertThat(alone.steering()).contains(new TreeSteering(Opened.A, 3, 0, TreeSteering.Kind.ADD, 3));
        history.undo();
        assertThat(controls.steering().get()).isEqualTo(SteeringValues.NONE);
    }

    @Test
    void anotherFeatureAsksForAnotherTreeAndStopsTheOldOne() {
        controls.prompt().set("a {ghost} is");
        new TreeModel(opened.workbench, opened.workbench.a(), controls);
        opened.openA();
        FakeService.Ask<?> first = opened.newest(DefinitionTree.class);
        opened.choose(2);
        assertThat(first.cancelled).isTrue();
        assertThat(((DefinitionTree) opened.newest(DefinitionTree.class).query)
                        .ghost()
                        .source()
                        .toString())
                .contains("index=2");
    }

    @Test
    void aPromptLongerThanTheModelSeesIsAProblemOfTheTree() {
        TreeModel tree = new TreeModel(opened.workbench, opened.workbench.a(), controls);
        opened.openA();
        controls.prompt().set("abc {ghost} " + "x".repeat(40));
        assertThat(tree.promptProblem().get().message()).contains("sees only 16");
        controls.prompt().set("abc {ghost} x");
        assertThat(tree.promptProblem().get()).isNull();
    }
}
