package loupe.state.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.lens.LogitMoments;
import loupe.search.FeatureColumn;
import loupe.state.FakeService;
import loupe.state.FeatureTables;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.pane.PaneStatus;
import loupe.state.window.FeatureRef;
import loupe.state.window.VocabularyTexts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureTableModelTest {
    private final Opened opened = new Opened();
    private PlantedCorpus corpus;
    private FeatureTableModel model;

    @BeforeEach
    void begin(@TempDir Path folder) {
        corpus = new PlantedCorpus(opened, folder);
        model = FeatureTables.of(opened, corpus.statistics(), new VocabularyTexts(opened.workbench));
        opened.openA();
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    private void answerNorms(float... decoder) {
        opened.newest(DirectionNorms.class)
                .answer(new DirectionNorms.Answer(new float[Opened.FEATURES], decoder, new float[Opened.FEATURES]));
    }

    /** One promoted token of each of the first features. */
    private static LogitMoments.Answer moments(int... tokens) {
        int[] all = new int[Opened.FEATURES];
        System.arraycopy(tokens, 0, all, 0, tokens.length);
        return Opened.promoted(tokens.length, all);
    }

    @Test
    void everyFeatureHasARowBeforeAnythingIsKnownOfIt() {
        assertThat(model.rows()).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(model.number(FeatureColumn.DECODER_NORM, 2)).isNaN();
        assertThat(model.promoted(2)).isEmpty();
        assertThat(model.filling().get()).isTrue();
    }

    @Test
    void columnsFillInAndRowsOfUnknownValuesStandLastInBothDirections() {
        model.sortedBy().set(FeatureColumn.DECODER_NORM);
        answerNorms(3, 1, 2, Float.NaN, 5, 4);
        assertThat(model.rows()).containsExactly(1, 2, 0, 5, 4, 3);
        model.descending().set(true);
        assertThat(model.rows()).containsExactly(4, 5, 0, 2, 1, 3);
    }

    @Test
    void featuresWhoseTokensAreNotKnownYetStandLastInBothDirections() {
        opened.newest(LogitMoments.class).part(moments('c' - 'a', 'a' - 'a', 'b' - 'a'), 0.5);
        model.sortedBy().set(FeatureColumn.PROMOTED);
        assertThat(model.rows()).containsExactly(1, 2, 0, 3, 4, 5);
        model.descending().set(true);
        assertThat(model.rows()).containsExactly(0, 2, 1, 3, 4, 5);
    }

    @Test
    void aFilterKeepsTheFeaturesThatPassAllOfIt() {
        answerNorms(3, 1, 2, 6, 5, 4);
        opened.newest(LogitMoments.class).answer(moments(0, 1, 2, 0, 1, 0));
        model.filter().set("norm>=3");
        assertThat(model.rows()).containsExactly(0, 3, 4, 5);
        model.filter().set("norm>=3 A");
        assertThat(model.rows()).containsExactly(0, 3, 5);
        model.filter().set("zzz");
        assertThat(model.rows()).isEmpty();
        model.filter().set("");
        assertThat(model.rows()).hasSize(Opened.FEATURES);
    }

    @Test
    void aNewerFilterWinsOverOneThatIsStillWorkedOut() {
        Deque<Runnable> waiting = new ArrayDeque<>();
        answerNorms(3, 1, 2, 6, 5, 4);
        opened.service.compute = waiting::add;
        model.filter().set("norm>=3");
        model.filter().set("norm>=6");
        assertThat(model.arranging().get()).isTrue();
        while (!waiting.isEmpty()) {
            waiting.remove().run();
        }
        assertThat(model.rows()).containsExactly(3);
        assertThat(model.arranging().get()).isFalse();
    }

    @Test
    void whereWordsAreFoundIsNotSaidOfRowsThatWereFoundForOthers() {
        Deque<Runnable> waiting = new ArrayDeque<>();
        opened.newest(LogitMoments.class).answer(moments(0, 1, 2, 0, 1, 0));
        model.filter().set("a");
        assertThat(model.text(FeatureColumn.FOUND, 0)).isEqualTo("promotes: [a]");
        int before = model.version().get();
        opened.service.compute = waiting::add;
        model.filter().set("promotes:a");
        assertThat(model.text(FeatureColumn.FOUND, 0)).isEmpty();
        assertThat(model.found(0)).isEmpty();
        assertThat(model.version().get()).isGreaterThan(before);
        before = model.version().get();
        while (!waiting.isEmpty()) {
            waiting.remove().run();
        }
        assertThat(model.text(FeatureColumn.FOUND, 0)).isEqualTo("promotes: [a]");
        assertThat(model.version().get()).isGreaterThan(before);
    }

    @Test
    void theCorpusFillsInDensityAndActivations() {
        corpus.count();
        assertThat(model.number(FeatureColumn.DENSITY, PlantedCorpus.AT_C)).isEqualTo(corpus.occurrences('c') / 320.0);
        assertThat(model.number(FeatureColumn.MAX, PlantedCorpus.AT_C)).isEqualTo(5);
        assertThat(model.number(FeatureColumn.DENSITY, PlantedCorpus.SILENT)).isZero();
    }

    @Test
    void aStepGoesAlongTheRowsShownAndStopsAtTheirEnds() {
        answerNorms(3, 1, 2, 6, 5, 4);
        model.sortedBy().set(FeatureColumn.DECODER_NORM);
        opened.choose(2);
        model.step(1);
        assertThat(chosen()).isEqualTo(0);
        model.step(10);
        assertThat(chosen()).isEqualTo(3);
        model.step(-10);
        assertThat(chosen()).isEqualTo(1);
        model.filter().set("norm>=4");
        model.step(1);
        assertThat(chosen())
                .as("the first row, as the chosen one is filtered out")
                .isEqualTo(5);
    }

    private int chosen() {
        return opened.workbench.selection().feature().get().feature();
    }

    @Test
    void thereIsNoJumpToAFeatureThatDoesNotExist() {
        opened.choose(2);
        assertThat(model.jumpTo(Opened.FEATURES)).isFalse();
        assertThat(model.jumpTo(-1)).isFalse();
        assertThat(chosen()).isEqualTo(2);
        assertThat(model.jumpTo(5)).isTrue();
        assertThat(opened.workbench.selection().feature().get()).isEqualTo(new FeatureRef(Opened.A, 5));
    }

    @Test
    void matchesAreKnownOnceBIsOpenAndGoWithIt() {
        opened.openB();
        assertThat(model.number(FeatureColumn.MATCH, 0)).isNaN();
        opened.newest(FeatureMatching.class)
                .answer(new FeatureMatching.Answer(
                        new int[] {5, 4, 3, 2, 1, 0},
                        new float[] {0.5f, 0.4f, 0.3f, 0.2f, 0.1f, 0},
                        new int[6],
                        new float[6]));
        assertThat(model.number(FeatureColumn.MATCH, 1)).isEqualTo(0.4f);
        opened.workbench.closeCheckpoint(opened.workbench.b());
        assertThat(model.number(FeatureColumn.MATCH, 1)).isNaN();
    }

    @Test
    void whicheverColumnFailsIsToldAndRetried() {
        answerNorms(3, 1, 2, 6, 5, 4);
        FakeService.Ask<?> promoted = opened.newest(LogitMoments.class);
        promoted.fail(new IllegalStateException("no memory"));
        PaneStatus.Failed failed = (PaneStatus.Failed) model.status().getValue().shown();
        assertThat(failed.problem().message()).contains("no memory");
        failed.retry().orElseThrow().run();
        assertThat(model.status().getValue().shown()).isNotInstanceOf(PaneStatus.Failed.class);
        opened.newest(LogitMoments.class).answer(moments(0, 1, 2, 0, 1, 0));
        assertThat(model.promoted(1)).isEqualTo("b");
    }

    @Test
    void whenTheCheckpointClosesNoRowIsLeft() {
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(model.rows()).isEmpty();
        assertThat(model.size()).isZero();
        assertThat(model.jumpTo(0)).isFalse();
    }
}
