package loupe.state.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import loupe.analysis.features.DirectionNorms;
import loupe.search.FeatureColumn;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.window.CheckpointSide;
import loupe.state.window.VocabularyTexts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureScatterModelTest {
    private final Opened opened = new Opened();
    private PlantedCorpus corpus;
    private FeatureScatterModel model;

    @BeforeEach
    void begin(@TempDir Path folder) {
        corpus = new PlantedCorpus(opened, folder);
        VocabularyTexts texts = new VocabularyTexts(opened.workbench);
        model = new FeatureScatterModel(
                opened.workbench, columns(opened.workbench.a(), texts), columns(opened.workbench.b(), texts));
    }

    private FeatureColumns columns(CheckpointSide side, VocabularyTexts texts) {
        return new FeatureColumns(opened.workbench, side, corpus.statistics(), texts);
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    @Test
    void pointsHaveTheTwoNumbersOfEveryFeatureOnceTheyAreKnown() {
        assertThat(model.points().getValue()).isNull();
        opened.openA();
        assertThat(model.points().getValue().count()).isZero();
        corpus.count();
        assertThat(model.points().getValue().count()).isEqualTo(Opened.FEATURES);
        assertThat(model.points().getValue().aAcross()[PlantedCorpus.AT_C])
                .as("density")
                .isEqualTo(corpus.occurrences('c') / 320.0);
        assertThat(model.points().getValue().aUp()[PlantedCorpus.AT_C])
                .as("max")
                .isEqualTo(5);
        assertThat(model.points().getValue().bUp()).isEmpty();
    }

    @Test
    void bothCheckpointsAreThereWhileBIsOpen() {
        corpus.count();
        opened.openA();
        opened.openB();
        assertThat(model.points().getValue().count()).isEqualTo(2 * Opened.FEATURES);
        opened.workbench.closeCheckpoint(opened.workbench.b());
        assertThat(model.points().getValue().count()).isEqualTo(Opened.FEATURES);
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(model.points().getValue()).isNull();
    }

    @Test
    void swappedAxesKeepTheirNumbersAndTheirLogarithms() {
        opened.openA();
        corpus.count();
        double[] density = model.points().getValue().aAcross();
        model.swap();
        assertThat(model.points().getValue().aUp()).isEqualTo(density);
        assertThat(model.points().getValue().up()).isEqualTo(FeatureColumn.DENSITY);
        assertThat(model.points().getValue().across()).isEqualTo(FeatureColumn.MAX);
        assertThat(model.logUp().get()).isTrue();
        assertThat(model.logAcross().get()).isFalse();
    }

    @Test
    void theNewestChoiceOfAxesWins() {
        opened.openA();
        opened.newest(DirectionNorms.class)
                .answer(new DirectionNorms.Answer(
                        new float[Opened.FEATURES], new float[] {3, 1, 2, 6, 5, 4}, new float[Opened.FEATURES]));
        Deque<Runnable> waiting = new ArrayDeque<>();
        opened.service.compute = waiting::add;
        model.up().set(FeatureColumn.MEAN);
        model.up().set(FeatureColumn.DECODER_NORM);
        while (!waiting.isEmpty()) {
            waiting.remove().run();
        }
        assertThat(model.points().getValue().up()).isEqualTo(FeatureColumn.DECODER_NORM);
        assertThat(model.points().getValue().aUp()).containsExactly(3, 1, 2, 6, 5, 4);
    }

    @Test
    void theAxesAreRememberedAndWhatMakesNoSenseIsLeft() {
        model.across().set(FeatureColumn.KURTOSIS);
        model.logUp().set(true);
        Map<String, String> remembered = model.remembered();
        model.across().set(FeatureColumn.MEAN);
        model.logUp().set(false);
        model.recall(remembered);
        assertThat(model.remembered()).isEqualTo(remembered);
        model.recall(Map.of("scatter.x", "PROMOTED", "scatter.y", "WEIGHT", "scatter.log-x", "maybe"));
        assertThat(model.remembered()).as("a text is no axis").isEqualTo(remembered);
    }
}
