package loupe.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import loupe.search.FeatureColumn;
import loupe.state.features.FeatureScatterModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RememberedViewsTest {
    @TempDir
    Path cache;

    @Test
    void histogramAndScatterComeBackAsTheyWere() {
        WorkbenchModels models = new WorkbenchModels(new Opened().workbench, cache);
        models.histogram().bins().set(200);
        models.histogram().logarithmicCounts().set(false);
        models.histogram().logarithmicValues().set(true);
        models.histogram().cumulative().set(true);
        models.scatter().across().set(FeatureColumn.SKEWNESS);
        models.scatter().up().set(FeatureColumn.MIN);
        models.scatter().logAcross().set(false);
        models.scatter().logUp().set(true);
        Map<String, String> settings = new HashMap<>(models.histogram().remembered());
        settings.putAll(models.scatter().remembered());

        WorkbenchModels later = new WorkbenchModels(new Opened().workbench, cache);
        later.histogram().recall(settings);
        later.scatter().recall(settings);
        assertThat(later.histogram().remembered()).isEqualTo(models.histogram().remembered());
        assertThat(later.scatter().remembered()).isEqualTo(models.scatter().remembered());
    }

    @Test
    void probabilitiesBesideTheTokensOfATreeComeBack() {
        WorkbenchModels models = new WorkbenchModels(new Opened().workbench, cache);
        models.b().tree().probabilities().set(true);
        WorkbenchModels later = new WorkbenchModels(new Opened().workbench, cache);
        later.recall(models.remembered());
        assertThat(later.a().tree().probabilities().get()).isFalse();
        assertThat(later.b().tree().probabilities().get()).isTrue();
    }

    @Test
    void whatNeighboursAreOfComesBackAndIsUndone() {
        WorkbenchModels models = new WorkbenchModels(new Opened().workbench, cache);
        models.a().neighbours().showFile(Path.of("nowhere", "own.npy"));
        assertThat(models.undoOrder().undoable()).contains("neighbours of file own.npy");
        WorkbenchModels later = new WorkbenchModels(new Opened().workbench, cache);
        later.recall(models.remembered());
        assertThat(later.a().neighbours().query().get())
                .isEqualTo(models.a().neighbours().query().get());
        assertThat(later.undoOrder().undoable()).isEmpty();
        models.undoOrder().undo();
        assertThat(models.a().neighbours().query().get()).isEmpty();
    }

    @Test
    void whatMakesNoSenseIsLeft() {
        WorkbenchModels models = new WorkbenchModels(new Opened().workbench, cache);
        models.histogram().recall(Map.of("histogram.bins", "-3", "histogram.cumulative", "perhaps"));
        models.scatter().recall(Map.of("scatter.x", "PROMOTED", "scatter.y", "COLOUR"));
        assertThat(models.histogram().bins().get()).isEqualTo(50);
        assertThat(models.histogram().cumulative().get()).isFalse();
        assertThat(models.scatter().across().get()).isEqualTo(FeatureColumn.DENSITY);
        assertThat(models.scatter().up().get()).isEqualTo(FeatureColumn.MAX);
    }

    @Test
    void theAxesAreExchangedWithTheirScales() {
        FeatureScatterModel scatter = new WorkbenchModels(new Opened().workbench, cache).scatter();
        scatter.swap();
        assertThat(scatter.across().get()).isEqualTo(FeatureColumn.MAX);
        assertThat(scatter.up().get()).isEqualTo(FeatureColumn.DENSITY);
        assertThat(scatter.logAcross().get()).isFalse();
        assertThat(scatter.logUp().get()).isTrue();
    }
}
