package loupe.ui.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import loupe.state.PlantedCorpus;
import loupe.state.corpus.ActivationsModel;
import loupe.state.corpus.HistogramModel;
import loupe.state.corpus.HistogramView;
import loupe.state.window.SharedRange;
import loupe.ui.PaneUiTest;
import loupe.ui.chart.HistogramChart;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The histogram of a feature that is -4 at a, 1 at b and 2.5 at e. */
class SignedHistogramUiTest extends PaneUiTest {
    private final HistogramView view = new HistogramView();
    private PlantedCorpus corpus;

    @Override
    protected PaneFrame make() {
        corpus = PlantedCorpus.signed(opened, folder);
        view.bins().set(10);
        HistogramModel model = new HistogramModel(
                opened.workbench,
                new ActivationsModel(opened.workbench, opened.workbench.a(), corpus.statistics(), new SharedRange()),
                new SharedRange(),
                view);
        return new HistogramPane(model, () -> "tiny", saver).node();
    }

    @AfterEach
    void close() {
        onFx(corpus.statistics()::close);
    }

    private void open(int feature) {
        onFx(() -> opened.openA());
        onFx(corpus::count);
        onFx(() -> opened.choose(feature));
    }

    private HistogramChart chart() {
        return lookup("#histogram-A").query();
    }

    @Test
    void aSignedFeatureHasBarsBelowZeroAndALineAtIt() {
        open(PlantedCorpus.AT_A_AND_B);
        assertThat(onFx(() -> chart().plot().isDomainZeroBaselineVisible())).isTrue();
        assertThat(onFx(() -> chart().plot().getDomainAxis().getLowerBound())).isLessThanOrEqualTo(-4);
        assertThat(onFx(() -> chart().plot().getDomainAxis().getUpperBound())).isGreaterThanOrEqualTo(2.5);
        assertThat(onFx(() -> chart().csv().text(false)).lines())
                .anyMatch(line -> line.contains(",-4") && line.endsWith("," + corpus.occurrences('a') + ".0"));
    }

    @Test
    void aFeatureWithoutASignHasNoLine() {
        open(PlantedCorpus.AT_C);
        assertThat(onFx(() -> chart().plot().isDomainZeroBaselineVisible())).isFalse();
    }

    @Test
    void logarithmicActivationsAreNotSaidWhereTheAxisIsLinear() {
        open(PlantedCorpus.AT_A_AND_B);
        choose("Logarithmic activations");
        assertThat(onFx(() -> chart().plot().getDomainAxis().getLabel())).isEqualTo("activation");
    }
}
