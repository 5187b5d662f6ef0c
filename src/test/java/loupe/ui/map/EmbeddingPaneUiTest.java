package loupe.ui.map;

import static org.assertj.core.api.Assertions.assertThat;

import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import loupe.analysis.tokenbias.EmbeddingGeometry;
import loupe.analysis.tokenbias.RandomNeighbours;
import loupe.state.AnsweringDevice;
import loupe.state.map.EmbeddingModel;
import loupe.ui.PaneUiTest;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.ValueRange;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmbeddingPaneUiTest extends PaneUiTest {
    private final AnsweringDevice device = new AnsweringDevice(opened);
    private EmbeddingModel embedding;

    @Override
    protected PaneFrame make() {
        embedding = new EmbeddingModel(opened.workbench);
        return new EmbeddingPane(embedding, texts, saver).node();
    }

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void aMarkedShellListsItsTokens() {
        onFx(() -> {
            device.answer(EmbeddingGeometry.class);
            device.answer(RandomNeighbours.class);
        });
        EmbeddingGeometry.Answer answer = embedding.geometry().getValue();
        HistogramChart chart = lookup("#embedding-chart").query();
        TableView<?> table = lookup("#embedding-tokens").query();
        double middle =
                loupe.analysis.tokenbias.ValueSummary.of(answer.distances()).median();
        onFx(() -> chart.brushProperty().set(new ValueRange(0, middle)));
        long inside = java.util.Arrays.stream(answer.distances())
                .filter(distance -> distance <= middle)
                .count();
        assertThat(cells(table, "Id")).hasSize((int) inside).isNotEmpty();
        assertThat(cells(table, "Distance"))
                .isSortedAccordingTo((a, b) -> Double.compare(((Number) a).doubleValue(), ((Number) b).doubleValue()));
        onFx(() -> embedding.measure().set(EmbeddingModel.Measure.NORM));
        assertThat(onFx(() -> chart.brushProperty().get())).isNull();
        Label random = lookup("#embedding-random").query();
        assertThat(random.getText())
                .startsWith("The 10 tokens nearest to a random vector")
                .contains("1,000 draws");
    }
}
