package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import loupe.app.window.Opening;
import loupe.app.window.Toolkit;
import loupe.base.NativeLibraries;
import loupe.state.window.SessionFile;

/**
 * Starts the workbench on the sample, or on many features, in a process of its own, with nothing remembered, until
 * table, tree and token list are there. The first run also passes over the corpus in the background, and keeps the
 * classes that it loaded when it ends, as the launcher has the first window do; the others find both done.
 */
final class StartBenchmark implements Benchmark {
    private static final int RUNS = 5;

    private final WindowRun window;

    StartBenchmark(WindowRun window) {
        this.window = window;
    }

    @Override
    public String name() {
        return "start";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        WindowRun.Prepared prepared = window.prepare(bench).orElse(null);
        if (prepared == null) {
            figures.put("not_run", "there is no sample to open");
            return figures;
        }
        Path home = Files.createDirectories(bench.temporary().resolve("start"));
        Optional<SessionFile> labelled = prepared.session();
        if (labelled.isPresent()) {
            Path config = Files.createDirectories(home.resolve("config/sae-loupe"));
            Files.copy(labelled.get().labels(), config.resolve("labels.jsonl"));
        }
        Path classes = home.resolve("classes.jsa");
        figures.put("first, s", seconds(home, prepared.opening(), "-XX:ArchiveClassesAtExit=" + classes));
        double[] seconds = new double[RUNS];
        for (int i = 0; i < RUNS; i++) {
            bench.report("start: " + (i + 1) + " of " + RUNS);
            seconds[i] = seconds(home, prepared.opening(), "-XX:SharedArchiveFile=" + classes);
        }
        figures.put("process begun, window usable", Timing.of(seconds));
        return figures;
    }

    /**
     * Seconds from the beginning of a process until its window is usable.
     *
     * @param sharing how its classes are kept or found; has no effect if our own process has found classes
     */
    private double seconds(Path home, Opening opening, String sharing) throws IOException {
        List<String> options = new ArrayList<>();
        if (!JavaProcess.findsClasses()) {
            options.addAll(List.of(sharing, "-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"));
        }
        if (Toolkit.screenIsMissing()) {
            Toolkit.WITHOUT_SCREEN.forEach((name, value) -> options.add("-D" + name + "=" + value));
        }
        Map<String, String> environment = new HashMap<>(Map.of(
                "XDG_CONFIG_HOME",
                home.resolve("config").toString(),
                "XDG_CACHE_HOME",
                home.resolve("cache").toString()));
        // unpacked by the first start of all, which is not what is measured
        NativeLibraries.folder().ifPresent(unpacked -> environment.put("DJL_CACHE_DIR", unpacked.toString()));
        // the sample opens by itself
        String[] paths = window.features().isEmpty()
                ? new String[0]
                : Stream.of(Stream.of(opening.model()), opening.saes().stream(), opening.corpus().stream())
                        .flatMap(all -> all.map(String::valueOf))
                        .toArray(String[]::new);
        long begun = System.currentTimeMillis();
        List<String> output = JavaProcess.output(StartProbe.class, options, environment, paths);
        return output.stream()
                .filter(line -> line.startsWith(StartProbe.USABLE_AT))
                .findFirst()
                .map(line -> (Long.parseLong(line.substring(StartProbe.USABLE_AT.length())) - begun) / 1e3)
                .orElseThrow(() -> new IllegalStateException("the workbench ended before its window was usable"));
    }
}
