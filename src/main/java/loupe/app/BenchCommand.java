package loupe.app;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import loupe.app.bench.Bench;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code bench}: how fast this machine computes, in relation to what it could do at best. */
@Command(name = "bench", description = "Measure speeds on models made for it, beside the machine's own peak.")
final class BenchCommand extends LoupeCommand {
    @Parameters(arity = "0..*", paramLabel = "NAME", description = "What to measure; everything if left out.")
    private List<String> names = List.of();

    @Override
    Map<String, Object> run(CommandContext context) throws IOException {
        for (String name : names) {
            if (!Bench.names().contains(name)) {
                throw Refusal.usage("There is no benchmark " + name + "; there are " + String.join(", ", Bench.names()));
            }
        }
        try (Bench bench = new Bench(context.service(), line -> context.progress().say(line))) {
            return bench.run(names);
        }
    }
}
