package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import loupe.tensor.DType;

/**
 * The most memory that opening {@link LargeFiles} takes, over what the engine has taken before; each in a process of
 * its own, as the system counts it ({@link MemoryProbe}).
 */
final class MemoryBenchmark implements Benchmark {
    /** The most memory that opening may take, as a multiple of the weights' size as float32. */
    private static final double MOST = 1.2;

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        if (!MemoryProbe.isPossible()) {
            figures.put("not_run", "this system does not say how much memory a process has taken at most");
            return figures;
        }
        for (LargeFiles files : LargeFiles.all(1)) {
            bench.report("memory: " + files.title());
            files.with(
                    bench.temporary().resolve("large"), folder -> figures.put(files.title(), measure(files, folder)));
        }
        return figures;
    }

    private static double figure(Map<String, Double> said, String name) {
        return Objects.requireNonNull(said.get(name), name);
    }

    private static Map<String, Object> measure(LargeFiles files, Path folder) throws IOException {
        Map<String, Double> said = new LinkedHashMap<>();
        for (String line :
                JavaProcess.output(MemoryProbe.class, Map.of(), files.model() ? "model" : "sae", folder.toString())) {
            if (line.startsWith(MemoryProbe.SAYS)) {
                String[] words = line.substring(MemoryProbe.SAYS.length()).split(" ", 2);
                said.put(words[0], Double.valueOf(words[1]));
            }
        }
        if (!said.containsKey(MemoryProbe.PEAK)) {
            throw new IllegalStateException("the process that opened the " + files.title()
                    + " ended before it could say how much memory it took");
        }
        double floats = (double) Files.size(files.weights(folder))
                * DType.F32.bytes()
                / files.dtype().bytes();
        double peak = figure(said, MemoryProbe.PEAK) - figure(said, MemoryProbe.BASE);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("float32_gb", floats / 1e9);
        figures.put("base_gb", figure(said, MemoryProbe.BASE) / 1e9);
        figures.put("peak_over_base_gb", peak / 1e9);
        figures.put("open_over_base_gb", (figure(said, MemoryProbe.OPEN) - figure(said, MemoryProbe.BASE)) / 1e9);
        figures.put("ratio_to_float32", peak / floats);
        figures.put("allowed_ratio", MOST);
        figures.put("met", peak <= MOST * floats);
        return figures;
    }
}
