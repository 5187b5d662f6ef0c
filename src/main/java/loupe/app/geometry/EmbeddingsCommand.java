package loupe.app.geometry;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.features.Neighbours;
import loupe.analysis.tokenbias.EmbeddingGeometry;
import loupe.analysis.tokenbias.EmbeddingGeometry.Shell;
import loupe.analysis.tokenbias.RandomNeighbours;
import loupe.analysis.tokenbias.TokenMatrix;
import loupe.analysis.tokenbias.ValueSummary;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import loupe.tensor.HostTensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code embeddings}: where the rows of a model's embedding or unembedding lie. */
@Command(
        name = "embeddings",
        description = "Show where the rows of a model's embedding or unembedding lie: norms, distances from their "
                + "centroid and how many lie in which shell around it, tokens that are likely not used, and how alike "
                + "the tokens nearest to random vectors are.")
public final class EmbeddingsCommand extends LoupeCommand<EmbeddingsCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Option(
            names = "--which",
            paramLabel = "MATRIX",
            defaultValue = "input",
            description = "input (the embedding, as it is stored) or output (the unembedding) "
                    + "(default: ${DEFAULT-VALUE}).")
    private String which;

    @Option(
            names = "--shells",
            paramLabel = "N",
            defaultValue = "20",
            description = "Shells of equal width around the centroid (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = 10_000)
    private int shells;

    @Option(
            names = "--unused-below",
            paramLabel = "Z",
            defaultValue = "-3.5",
            description = "A token counts as likely not used if its distance from the centroid is so many robust "
                    + "standard deviations from the median (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = -1e6, most = 0)
    private double unusedBelow;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "Likely unused tokens listed, nearest to the centroid first (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int top;

    @Option(
            names = "--random",
            paramLabel = "N",
            defaultValue = "0",
            description = "List the neighbours of so many random vectors (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = 100)
    private int columns;

    @Option(
            names = "--draws",
            paramLabel = "N",
            description = "Random vectors whose neighbours make the distribution of the mean pairwise cosine "
                    + "(default: 1000 with --random, else none).")
    @OptionRange(most = 100_000)
    private Integer draws;

    @Option(
            names = "--neighbours",
            paramLabel = "N",
            defaultValue = "10",
            description = "Neighbours of each random vector (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 2, most = 10_000)
    private int neighbours;

    @Option(
            names = "--seed",
            paramLabel = "SEED",
            defaultValue = "0",
            description = "Seed of the first random vector; the next ones follow (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = Integer.MAX_VALUE)
    private long seed;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Safetensors file to write: norm, distance and cosine_distance of every row.")
    private Path out;

    @Override
    public Result run(CommandContext context) {
        TokenMatrix matrix = Arrays.stream(TokenMatrix.values())
                .filter(one -> one.word().equals(which))
                .findFirst()
                .orElseThrow(() -> new UsageException("--which is " + which + ", expected input or output"));
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        OpenModel opened = model.openEmbeddings(context);
        EmbeddingGeometry.Answer answer = context.ask(new EmbeddingGeometry(opened.id(), matrix));
        List<EmbeddingGeometry.Unused> unused = answer.unused(unusedBelow);
        Optional<RandomResult> random = random(context, opened, matrix);
        if (out != null) {
            new SafetensorsWriter()
                    .add("norm", tensor(answer.norms()))
                    .add("distance", tensor(answer.distances()))
                    .add("cosine_distance", tensor(answer.cosineDistances()))
                    .write(out);
        }
        return new Result(
                matrix.word(),
                answer.tokens(),
                answer.norms().length,
                answer.centroidNorm(),
                ValueSummary.of(answer.norms()),
                ValueSummary.of(answer.distances()),
                ValueSummary.of(answer.cosineDistances()),
                answer.shells(shells),
                unused.size(),
                unused.stream()
                        .limit(top)
                        .map(one -> new Unused(ModelOptions.text(opened, one.id()), one))
                        .toList(),
                random);
    }

    private Optional<RandomResult> random(CommandContext context, OpenModel opened, TokenMatrix matrix) {
        int count = draws != null ? draws : columns > 0 ? RandomNeighbours.DRAWS : 0;
        if (count == 0 && columns == 0) {
            return Optional.empty();
        }
        NeighbourSpace space = matrix == TokenMatrix.INPUT
                ? new NeighbourSpace.Tokens(opened.id())
                : new NeighbourSpace.Unembedding(opened.id());
        List<Column> listed = new ArrayList<>();
        for (int i = 0; i < columns; i++) {
            Neighbours.Answer near =
                    context.ask(new Neighbours(new NeighbourQuery.RandomVector(seed + i), space, neighbours));
            List<Near> tokens = new ArrayList<>();
            for (int j = 0; j < near.ids().length; j++) {
                tokens.add(new Near(near.ids()[j], ModelOptions.text(opened, near.ids()[j]), near.cosines()[j]));
            }
            listed.add(new Column(seed + i, near.meanPairwiseCosine(), tokens));
        }
        Optional<ValueSummary> distribution = count == 0
                ? Optional.empty()
                : Optional.of(
                        ValueSummary.of(context.ask(new RandomNeighbours(opened.id(), matrix, neighbours, count, seed))
                                .coherences()));
        return Optional.of(new RandomResult(neighbours, count, seed, distribution, listed));
    }

    private static HostTensor tensor(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) values[i];
        }
        return new HostTensor(narrow, narrow.length);
    }

    /**
     * The result that is printed.
     *
     * @param tokens rows that are tokens; the others of {@code rows} pad the matrix
     * @param norm of the rows
     * @param distance of the rows from their mean
     * @param cosineDistance 1 less the cosine with the mean
     * @param unusedCount of all tokens that are likely not used, of which {@code unused} lists the first
     */
    record Result(
            String which,
            int tokens,
            int rows,
            double centroidNorm,
            ValueSummary norm,
            ValueSummary distance,
            ValueSummary cosineDistance,
            List<Shell> shells,
            int unusedCount,
            List<Unused> unused,
            @LeftOutIfEmpty Optional<RandomResult> random) {}

    /** A token that is likely not used. */
    record Unused(String token, @JsonUnwrapped EmbeddingGeometry.Unused place) {}

    /**
     * Neighbours of random vectors.
     *
     * @param meanPairwiseCosine over the vectors drawn; empty if none were
     */
    record RandomResult(
            int neighbours,
            int draws,
            long seed,
            @LeftOutIfEmpty Optional<ValueSummary> meanPairwiseCosine,
            List<Column> columns) {}

    /** The neighbours of one random vector. */
    record Column(long seed, double meanPairwiseCosine, List<Near> tokens) {}

    /** A token near a random vector. */
    record Near(int id, String token, double cosine) {}
}
