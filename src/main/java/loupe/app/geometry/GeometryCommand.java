package loupe.app.geometry;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
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
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson;
import loupe.app.cli.ResultPrinter;
import loupe.app.cli.TextTable;
import loupe.app.command.ArrayReference;
import loupe.base.Refusal;
import loupe.format.SafetensorsWriter;
import loupe.tensor.HostTensor;
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

    @Option(
            names = "--null",
            paramLabel = "F:NAME",
            converter = ArrayReference.Converter.class,
            description = "Array of directions to compare with, a row each (default: as many random ones as there are "
                    + "vectors, of which at most 2,048 are asked about).")
    private ArrayReference given;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "N",
            description = "Seed of the random directions (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = Long.MIN_VALUE, most = Long.MAX_VALUE)
    private long seed;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Safetensors file to write: largest.K for each k, a value for each vector.")
    private Path out;

    @Override
    public Result run(CommandContext context) {
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        List<Integer> wanted = Arrays.stream(ranks).sorted().distinct().boxed().toList();
        Optional<VectorSet> directions = Optional.ofNullable(given).map(this::directions);
        NeighbourSpace space = vectors.open(context);
        LargestCosines.Answer found = context.ask(new LargestCosines(new VectorSet.Of(space), wanted));
        if (out != null) {
            SafetensorsWriter file = new SafetensorsWriter();
            for (int i = 0; i < wanted.size(); i++) {
                file.add(
                        "largest." + wanted.get(i),
                        new HostTensor(found.largest().get(i), found.rows()));
            }
            file.write(out);
        }
        LargestCosines.Answer random = context.ask(
                directions.isPresent()
                        ? new LargestCosines(directions.get(), wanted)
                        : LargestCosines.sampled(new VectorSet.RandomLike(space, seed), wanted));
        LargestCosines.Answer matched =
                context.ask(LargestCosines.sampled(new VectorSet.MatchedLike(space, seed), wanted));
        return new Result(
                found.count(),
                found.width(),
                CosineSummary.rootMeanSquare(found.width()),
                CosineSummary.expectedLargest(found.count(), found.width()),
                ranks(found),
                new Null(given == null ? "random" : given.toString(), random.rows(), ranks(random)),
                new Null("of the same mean and covariance", matched.rows(), ranks(matched)),
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

    private VectorSet directions(ArrayReference reference) {
        HostTensor array = reference.read("--null");
        if (array.rank() != 2 || array.size(0) < 1 || array.size(1) < 1) {
            throw new Refusal("--null: " + reference + " is " + Arrays.toString(array.shape())
                    + ", expected a matrix with a direction in each row. Choose another array");
        }
        return new VectorSet.Given(array);
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

    /** Without what is only for programs. */
    @Override
    protected ResultPrinter table(Result result) {
        JsonNode tree = ResultJson.tree(result);
        ((ObjectNode) tree).remove("nearest");
        for (String part : List.of("/ranks", "/null/ranks", "/matched_null/ranks")) {
            tree.at(part).forEach(rank -> ((ObjectNode) rank).remove("histogram"));
        }
        return new TextTable(tree);
    }

    /**
     * The result that is printed.
     *
     * @param n vectors
     * @param d their dimension
     * @param rms of the cosine of two random directions
     * @param expectedRandomMax about the largest cosine of a random direction with n others
     * @param random the same of the directions to compare with
     * @param matchedNull the same of random directions with the mean and the covariance of the vectors
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
            @JsonProperty("null") Null random,
            Null matchedNull,
            int[] nearest,
            double mutualShare,
            List<Hub> hubs,
            Optional<NearestCounts.Peak> peak) {}

    /**
     * What the vectors are compared with.
     *
     * @param vectors that were asked about, each against all
     */
    record Null(String of, int vectors, Map<String, Rank> ranks) {}

    /** The k-th largest cosines of all vectors together. */
    record Rank(double mean, double median, double max, double min, Bins histogram) {}

    /** Counts in equal bins, the last one closed at its upper end. */
    record Bins(double[] edges, long[] counts) {}

    /** A vector and how many others have it as nearest. */
    record Hub(int feature, int inDegree) {}
}
