package loupe.ui.features;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleButton;
import javafx.scene.layout.BorderPane;
import loupe.search.FeatureColumn;
import loupe.state.corpus.CountedShare;
import loupe.state.features.DensityBins;
import loupe.state.features.FeatureTableModel;
import loupe.state.window.Side;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.HistogramSeries;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/**
 * The distribution of activation densities, above the feature table; a marked range becomes part of the table's filter.
 */
public final class DensityOverview extends BorderPane {
    private static final double HEIGHT = 140;

    private final FeatureTableModel model;
    private final TextField filter;
    private final HistogramChart chart = chart();
    private final ToggleButton toggle = new ToggleButton(null, new FontIcon(Feather.BAR_CHART_2));
    private boolean following;

    /**
     * @param filter the field of the table's filter
     * @param provenance of what was counted of all features
     */
    DensityOverview(FeatureTableModel model, TextField filter, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        this.filter = filter;
        layOut();
        new ExportMenu(chart, provenance, desk).attachTo(chart);
        bind();
    }

    /** The button that shows and hides it. */
    ToggleButton toggle() {
        return toggle;
    }

    private void layOut() {
        chart.setId("density-chart");
        chart.setMinHeight(0);
        chart.setPrefHeight(HEIGHT);
        setCenter(chart);
        setMinHeight(USE_PREF_SIZE);
        setVisible(false);
        toggle.setId("density-toggle");
        toggle.getStyleClass().addAll("icon-button", "flat");
        toggle.setTooltip(
                Tooltips.of("How many features have which activation density; drag over a range to list its features"));
        toggle.setAccessibleText("Histogram of activation densities");
    }

    private void bind() {
        visibleProperty().bind(toggle.selectedProperty());
        managedProperty().bind(visibleProperty());
        visibleProperty().addListener(changed -> show());
        model.version().addListener(changed -> show());
        chart.brushProperty().addListener((property, was, is) -> {
            if (!following) {
                String others = DensityBins.withoutBounds(filter.getText());
                write(is == null ? others : (others + " " + DensityBins.filter(is.from(), is.to())).strip());
            }
        });
        filter.textProperty().addListener((property, was, is) -> {
            if (!following
                    && chart.brushProperty().get() != null
                    && DensityBins.withoutBounds(is).equals(is.strip())) {
                following = true;
                chart.brushProperty().set(null);
                following = false;
            }
        });
    }

    private void write(String text) {
        following = true;
        filter.setText(text);
        following = false;
    }

    private void show() {
        if (isVisible() && model.size() > 0) {
            draw(
                    chart,
                    IntStream.range(0, model.size())
                            .mapToDouble(feature -> model.number(FeatureColumn.DENSITY, feature))
                            .toArray(),
                    model.counted(FeatureColumn.DENSITY));
        }
    }

    /** An empty chart of densities. */
    public static HistogramChart chart() {
        return new HistogramChart("densities", ChartAxis.of("density").withLogarithm(true), "features");
    }

    /**
     * Draws how many features have which density.
     *
     * @param densities one a feature; NaN where it is not known
     * @param counted how much of the corpus they refer to
     */
    public static void draw(HistogramChart chart, double[] densities, CountedShare counted) {
        DensityBins bins = DensityBins.of(densities);
        chart.setSeries(
                List.of(new HistogramSeries(
                        Side.A,
                        Side.A.toString(),
                        bins.edges(),
                        Arrays.stream(bins.counts()).asDoubleStream().toArray())),
                1,
                ChartAxis.of("density" + counted.soFar()).withLogarithm(true),
                false);
    }
}
