package loupe.app;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.app.bench.Bench;
import loupe.app.bench.Benchmark;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code bench}: how fast this machine computes, in relation to what it could do at best. */
@Command(name = "bench", description = "Measure speeds on models made for it, beside the machine's own peak.")
final class BenchCommand extends LoupeCommand {
    @Parameters(arity = "0..*", paramLabel = "NAME", description = "What to measure; everything if left out.")
    private List<String> names = List.of();

    @Override
    Map<String, Object> run(CommandContext context) throws IOException {
        List<Benchmark> window = List.of(new StartBenchmark(), new UiBenchmark());
        List<String> known = Stream.concat(Bench.names().stream(), window.stream().map(Benchmark::name)).toList();
        for (String name : names) {
            if (!known.contains(name)) {
                throw Refusal.usage("There is no benchmark " + name + "; there are " + String.join(", ", known));
            }
        }
        try (Bench bench = new Bench(context.service(), window, line -> context.progress().say(line), context.cancellation())) {
            return bench.run(names);
        }
    }
}
