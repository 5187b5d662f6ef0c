package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.base.NumberRange;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench}: how fast this machine computes, relative to its peak. */
@Command(name = "bench", description = "Measure speeds on synthetic models, beside the peak of the machine.")
public final class BenchCommand extends LoupeCommand<Bench.Result> {
    /** A pass over a day, on a machine that computes ten thousand tokens a second. */
    private static final int MOST_TOKENS = 1_000_000_000;

    @Parameters(
            arity = "0..*",
            paramLabel = "NAME",
            description =
                    "Benchmark: forward, tree, tokens, encode, load, memory, neighbours, geometry, matching, unigram, "
                            + "index, search, effects, dream, start, ui or text (default: all).")
    private List<String> names = List.of();

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "" + IndexRun.TOKENS,
            description = "index: tokens of the pass (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1024, most = MOST_TOKENS)
    private int tokens;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description =
                    "index: seconds after which the pass is paused; the same --folder resumes it (default: no limit).")
    @OptionRange(least = NumberRange.ABOVE_ZERO, most = NumberRange.LARGEST)
    private Double seconds;

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description =
                    "index, start, ui, text: folder that keeps what is measured: the index, or a made checkpoint with "
                            + "its counts (default: none).")
    private Path folder;

    @Option(
            names = "--features",
            paramLabel = "N",
            description =
                    "start, ui, text: open a made checkpoint of so many features, 10,000 of them labelled, instead of "
                            + "the sample's.")
    @OptionRange(least = 1, most = ManyFeatures.MOST)
    private Integer features;

    @Option(
            names = "--corpus",
            paramLabel = "PATH",
            description =
                    "start, ui, text: text, or index of the made checkpoint, that is opened with it (default: the "
                            + "beginning of the sample's).")
    private Path corpus;

    @Option(
            names = "--synthetic",
            description = "index: measure queries of a synthetic index of 1,000,000 tokens and 24,576 features, "
                    + "40 active at each token.")
    private boolean synthetic;

    @Override
    public Bench.Result run(CommandContext context) throws IOException {
        WindowRun opened = new WindowRun(
                features == null ? OptionalInt.empty() : OptionalInt.of(features),
                Optional.ofNullable(folder),
                Optional.ofNullable(corpus));
        List<Benchmark> window =
                List.of(new StartBenchmark(opened), new UiBenchmark(opened), new TextBenchmark(opened));
        List<String> known = Stream.concat(
                        Bench.names().stream(), window.stream().map(Benchmark::name))
                .toList();
        for (String name : names) {
            if (!known.contains(name)) {
                throw new UsageException("There is no benchmark " + name + "; there are " + String.join(", ", known));
            }
        }
        if (corpus != null) {
            OptionPaths.existing(corpus, "--corpus");
            if (features == null) {
                throw new UsageException("--corpus is opened with a made checkpoint; give --features N too");
            }
        }
        if (folder != null) {
            OptionPaths.folder(folder, "--folder");
        }
        IndexRun index = new IndexRun(
                tokens, seconds == null ? Double.POSITIVE_INFINITY : seconds, Optional.ofNullable(folder), synthetic);
        try (Bench bench = new Bench(
                context.service(), window, line -> context.progress().printLine(line), context.cancellation(), index)) {
            return bench.run(names);
        }
    }
}
