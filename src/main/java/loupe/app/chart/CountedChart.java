package loupe.app.chart;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import loupe.analysis.features.Histogram;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.command.IndexedCheckpoint;
import loupe.base.HookPoint;
import loupe.index.ActivationIndex;
import loupe.index.FeatureActivations;
import loupe.index.FeatureStatistics;
import loupe.index.IndexInfo;
import loupe.state.corpus.ActivationBins;
import loupe.state.corpus.CountedShare;
import loupe.state.window.Provenance;
import loupe.state.window.Side;
import loupe.ui.chart.HistogramChart;
import loupe.ui.corpus.HistogramPane;
import loupe.ui.features.DensityOverview;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A chart of what an index has counted. */
abstract class CountedChart extends LoupeCommand<ChartCommand.Result> {
    /** More would not be seen in a picture. */
    private static final int MOST_BINS = 5_000;

    @Option(names = "--index", required = true, paramLabel = "DIR", description = "Folder of the index.")
    private Path folder;

    @Mixin
    private IndexedCheckpoint checkpoint;

    @Mixin
    private PictureOptions.Sized picture;

    @Override
    public final ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        OptionPaths.existing(folder, "--index");
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            index.doubt().ifPresent(context::warn);
            return draw(context, index, checkpoint.in(index.info()));
        }
    }

    abstract ChartCommand.Result draw(CommandContext context, ActivationIndex index, int which) throws IOException;

    final PictureOptions picture() {
        return picture;
    }

    /** Model, checkpoint and place, as the index knows them. */
    static String of(IndexInfo info, int which) {
        IndexInfo.IndexedSae sae = info.saes().get(which);
        return Provenance.of(info.model().name(), sae.sae().name(), HookPoint.parse(sae.hook()));
    }

    /** {@code chart histogram}: as the pane "Activations" shows it. */
    @Command(name = "histogram", description = "The histogram of a feature's activations, from an index.")
    static final class Activations extends CountedChart {
        @Option(names = "--feature", required = true, paramLabel = "I", description = "Index of the feature, from 0.")
        @OptionRange(most = OptionRange.LARGEST_INDEX)
        private int feature;

        @Option(names = "--bins", paramLabel = "N", description = "Bins (default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 1, most = MOST_BINS)
        private int bins = Histogram.DEFAULT_BINS;

        @Option(names = "--linear", description = "Counts on a linear axis (default: a logarithmic one).")
        private boolean linear;

        @Option(
                names = "--log-activations",
                description = "Activations on a logarithmic axis, in bins of equal ratios.")
        private boolean logarithmicValues;

        @Option(names = "--cumulative", description = "Bars that count everything up to their upper edge.")
        private boolean cumulative;

        @Override
        ChartCommand.Result draw(CommandContext context, ActivationIndex index, int which) throws IOException {
            IndexInfo info = index.info();
            FeatureActivations activations = index.activations(which, IndexedCheckpoint.require(info, which, feature));
            FeatureActivations.Histogram histogram = ActivationBins.of(activations, bins, logarithmicValues, cumulative)
                    .answer(context.cancellation());
            return picture()
                    .write(
                            context,
                            () -> {
                                HistogramChart chart = HistogramPane.chart();
                                chart.logarithmicProperty().set(!linear);
                                HistogramPane.draw(chart, Side.A, histogram, 1, cumulative);
                                return chart;
                            },
                            Provenance.feature(of(info, which), feature, "") + ", " + Provenance.corpus(info));
        }
    }

    /** {@code chart density}: as the feature table shows it. */
    @Command(name = "density", description = "How many features have which activation density, from an index.")
    static final class Density extends CountedChart {
        @Override
        ChartCommand.Result draw(CommandContext context, ActivationIndex index, int which) throws IOException {
            FeatureStatistics counted = index.statistics(which);
            double[] densities = IntStream.range(0, counted.features())
                    .mapToDouble(counted::density)
                    .toArray();
            return picture()
                    .write(
                            context,
                            () -> {
                                HistogramChart chart = DensityOverview.chart();
                                DensityOverview.draw(chart, densities, CountedShare.WHOLE);
                                return chart;
                            },
                            of(index.info(), which) + ", " + Provenance.corpus(index.info()));
        }
    }
}
