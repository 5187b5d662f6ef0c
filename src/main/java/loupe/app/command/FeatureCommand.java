package loupe.app.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.analysis.features.Histogram;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson;
import loupe.app.cli.ResultPrinter;
import loupe.app.cli.TextTable;
import loupe.index.ActivationIndex;
import loupe.index.Example;
import loupe.index.Examples;
import loupe.index.FeatureActivations;
import loupe.lm.tokenizer.Tokenizer;
import loupe.lm.tokenizer.TokenizerFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code feature}: one feature's statistics and examples, from an index. */
@Command(name = "feature", description = "Show one feature's statistics and examples from an index.")
public final class FeatureCommand extends LoupeCommand<FeatureCommand.Result> {
    /** A second example this near to the first would show the same text. */
    private static final int TOKENS_APART = 10;

    /** The most bins of a histogram, which is to be a readable summary. */
    private static final int MOST_BINS = 100_000;

    /** The most examples of a kind, each of which is read from the index by itself. */
    private static final int MOST_EXAMPLES = 100_000;

    private static final int INTERVALS = 10;
    private static final int PER_INTERVAL = 5;
    private static final int UNIFORM_BINS = 50;

    @Option(names = "--index", required = true, paramLabel = "DIR", description = "Folder of the index.")
    private Path folder;

    @Option(names = "--feature", required = true, paramLabel = "I", description = "Index of the feature, from 0.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int feature;

    @Mixin
    private IndexedCheckpoint checkpoint;

    @Option(
            names = "--bins",
            paramLabel = "N",
            description = "Bins of the histogram, 1 to 100000 (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = MOST_BINS)
    private int bins = Histogram.DEFAULT_BINS;

    @Option(
            names = "--examples",
            paramLabel = "N",
            defaultValue = "20",
            description = "Examples of each kind (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = MOST_EXAMPLES)
    private int count;

    @Option(
            names = "--buffer",
            paramLabel = "N",
            defaultValue = "10",
            description = "Tokens shown on either side (default: ${DEFAULT-VALUE}).")
    @OptionRange(most = OptionRange.MOST_LISTED)
    private int buffer;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed of the examples drawn at random (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = Long.MIN_VALUE, most = Long.MAX_VALUE)
    private long seed;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Folder of the model, for token texts (default: tokens are shown as <id>).")
    private Path model;

    @Override
    public Result run(CommandContext context) {
        OptionPaths.existing(folder, "--index");
        Optional<Tokenizer> tokenizer = Optional.ofNullable(model)
                .map(path -> OptionPaths.existing(path, "--model"))
                .flatMap(TokenizerFiles::read);
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            index.doubt().ifPresent(context::warn);
            int which = checkpoint.in(index.info());
            return describe(
                    index,
                    index.activations(which, IndexedCheckpoint.require(index.info(), which, feature)),
                    tokenizer);
        } finally {
            tokenizer.ifPresent(Tokenizer::close);
        }
    }

    private Result describe(ActivationIndex index, FeatureActivations activations, Optional<Tokenizer> tokenizer) {
        FeatureActivations.Histogram histogram = activations.histogram(bins);
        List<Row> uniform = new ArrayList<>(examples(
                index,
                activations,
                n -> Examples.uniformAsDrawn(activations, n, UNIFORM_BINS, TOKENS_APART, seed),
                count,
                tokenizer));
        uniform.sort(Comparator.comparingDouble(row -> -Math.abs(row.activation())));
        return new Result(
                activations.density(),
                activations.count(),
                activations.max(),
                activations.min(),
                activations.count() == 0 ? Optional.empty() : Optional.of(activations.mean()),
                histogram,
                examples(index, activations, n -> Examples.top(activations, n, TOKENS_APART), count, tokenizer),
                IntStream.range(0, INTERVALS)
                        .mapToObj(i -> interval(index, activations, i, tokenizer))
                        .toList(),
                uniform,
                examples(
                        index, activations, n -> Examples.random(activations, n, TOKENS_APART, seed), count, tokenizer),
                index.nearMisses(activations, count, TOKENS_APART, buffer, buffer, seed).stream()
                        .map(example -> Row.of(example, tokenizer))
                        .toList());
    }

    private Interval interval(
            ActivationIndex index, FeatureActivations activations, int number, Optional<Tokenizer> tokenizer) {
        return new Interval(
                activations.strongest() * (INTERVALS - 1 - number) / INTERVALS,
                activations.strongest() * (INTERVALS - number) / INTERVALS,
                examples(
                        index,
                        activations,
                        n -> Examples.intervals(activations, INTERVALS, n, TOKENS_APART, seed)
                                .get(number),
                        PER_INTERVAL,
                        tokenizer));
    }

    private List<Row> examples(
            ActivationIndex index,
            FeatureActivations activations,
            IntFunction<int[]> choose,
            int wanted,
            Optional<Tokenizer> tokenizer) {
        return index.distinct(activations, choose, wanted, buffer, buffer).stream()
                .map(example -> Row.of(example, tokenizer))
                .toList();
    }

    /**
     * The result that is printed.
     *
     * @param density fraction of the tokens at which the feature is active
     * @param count of those tokens
     * @param max largest activation at those tokens; negative if all are
     * @param min smallest activation at those tokens; negative for a feature that has a sign
     * @param mean activation at those tokens; empty if there are none
     * @param top examples of the largest activations, by absolute value
     * @param intervals examples of ten equal ranges of absolute activation, highest first
     * @param uniform examples drawn evenly over the range of absolute activations, strongest first
     * @param random examples drawn among all
     * @param nearMisses contexts like the examples at which the feature is not active
     */
    record Result(
            double density,
            long count,
            float max,
            float min,
            Optional<Double> mean,
            FeatureActivations.Histogram histogram,
            List<Row> top,
            List<Interval> intervals,
            List<Row> uniform,
            List<Row> random,
            List<Row> nearMisses) {}

    /** Examples of absolute activations from low to high. */
    record Interval(float low, float high, List<Row> examples) {}

    /**
     * An example: a stretch of a document.
     *
     * @param activation at the token it is shown for
     * @param tokens texts of the ids
     * @param values activation at each of them
     * @param focus index of the token it is shown for
     * @param document number of the document
     * @param position that the model gave that token, in its document or, where documents run on, in its context
     */
    record Row(
            float activation, List<String> tokens, int[] ids, float[] values, int focus, int document, int position) {
        static Row of(Example example, Optional<Tokenizer> tokenizer) {
            return new Row(
                    example.activation(),
                    Arrays.stream(example.ids())
                            .mapToObj(
                                    id -> tokenizer.map(known -> known.text(id)).orElse("<" + id + ">"))
                            .toList(),
                    example.ids(),
                    example.values(),
                    example.focus(),
                    example.document(),
                    example.position());
        }

        /** The example as text, with the token it is shown for in brackets. */
        Text text() {
            return new Text(
                    activation,
                    document,
                    IntStream.range(0, tokens.size())
                            .mapToObj(i -> i == focus ? "[" + tokens.get(i) + "]" : tokens.get(i))
                            .collect(Collectors.joining()));
        }
    }

    /** An example as text. */
    record Text(float activation, int document, String text) {}

    @Override
    protected ResultPrinter table(Result result) {
        ObjectNode shown = ResultJson.tree(result).deepCopy();
        shown.remove("intervals");
        shown.set("top", texts(result.top()));
        shown.set("uniform", texts(result.uniform()));
        shown.set("random", texts(result.random()));
        shown.set("near_misses", texts(result.nearMisses()));
        return new TextTable(shown);
    }

    private static JsonNode texts(List<Row> examples) {
        return ResultJson.tree(examples.stream().map(Row::text).toList());
    }
}
