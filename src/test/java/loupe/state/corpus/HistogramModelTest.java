package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import loupe.inference.SaeId;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.window.Brush;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.SharedRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistogramModelTest {
    private final Opened opened = new Opened();
    private final SharedRange values = new SharedRange();
    private final SharedRange highest = new SharedRange();
    private final HistogramView view = new HistogramView();
    private PlantedCorpus corpus;
    private HistogramModel model;

    @BeforeEach
    void begin(@TempDir Path folder) {
        corpus = new PlantedCorpus(opened, folder);
        model = of(opened.workbench.a());
        view.bins().set(10);
        opened.openA();
        corpus.count();
        opened.choose(PlantedCorpus.AT_A_AND_B);
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    private HistogramModel of(CheckpointSide side) {
        return new HistogramModel(
                opened.workbench,
                new ActivationsModel(opened.workbench, side, corpus.statistics(), values),
                highest,
                view);
    }

    private long[] counts() {
        return model.histogram().getValue().counts();
    }

    @Test
    void everyActivationIsInOneBinBetweenZeroAndTheLargest() {
        assertThat(model.histogram().getValue().edges())
                .startsWith(0)
                .endsWith(2)
                .hasSize(11);
        assertThat(counts()[5]).as("activation 1 of 2").isEqualTo(corpus.occurrences('b'));
        assertThat(counts()[9]).as("the largest").isEqualTo(corpus.occurrences('a'));
        assertThat(highest.upper().get()).isEqualTo(Math.max(corpus.occurrences('a'), corpus.occurrences('b')));
    }

    @Test
    void aCumulativeBinCountsAllBinsUpToItsOwn() {
        view.cumulative().set(true);
        assertThat(counts()[4]).isZero();
        assertThat(counts()[5]).isEqualTo(corpus.occurrences('b'));
        assertThat(counts()[9]).isEqualTo(corpus.occurrences('a') + corpus.occurrences('b'));
    }

    @Test
    void logarithmicBinsBeginAtTheSmallestActivation() {
        view.logarithmicValues().set(true);
        double[] edges = model.histogram().getValue().edges();
        assertThat(edges).startsWith(1).endsWith(2);
        assertThat(edges[5]).isCloseTo(Math.sqrt(2), org.assertj.core.api.Assertions.within(1e-12));
        assertThat(counts()[0]).isEqualTo(corpus.occurrences('b'));
        assertThat(counts()[9]).isEqualTo(corpus.occurrences('a'));
    }

    @Test
    void theOtherSidesLargerActivationMovesThisSidesBins() {
        HistogramModel other = of(opened.workbench.b());
        opened.openB();
        opened.workbench.b().show(new FeatureRef(Opened.B, PlantedCorpus.AT_C));
        assertThat(model.histogram().getValue().edges()).endsWith(5);
        assertThat(counts()[4]).as("activation 2 of 5").isEqualTo(corpus.occurrences('a'));
        assertThat(other.histogram().getValue().edges())
                .isEqualTo(model.histogram().getValue().edges());
        opened.workbench.closeCheckpoint(opened.workbench.b());
        assertThat(model.histogram().getValue().edges()).endsWith(2);
    }

    /** The other checkpoint here does not say where it reads, so it has no histogram and needs no height. */
    @Test
    void aSideWithoutAHistogramNeedsNoHeight() {
        HistogramModel other = of(opened.workbench.b());
        opened.openB();
        opened.workbench.b().show(new FeatureRef(Opened.B, PlantedCorpus.EVERYWHERE));
        opened.choose(PlantedCorpus.AT_C);
        double both = highest.upper().get();
        opened.open(
                opened.workbench.b(),
                new SaeId("c", "3"),
                SaeConfig.of("saelens", 8, Opened.FEATURES, new Activation.Relu(), false));
        assertThat(other.histogram().getValue()).isNull();
        assertThat(highest.upper().get()).isEqualTo(corpus.occurrences('c')).isLessThanOrEqualTo(both);
    }

    @Test
    void aMarkedRangeIsTheSameWhicheverEndItWasDrawnFrom() {
        model.mark(1.5, 0.5);
        assertThat(model.brush().get()).isEqualTo(new Brush(HistogramModel.SOURCE, "activation", 0.5, 1.5));
        model.unmark();
        assertThat(model.brush().get()).isNull();
        model.mark(0.5, 1.5);
        opened.choose(PlantedCorpus.AT_A);
        assertThat(model.brush().get()).as("another feature").isNull();
    }

    @Test
    void howItIsDrawnIsRememberedAndWhatMakesNoSenseIsLeft() {
        view.cumulative().set(true);
        view.logarithmicCounts().set(false);
        HistogramView recalled = new HistogramView();
        recalled.recall(view.remembered());
        assertThat(recalled.remembered()).isEqualTo(view.remembered());
        recalled.recall(Map.of("histogram.bins", "11", "histogram.cumulative", "perhaps"));
        assertThat(recalled.remembered()).isEqualTo(view.remembered());
    }
}
