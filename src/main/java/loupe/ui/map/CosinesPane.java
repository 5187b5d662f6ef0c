package loupe.ui.map;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import loupe.analysis.features.Histogram;
import loupe.analysis.geometry.CosineSummary;
import loupe.analysis.geometry.LargestCosines;
import loupe.state.map.CosinesModel;
import loupe.state.window.Side;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.HistogramSeries;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;

/** How near the nearest directions of all features are, as a histogram. */
public final class CosinesPane implements Pane {
    private static final int BINS = 100;

    private final PaneFrame frame = new PaneFrame("Cosines");
    private final HistogramChart chart = chart();
    private final ExportMenu export;

    public CosinesPane(CosinesModel model, Supplier<String> provenance, FileSaver desk) {
        export = new ExportMenu(chart, provenance, desk);
        chart.setId("cosines-chart");
        frame.setContent(chart);
        frame.getMenuItems().addAll(export.items());
        export.attachTo(chart);
        frame.statusProperty().bind(model.status());
        Answers.show(model.features(), answer -> draw(chart, answer, 0), () -> {});
        Answers.whileShown(frame, model::setWanted);
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public Optional<ExportMenu> picture() {
        return Optional.of(export);
    }

    /** An empty chart of cosines. */
    public static HistogramChart chart() {
        return new HistogramChart("cosines", ChartAxis.of("largest cosine with another"), "features");
    }

    /**
     * Draws the features' cosines.
     *
     * @param rank which of the ranks that were asked for, by its place
     */
    public static void draw(HistogramChart chart, LargestCosines.Answer answer, int rank) {
        Histogram histogram = CosineSummary.histogram(answer.largest().get(rank), BINS);
        chart.setSeries(List.of(new HistogramSeries(
                Side.A,
                "features",
                histogram.edges(),
                Arrays.stream(histogram.counts()).asDoubleStream().toArray())));
    }
}
