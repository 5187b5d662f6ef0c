package loupe.app.chart;

import java.io.IOException;
import java.util.List;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.VectorSet;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.geometry.GeometryOptions;
import loupe.state.map.CosineView;
import loupe.ui.chart.HistogramChart;
import loupe.ui.map.CosinesPane;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chart cosines}: as the pane "Cosines" shows it. */
@Command(name = "cosines", description = "The k-th largest cosine of each vector with any other, as a histogram.")
final class CosinesChart extends LoupeCommand<ChartCommand.Result> {
    @Mixin
    private GeometryOptions vectors;

    @Option(
            names = "--rank",
            defaultValue = "1",
            paramLabel = "K",
            description = "Which of the largest cosines: 1 for that of the nearest (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = LargestCosines.MOST_RANK)
    private int rank;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "N",
            description = "Seed of the random directions (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = Long.MIN_VALUE, most = Long.MAX_VALUE)
    private long seed;

    @Mixin
    private PictureOptions.Sized picture;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        NeighbourSpace space = vectors.open(context);
        List<Integer> ranks = List.of(rank);
        LargestCosines.Answer found = context.ask(new LargestCosines(new VectorSet.Of(space), ranks));
        CosineView view = CosineView.of(
                found,
                context.ask(LargestCosines.sampled(new VectorSet.RandomLike(space, seed), ranks)),
                context.ask(LargestCosines.sampled(new VectorSet.MatchedLike(space, seed), ranks)));
        return picture.write(
                context,
                () -> {
                    HistogramChart chart = CosinesPane.chart();
                    CosinesPane.draw(chart, view, found.count(), found.width());
                    return chart;
                },
                vectors.provenance() + ", k = " + rank);
    }
}
