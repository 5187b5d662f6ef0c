package loupe.ui.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import javafx.scene.control.ToggleButton;
import loupe.state.PlantedCorpus;
import loupe.state.corpus.ActivationsModel;
import loupe.state.corpus.HistogramModel;
import loupe.state.corpus.HistogramView;
import loupe.state.window.Brush;
import loupe.state.window.SharedRange;
import loupe.ui.PaneUiTest;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.ValueRange;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HistogramPaneUiTest extends PaneUiTest {
    private final HistogramView view = new HistogramView();
    private PlantedCorpus corpus;
    private HistogramModel model;

    @Override
    protected PaneFrame make() {
        corpus = new PlantedCorpus(opened, folder);
        view.logarithmicCounts().set(false);
        view.bins().set(10);
        model = new HistogramModel(
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

    private void open() {
        onFx(() -> opened.openA());
        onFx(corpus::count);
        onFx(() -> opened.choose(PlantedCorpus.AT_A_AND_B));
    }

    private HistogramChart chart() {
        return lookup("#histogram-A").query();
    }

    private boolean isPressed(String words) {
        return onFx(() -> lookup(node -> node instanceof ToggleButton button && words.equals(button.getText()))
                .<ToggleButton>query()
                .isSelected());
    }

    @Test
    void itSaysWhyItIsEmptyUntilThereIsSomethingToCount() {
        assertThat(emptyText()).startsWith("Open a checkpoint");
        onFx(() -> opened.openA());
        assertThat(emptyText()).startsWith("No corpus is open");
        onFx(corpus::count);
        assertThat(emptyText()).isEmpty();
    }

    @Test
    void theBarsAreTheCountsOfTheBins() {
        open();
        assertThat(onFx(() -> chart().csv().text(false)).lines().toList())
                .hasSize(11)
                .anyMatch(line -> line.endsWith("," + corpus.occurrences('b') + ".0"))
                .anyMatch(line -> line.endsWith("," + corpus.occurrences('a') + ".0"));
    }

    /** The view is remembered from another day, so it may be linear before the pane is made. */
    @Test
    void theButtonsSayWhichScaleOfCountsIsDrawn() {
        open();
        assertThat(isPressed("Linear")).isTrue();
        assertThat(isPressed("Log")).isFalse();
        clickOn("Log");
        assertThat(view.logarithmicCounts().get()).isTrue();
        onFx(() -> view.logarithmicCounts().set(false));
        assertThat(isPressed("Linear")).isTrue();
    }

    @Test
    void theMenuChangesHowBothSidesAreDrawn() {
        open();
        choose("Cumulative counts");
        assertThat(view.cumulative().get()).isTrue();
        choose("Logarithmic activations");
        assertThat(view.logarithmicValues().get()).isTrue();
        choose("200");
        assertThat(view.bins().get()).isEqualTo(200);
        assertThat(onFx(() -> chart().plot().getDomainAxis().getLabel())).isEqualTo("activation, log");
        assertThat(onFx(() -> chart().plot().getRangeAxis().getLabel())).isEqualTo("tokens, summed");
    }

    @Test
    void aRangeMarkedInTheChartIsTheWindowsAndTheOtherWayRound() {
        open();
        onFx(() -> chart().brushProperty().set(new ValueRange(0.4, 1.2)));
        assertThat(opened.workbench.selection().brush().get())
                .isEqualTo(new Brush(HistogramModel.SOURCE, "activation", 0.4, 1.2));
        onFx(() -> opened.workbench.selection().brush(new Brush("elsewhere", "activation", 1, 2)));
        assertThat(chart().brushProperty().get()).isEqualTo(new ValueRange(1, 2));
        onFx(model::unmark);
        assertThat(chart().brushProperty().get()).isNull();
    }

    @Test
    void itsHeadingSaysThatItIsAPartWhileItIs() {
        onFx(() -> opened.openA());
        onFx(() -> opened.choose(PlantedCorpus.AT_A_AND_B));
        boolean[] paused = new boolean[1];
        onFx(() -> model.activations().counted().addListener((property, was, is) -> {
            if (!paused[0]) {
                paused[0] = true;
                corpus.statistics().pause(opened.workbench.a());
            }
        }));
        onFx(corpus::count);
        assertThat(subtitle()).startsWith("so far, of 128 tokens (40 % of the corpus), ");
        assertThat(emptyText()).isEmpty();
        onFx(() -> corpus.statistics().retry(opened.workbench.a()));
        assertThat(subtitle()).doesNotContain("so far");
    }

    @Test
    void itsHeadingSaysWhichTokensAreLeftOut() {
        open();
        assertThat(subtitle()).doesNotContain("without");
        onFx(() -> corpus.statistics().recall(Map.of("corpus.mask-first", "1")));
        onFx(() -> opened.choose(PlantedCorpus.AT_A));
        assertThat(subtitle()).endsWith(", without the first position");
    }
}
