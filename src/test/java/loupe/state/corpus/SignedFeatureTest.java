package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import loupe.index.Example;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.window.Brush;
import loupe.state.window.FeatureRef;
import loupe.state.window.SharedRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What panes are told of a feature that is -4 at a, 1 at b and 2.5 at e. */
class SignedFeatureTest {
    private final Opened opened = new Opened();
    private final SharedRange values = new SharedRange();
    private final HistogramView view = new HistogramView();
    private PlantedCorpus corpus;
    private ActivationsModel activations;
    private HistogramModel histogram;

    @BeforeEach
    void begin(@TempDir Path folder) {
        corpus = PlantedCorpus.signed(opened, folder);
        activations = new ActivationsModel(opened.workbench, opened.workbench.a(), corpus.statistics(), values);
        histogram = new HistogramModel(opened.workbench, activations, new SharedRange(), view);
        view.bins().set(13);
        opened.openA();
        corpus.count();
        opened.choose(PlantedCorpus.AT_A_AND_B);
    }

    @AfterEach
    void close() {
        corpus.statistics().close();
    }

    @Test
    void theHistogramHasANegativeSideAndAnEdgeAtZero() {
        double[] edges = histogram.histogram().getValue().edges();
        assertThat(edges).startsWith(-4).endsWith(2.5).contains(0).hasSize(14);
        long[] counts = histogram.histogram().getValue().counts();
        assertThat(counts[0]).as("-4 to -3.5").isEqualTo(corpus.occurrences('a'));
        assertThat(counts[10]).as("1 to 1.5").isEqualTo(corpus.occurrences('b'));
        assertThat(counts[12]).as("2 to 2.5").isEqualTo(corpus.occurrences('e'));
        assertThat(Arrays.stream(counts).sum())
                .isEqualTo(corpus.occurrences('a') + corpus.occurrences('b') + corpus.occurrences('e'));
    }

    /** Whatever the number of bins, no bar counts both signs and none is left out. */
    @Test
    void everyNumberOfBinsHasAnEdgeAtZeroAndHoldsAllActivations() {
        for (int bins : HistogramView.BINS) {
            view.bins().set(bins);
            double[] edges = histogram.histogram().getValue().edges();
            assertThat(edges).contains(0).hasSizeBetween(bins + 1, bins + 3);
            assertThat(Arrays.stream(histogram.histogram().getValue().counts()).sum())
                    .isEqualTo(activations.activations().getValue().count());
        }
    }

    @Test
    void logarithmicActivationsStayLinearBecauseNegativeOnesHaveNoLogarithm() {
        double[] linear = histogram.histogram().getValue().edges();
        view.logarithmicValues().set(true);
        assertThat(histogram.histogram().getValue().edges()).isEqualTo(linear);
    }

    @Test
    void theRangeOfBothSidesReachesToTheSmallestOfBoth() {
        assertThat(values.lower().get()).isEqualTo(-4);
        assertThat(values.upper().get()).isEqualTo(2.5);
        assertThat(values.furthest()).isEqualTo(4);
        ActivationsModel other =
                new ActivationsModel(opened.workbench, opened.workbench.b(), corpus.statistics(), values);
        opened.openB();
        opened.workbench.b().show(new FeatureRef(Opened.B, PlantedCorpus.AT_C));
        assertThat(other.activations().getValue().max()).isEqualTo(5);
        assertThat(values.lower().get()).isEqualTo(-4);
        assertThat(values.furthest()).isEqualTo(5);
    }

    @Test
    void examplesAreTheStrongestByAbsoluteValueAndARangeMayBeNegative() {
        ExamplesModel examples = new ExamplesModel(opened.workbench, activations);
        Example first = examples.examples().getValue().get(0).examples().get(0);
        assertThat(first.activation()).isEqualTo(-4);
        examples.choice().set(ExamplesModel.Choice.INTERVALS);
        assertThat(examples.examples().getValue().get(0).title()).isEqualTo("Absolute 3.50 to 4.00: 69 tokens, 36.9 %");
        opened.workbench.selection().brush(new Brush(HistogramModel.SOURCE, "activation", -4.5, -3));
        assertThat(examples.examples().getValue().get(0).examples())
                .isNotEmpty()
                .allMatch(example -> example.activation() == -4);
    }

    @Test
    void theStatisticsCountBothSigns() {
        var counted = corpus.statistics().features(opened.workbench.a()).get();
        int feature = PlantedCorpus.AT_A_AND_B;
        assertThat(counted.count()[feature])
                .isEqualTo(corpus.occurrences('a') + corpus.occurrences('b') + corpus.occurrences('e'));
        assertThat(counted.min()[feature]).isEqualTo(-4);
        assertThat(counted.max()[feature]).isEqualTo(2.5f);
        assertThat(counted.strongest(feature)).isEqualTo(4);
        assertThat(counted.sum()[feature])
                .isEqualTo(-4.0 * corpus.occurrences('a') + corpus.occurrences('b') + 2.5 * corpus.occurrences('e'));
    }
}
