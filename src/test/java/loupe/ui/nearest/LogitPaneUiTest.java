package loupe.ui.nearest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.lens.Moments;
import loupe.state.nearest.LogitModel;
import loupe.state.window.SharedRange;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;

class LogitPaneUiTest extends PaneUiTest {
    private final List<Integer> chosen = new ArrayList<>();
    private LogitModel model;

    @Override
    protected PaneFrame make() {
        model = new LogitModel(opened.workbench, opened.workbench.a(), new SharedRange());
        return new LogitPane(model, texts, chosen::add, () -> "tiny", saver).node();
    }

    private static LogitWeights.Answer weights() {
        return new LogitWeights.Answer(
                new int[] {3, 1},
                new float[] {0.5f, 0.25f},
                new int[] {2},
                new float[] {-0.75f},
                new float[0],
                new int[0],
                null,
                new Moments(0, 1, 2.5, 3, 4, 0.5));
    }

    private LogitChart chart() {
        return lookup("#logits-A").query();
    }

    @Test
    void withoutAFeatureItSaysWhatToDo() {
        assertThat(emptyText()).startsWith("Open a checkpoint");
        onFx(() -> opened.openA());
        assertThat(emptyText()).isEmpty();
    }

    @Test
    void theWeightsAreDrawnAndAClickOnATokenAsksForIt() {
        onFx(() -> opened.openA());
        answer(LogitWeights.class, weights());
        assertThat(subtitle()).isEqualTo("skew 2.50");
        assertThat(onFx(() -> chart().csv().text(false)))
                .isEqualToIgnoringNewLines("direction,token id,token text,logit weight"
                        + "promoted,3,d,0.5promoted,1,b,0.25suppressed,2,c,-0.75");
        clickOn(onFx(() -> chart().localToScreen(60, 26 + 1.5 * LogitChart.ROW)));
        assertThat(chosen).containsExactly(1);
    }

    @Test
    void withTheCheckpointItsBarsGo() {
        onFx(() -> opened.openA());
        answer(LogitWeights.class, weights());
        onFx(() -> opened.workbench.closeCheckpoint(opened.workbench.a()));
        assertThat(onFx(() -> chart().csv().text(false))).doesNotContain("promoted,");
        assertThat(subtitle()).isEmpty();
    }

    @Test
    void aFailureIsShownWithAButtonThatAsksAgain() {
        onFx(() -> opened.openA());
        fail(LogitWeights.class, "no memory");
        assertThat(problem()).contains("no memory");
        clickOn(".problem-retry");
        answer(LogitWeights.class, weights());
        assertThat(problem()).isEmpty();
        assertThat(subtitle()).isEqualTo("skew 2.50");
    }

    @Test
    void theMenuComparesByDirection() {
        onFx(() -> opened.openA());
        choose("As cosines");
        assertThat(((LogitWeights) opened.newest(LogitWeights.class).query)
                        .projection()
                        .unitColumns())
                .isTrue();
    }
}
