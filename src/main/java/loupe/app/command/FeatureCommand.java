package loupe.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.ResultPrinter;
import loupe.app.cli.TextTable;
import loupe.app.cli.UsageException;
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
public final class FeatureCommand extends LoupeCommand {
    /** A second example this near to the first would show the same text. */
    private static final int TOKENS_APART = 10;

    private static final int INTERVALS = 10;
    private static final int PER_INTERVAL = 5;
    private static final int UNIFORM_BINS = 50;

    @Option(names = "--index", required = true, paramLabel = "DIR", description = "The index's folder.")
    private Path folder;

    @Option(names = "--feature", required = true, paramLabel = "I", description = "The feature.")
    private int feature;

    @Mixin
    private IndexedCheckpoint checkpoint;

    @Option(
            names = "--bins",
            paramLabel = "N",
            defaultValue = "50",
            description = "Bins of the histogram (default: ${DEFAULT-VALUE}).")
    private int bins;

    @Option(
            names = "--examples",
            paramLabel = "N",
            defaultValue = "20",
            description = "Examples of each kind (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--buffer",
            paramLabel = "N",
            defaultValue = "10",
            description = "Tokens shown on either side (default: ${DEFAULT-VALUE}).")
    private int buffer;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Of the examples drawn at random (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "The model's folder, for token texts; without it tokens are <id>.")
    private Path model;

    @Override
    public Map<String, Object> run(CommandContext context) {
        if (bins < 1 || count < 0 || buffer < 0) {
            throw new UsageException("--bins must be at least 1, --examples and --buffer at least 0");
        }
        OptionPaths.existing(folder, "--index");
        Optional<Tokenizer> tokenizer = Optional.ofNullable(model)
                .map(path -> OptionPaths.existing(path, "--model"))
                .flatMap(TokenizerFiles::read);
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            int which = checkpoint.in(index.info());
            return describe(
                    index,
                    index.activations(which, IndexedCheckpoint.require(index.info(), which, feature)),
                    tokenizer);
        } finally {
            tokenizer.ifPresent(Tokenizer::close);
        }
    }

    private Map<String, Object> describe(
            ActivationIndex index, FeatureActivations activations, Optional<Tokenizer> tokenizer) {
        FeatureActivations.Histogram histogram = activations.histogram(bins);
        double sum = 0;
        for (float value : activations.values()) {
            sum += Math.max(0, value);
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("density", activations.density());
        result.put("count", activations.count());
        result.put("max", activations.max());
        result.put("mean", activations.count() == 0 ? null : sum / activations.count());
        Map<String, Object> bars = new LinkedHashMap<>();
        bars.put("edges", histogram.edges());
        bars.put("counts", histogram.counts());
        result.put("histogram", bars);
        result.put(
                "top", examples(index, activations, n -> Examples.top(activations, n, TOKENS_APART), count, tokenizer));
        result.put(
                "intervals",
                IntStream.range(0, INTERVALS)
                        .mapToObj(i -> {
                            Map<String, Object> interval = new LinkedHashMap<>();
                            interval.put("low", activations.max() * (INTERVALS - 1 - i) / INTERVALS);
                            interval.put("high", activations.max() * (INTERVALS - i) / INTERVALS);
                            interval.put(
                                    "examples",
                                    examples(
                                            index,
                                            activations,
                                            n -> Examples.intervals(activations, INTERVALS, n, TOKENS_APART, seed)
                                                    .get(i),
                                            PER_INTERVAL,
                                            tokenizer));
                            return interval;
                        })
                        .toList());
        List<Map<String, Object>> uniform = new ArrayList<>(examples(
                index,
                activations,
                n -> Examples.uniformAsDrawn(activations, n, UNIFORM_BINS, TOKENS_APART, seed),
                count,
                tokenizer));
        uniform.sort(Comparator.comparingDouble(row -> -(Float) row.get("activation")));
        result.put("uniform", uniform);
        result.put(
                "random",
                examples(
                        index,
                        activations,
                        n -> Examples.random(activations, n, TOKENS_APART, seed),
                        count,
                        tokenizer));
        result.put(
                "near_misses",
                index.nearMisses(activations, count, TOKENS_APART, buffer, buffer, seed).stream()
                        .map(example -> row(example, tokenizer))
                        .toList());
        return result;
    }

    private List<Map<String, Object>> examples(
            ActivationIndex index,
            FeatureActivations activations,
            IntFunction<int[]> choose,
            int wanted,
            Optional<Tokenizer> tokenizer) {
        return index.distinct(activations, choose, wanted, buffer, buffer).stream()
                .map(example -> row(example, tokenizer))
                .toList();
    }

    private static Map<String, Object> row(Example example, Optional<Tokenizer> tokenizer) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("activation", example.activation());
        row.put(
                "tokens",
                Arrays.stream(example.ids())
                        .mapToObj(id -> tokenizer.map(known -> known.text(id)).orElse("<" + id + ">"))
                        .toList());
        row.put("ids", example.ids());
        row.put("values", example.values());
        row.put("focus", example.focus());
        row.put("document", example.document());
        row.put("position", example.position());
        return row;
    }

    /** People read examples as text, with the activating token in brackets. */
    @Override
    protected ResultPrinter table(Map<String, Object> result) {
        Map<String, Object> shown = new LinkedHashMap<>(result);
        shown.replace("top", texts((List<?>) result.get("top")));
        List.of("uniform", "random", "near_misses")
                .forEach(kind -> shown.replace(kind, texts((List<?>) result.get(kind))));
        shown.remove("intervals");
        return new TextTable(shown);
    }

    private static List<Map<String, Object>> texts(List<?> examples) {
        return examples.stream()
                .map(example -> {
                    Map<?, ?> from = (Map<?, ?>) example;
                    List<?> tokens = (List<?>) from.get("tokens");
                    int focus = (Integer) from.get("focus");
                    String text = IntStream.range(0, tokens.size())
                            .mapToObj(i -> i == focus
                                    ? "[" + tokens.get(i) + "]"
                                    : tokens.get(i).toString())
                            .collect(Collectors.joining());
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("activation", from.get("activation"));
                    row.put("document", from.get("document"));
                    row.put("text", text);
                    return row;
                })
                .toList();
    }
}
