package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.features.Neighbours;
import loupe.analysis.features.VectorExpression;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.sae.SaeConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code neighbours}: the vectors of a model or checkpoint nearest to another one. */
@Command(
        name = "neighbours",
        description = "List the exact nearest neighbours of a vector by cosine, the vector itself left out.")
public final class NeighboursCommand extends LoupeCommand<NeighboursCommand.Result> {
    @Mixin
    private ModelOptions.IfGiven model;

    @Option(names = "--sae", paramLabel = "PATH", description = "Checkpoint whose directions or biases are meant.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--query",
            required = true,
            paramLabel = "WHAT",
            description = "Vector: random:SEED, token:ID, text:T, feature:I, bias:ID, F:NAME (an array of a "
                    + "safetensors file), F.npy, or a sum such as \"feature:17 - 0.5 * token:42\".")
    private String query;

    @Option(
            names = "--in",
            paramLabel = "WHERE",
            description = "Vectors searched: tokens, unembedding, encoder, decoder or biases (default: of the "
                    + "kind of the query).")
    private String in;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "Neighbours listed (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = OptionRange.MOST_LISTED)
    private int top;

    private Optional<OpenModel> openModel = Optional.empty();
    private Optional<OpenSae> openSae = Optional.empty();

    @Override
    public Result run(CommandContext context) {
        if (!model.isGiven() && sae == null) {
            throw new UsageException("give --model DIR or --sae PATH");
        }
        if (sae != null) {
            openSae = Optional.of(reading.open(context, sae, "--sae"));
        }
        openModel = model.openEmbeddings(context);
        String space = in != null ? in : defaultSpace();
        NeighbourSpace among = space(space);
        NeighbourQuery of = query(width(among), space);
        requireComparable(of, space, width(among));
        Neighbours.Answer found = context.ask(new Neighbours(of, among, top));
        boolean features = space.equals("encoder") || space.equals("decoder");
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < found.ids().length; i++) {
            int id = found.ids()[i];
            double cosine = found.cosines()[i];
            rows.add(
                    features
                            ? new NearFeature(id, id, cosine)
                            : new NearToken(
                                    id,
                                    openModel
                                            .map(opened -> ModelOptions.text(opened, id))
                                            .orElse("<" + id + ">"),
                                    cosine));
        }
        if (rows.isEmpty()) {
            context.warn("There is nothing else to be near among " + space);
        }
        return new Result(
                new Asked(
                        query,
                        space,
                        top,
                        openModel.map(opened -> opened.id().name()),
                        openSae.map(opened -> opened.id().name())),
                rows,
                found.meanPairwiseCosine());
    }

    /**
     * The result that is printed.
     *
     * @param neighbours nearest first
     * @param meanPairwiseCosine of the neighbours with each other
     */
    record Result(Asked query, List<Row> neighbours, double meanPairwiseCosine) {}

    /**
     * The query as it was given.
     *
     * @param in the vectors that were searched
     */
    record Asked(String query, String in, int top, Optional<String> model, Optional<String> sae) {}

    /** A neighbour. */
    sealed interface Row {}

    /** A neighbour among embeddings, unembeddings or biases. */
    record NearToken(int id, String token, double cosine) implements Row {}

    /** A neighbour among directions of features. */
    record NearFeature(int id, int feature, double cosine) implements Row {}

    private NeighbourQuery query(int width, String space) {
        VectorExpression words = new VectorExpression(
                openModel.map(OpenModel::id),
                openModel.map(opened -> opened.config().vocabularySize()).orElse(0),
                openSae.map(OpenSae::id),
                openSae.map(opened -> opened.config().dSae()).orElse(0),
                text -> Arrays.stream(model.encodeContinuation(openModel.orElseThrow(), text, "--query"))
                        .boxed()
                        .toList());
        try {
            if (query.startsWith("text:")) {
                return words.text(query.substring("text:".length()));
            }
            Optional<NeighbourQuery> read = words.read(query);
            if (read.isPresent()) {
                return read.get();
            }
        } catch (Refusal e) {
            throw new UsageException("--query: " + e.getMessage());
        }
        if (query.matches("(?s)(token|feature|bias|random):.*")) {
            throw new UsageException(
                    "--query: " + query.substring(query.indexOf(':') + 1) + " is not a whole number from 0");
        }
        return new NeighbourQuery.Vector(reference().direction("--query", width, "--in " + space));
    }

    private ArrayReference reference() {
        try {
            return new ArrayReference.Converter().convert(query);
        } catch (picocli.CommandLine.TypeConversionException e) {
            throw new UsageException("--query is " + query
                    + ", expected token:ID, text:T, feature:I, bias:ID, random:SEED, FILE:NAME or FILE.npy");
        }
    }

    private String defaultSpace() {
        return query.startsWith("feature:") || query.startsWith("#")
                ? "decoder"
                : query.startsWith("bias:") ? "biases" : "tokens";
    }

    private int width(NeighbourSpace space) {
        if (space instanceof NeighbourSpace.Tokens || space instanceof NeighbourSpace.Unembedding) {
            return openModel.orElseThrow().config().dModel();
        }
        SaeConfig config = openSae.orElseThrow().config();
        return space instanceof NeighbourSpace.Encoder ? config.dIn() : config.dOut();
    }

    private void requireComparable(NeighbourQuery of, String space, int width) {
        int own = width;
        if (of instanceof NeighbourQuery.Feature) {
            own = space.equals("encoder")
                    ? openSae.orElseThrow().config().dIn()
                    : openSae.orElseThrow().config().dOut();
        } else if (of instanceof NeighbourQuery.Bias) {
            own = openSae.orElseThrow().config().dOut();
        } else if (of instanceof NeighbourQuery.Token || of instanceof NeighbourQuery.Text) {
            own = openModel.orElseThrow().config().dModel();
        }
        if (own != width) {
            throw new Refusal("--query " + query + " is a vector of " + own + " numbers, but --in " + space
                    + " has vectors of " + width + ". Choose a model and a checkpoint that belong together");
        }
    }

    private NeighbourSpace space(String name) {
        return switch (name) {
            case "tokens" -> new NeighbourSpace.Tokens(modelId());
            case "unembedding" -> new NeighbourSpace.Unembedding(modelId());
            case "encoder" -> new NeighbourSpace.Encoder(saeId());
            case "decoder" -> new NeighbourSpace.Decoder(saeId());
            case "biases" -> new NeighbourSpace.Biases(saeId());
            default ->
                throw new UsageException(
                        "--in is " + name + ", expected tokens, unembedding, encoder, decoder or biases");
        };
    }

    private ModelId modelId() {
        return openModel
                .orElseThrow(() -> new UsageException("--model DIR is needed for this query"))
                .id();
    }

    private SaeId saeId() {
        return openSae.orElseThrow(() -> new UsageException("--sae PATH is needed for this query"))
                .id();
    }
}
