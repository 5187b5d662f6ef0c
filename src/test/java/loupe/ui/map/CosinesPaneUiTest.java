package loupe.ui.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.VectorSet;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import loupe.state.map.CosineView;
import loupe.ui.PaneUiTest;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.ValueRange;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;

class CosinesPaneUiTest extends PaneUiTest {
    private WorkbenchModels models;
    private final List<Integer> chosen = new ArrayList<>();

    @Override
    protected PaneFrame make() {
        models = new WorkbenchModels(opened.workbench, folder);
        return new CosinesPane(
                        models.cosines(), chosen::add, id -> {}, texts, feature -> "f" + feature, () -> "model", saver)
                .node();
    }

    @Test
    void aMarkedPeakSaysWhoseNearestNeighboursItsFeaturesAre() {
        onFx(() -> opened.openA());
        float[] nan = new float[6];
        java.util.Arrays.fill(nan, Float.NaN);
        float[] first = {0.9f, 0.9f, 0.3f, 0.31f, 0.32f, 0.9f};
        int[] nearest = {5, 5, 5, 2, 2, 0};
        LargestCosines.Answer answer =
                new LargestCosines.Answer(6, 8, LargestCosines.USUAL_RANKS, 6, List.of(first, nan, nan), nearest);
        onFx(() -> {
            opened.service.asked.stream()
                    .filter(ask -> ask.query instanceof LargestCosines cosines
                            && !(cosines.of() instanceof VectorSet.MatchedLike)
                            && (cosines.of() instanceof VectorSet.RandomLike
                                    || cosines.of().equals(new VectorSet.Of(new NeighbourSpace.Decoder(Opened.A)))))
                    .toList()
                    .forEach(ask -> ask.answer(answer));
        });
        TableView<?> table = lookup("#cosines-nearest").query();
        assertThat(cells(table, "#")).containsExactly(5, 2, 0);
        assertThat(cells(table, "Text")).containsExactly("f5", "f2", "f0");
        Label figures = lookup("#cosines-figures").query();
        assertThat(figures.getText()).startsWith("Mean 0.605, random 0.605; 6 features in 8 dimensions; 33");
        HistogramChart chart = lookup("#cosines-chart").query();
        assertThat(chart.csv().rows().stream().map(row -> row.get(0).toString()).distinct())
                .containsExactly("A", "random directions");

        onFx(() -> chart.brushProperty().set(new ValueRange(0.8, 1)));
        Label peak = lookup("#cosines-peak").query();
        assertThat(peak.getText()).isEqualTo("2 of 3 features in the marked range have 5 as nearest");
        assertThat(cells(table, "Nearest to")).containsExactly(2, 1);
        clickOn(row(table, 1));
        assertThat(chosen).containsExactly(0);
        onFx(() -> models.cosines().rank().set("10"));
        assertThat(onFx(() -> chart.brushProperty().get())).isNull();
        assertThat(models.cosines().range().get()).isEqualTo((CosineView.Range) null);
    }
}
