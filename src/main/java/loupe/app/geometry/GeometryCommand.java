package loupe.app.geometry;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.geometry.CosineSummary;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.NearestCounts;
import loupe.analysis.geometry.VectorSet;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code geometry}: how near the nearest vectors of one kind are to one another. */
@Command(
        name = "geometry",
        description = "Find the k-th largest cosine of each vector with any other, and whose nearest neighbour is "
                + "which.")
public final class GeometryCommand extends LoupeCommand<GeometryCommand.Result> {
    private static final int HUBS = 10;
    private static final int MOST_BINS = 100_000;

    @Mixin
    private GeometryOptions vectors;

    @Option(
            names = "--ranks",
            split = ",",
            defaultValue = "1,10,100",
            paramLabel = "K",
            description = "The k, from 1 for the largest (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = LargestCosines.MOST_RANK)
    private int[] ranks;

    @Option(
            names = "--bins",
            defaultValue = "100",
            paramLabel = "B",
            description = "Equal bins of the histograms, from -1 to 1 (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = MOST_BINS)
    private int bins;

    @Override
    public Result run(CommandContext context) {
        NeighbourSpace space = vectors.open(context);
        List<Integer> wanted = Arrays.stream(ranks).sorted().distinct().boxed().toList();
        LargestCosines.Answer found = context.ask(new LargestCosines(new VectorSet.Of(space), wanted));
        return new Result(
                found.count(),
                found.width(),
                CosineSummary.rootMeanSquare(found.width()),
                CosineSummary.expectedLargest(found.count(), found.width()),
                ranks(found),
                found.nearest(),
                NearestCounts.mutualShare(found.nearest()),
                NearestCounts.hubs(NearestCounts.inDegrees(found.nearest(), found.count()), HUBS).stream()
                        .map(hub -> new Hub(hub.vector(), hub.inDegree()))
                        .toList(),
                Optional.of(found.ranks().indexOf(1))
                        .filter(first -> first >= 0)
                        .map(first ->
                                NearestCounts.peak(found.largest().get(first), found.nearest(), found.count(), bins)));
    }

    private Map<String, Rank> ranks(LargestCosines.Answer found) {
        Map<String, Rank> all = new LinkedHashMap<>();
        for (int i = 0; i < found.ranks().size(); i++) {
            CosineSummary summary = CosineSummary.of(found.largest().get(i), bins);
            all.put(
                    Integer.toString(found.ranks().get(i)),
                    new Rank(
                            summary.mean(),
                            summary.median(),
                            summary.max(),
                            summary.min(),
                            new Bins(
                                    summary.histogram().edges(),
                                    summary.histogram().counts())));
        }
        return all;
    }

    /**
     * The result that is printed.
     *
     * @param n vectors
     * @param d their dimension
     * @param rms of the cosine of two random directions
     * @param expectedRandomMax about the largest cosine of a random direction with n others
     * @param nearest of each vector the other with the largest cosine
     * @param mutualShare vectors that are their nearest one's nearest
     * @param hubs the vectors that are nearest to most
     * @param peak the fullest bin for k = 1
     */
    record Result(
            int n,
            int d,
            double rms,
            double expectedRandomMax,
            Map<String, Rank> ranks,
            int[] nearest,
            double mutualShare,
            List<Hub> hubs,
            Optional<NearestCounts.Peak> peak) {}

    /** The k-th largest cosines of all vectors together. */
    record Rank(double mean, double median, double max, double min, Bins histogram) {}

    /** Counts in equal bins, the last one closed at its upper end. */
    record Bins(double[] edges, long[] counts) {}

    /** A vector and how many others have it as nearest. */
    record Hub(int feature, int inDegree) {}
}
