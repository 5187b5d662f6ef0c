package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.app.window.Toolkit;
import loupe.app.window.UserFolders;
import loupe.base.NativeLibraries;

/**
 * Starts the workbench on the sample in a process of its own, with nothing remembered, until table, tree and token list
 * are there. The first run also passes over the corpus in the background; the others find that done.
 */
final class StartBenchmark implements Benchmark {
    private static final int RUNS = 5;

    @Override
    public String name() {
        return "start";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        Optional<Path> sample =
                UserFolders.ofUser().sample().filter(folder -> Files.isDirectory(folder.resolve("glossary")));
        if (sample.isEmpty()) {
            figures.put("not_run", "there is no sample to open");
            return figures;
        }
        Path home = Files.createDirectories(bench.temporary().resolve("start"));
        figures.put("first, s", seconds(home));
        double[] seconds = new double[RUNS];
        for (int i = 0; i < RUNS; i++) {
            bench.report("start: " + (i + 1) + " of " + RUNS);
            seconds[i] = seconds(home);
        }
        figures.put("process begun, window usable", Timing.of(seconds));
        return figures;
    }

    /** Seconds from the beginning of a process until its window is usable. */
    private static double seconds(Path home) throws IOException {
        List<String> withoutScreen = !Toolkit.screenIsMissing()
                ? List.of()
                : Toolkit.WITHOUT_SCREEN.entrySet().stream()
                        .map(option -> "-D" + option.getKey() + "=" + option.getValue())
                        .toList();
        Map<String, String> environment = new HashMap<>(Map.of(
                "XDG_CONFIG_HOME",
                home.resolve("config").toString(),
                "XDG_CACHE_HOME",
                home.resolve("cache").toString()));
        // unpacked by the first start of all, which is not what is measured
        NativeLibraries.folder().ifPresent(unpacked -> environment.put("DJL_CACHE_DIR", unpacked.toString()));
        List<String> output = JavaProcess.output(StartProbe.class, withoutScreen, environment);
        return output.stream()
                .filter(line -> line.startsWith(StartProbe.USABLE_AFTER))
                .findFirst()
                .map(line -> Double.parseDouble(line.substring(StartProbe.USABLE_AFTER.length())))
                .orElseThrow(() -> new IllegalStateException("the workbench ended before its window was usable"));
    }
}
