package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.tensor.DType;

/**
 * Opening {@link LargeFiles}, until all weights are on the device, beside a {@link PlainRead} of the same cached file. The two take
 * turns, each into memory allocated for it and given back before the next begins, which is not timed; their ratio is the median of
 * the turns' ratios.
 *
 * <p>The floor is the bytes that must move, out of the page cache and into memory, over the bandwidth of this machine.
 */
final class LoadBenchmark implements Benchmark {
    /** Of the plain read's speed; also what the ratios are shown beside. */
    private static final double REQUIRED = 0.8;
    /** Half a gigabyte as float32. */
    private static final int SHARE = 2;
    private static final int WARM_UPS = 1;
    private static final int RUNS = 7;

    @Override
    public String name() {
        return "load";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        for (LargeFiles files : LargeFiles.all(SHARE)) {
            bench.say("load: " + files.title());
            files.with(bench.temporary().resolve("large"), folder -> figures.put(files.title(), measure(bench, files, folder)));
        }
        return figures;
    }

    private static Map<String, Object> measure(Bench bench, LargeFiles files, Path folder) throws IOException {
        Path weights = files.weights(folder);
        double[] plain = new double[RUNS];
        double[] open = new double[RUNS];
        for (int run = -WARM_UPS; run < RUNS; run++) {
            double read = plainSeconds(weights, files.dtype());
            double opened = openSeconds(bench, files.model(), folder);
            if (run >= 0) {
                plain[run] = read;
                open[run] = opened;
            }
        }
        double stored = Files.size(weights);
        double floats = stored * DType.F32.bytes() / files.dtype().bytes();
        Timing plainTiming = Timing.of(plain);
        Timing openTiming = Timing.of(open);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("float32_gb", floats / 1e9);
        figures.put("open", openTiming.json());
        figures.put("plain_read", plainTiming.json());
        figures.put("open_speed", openTiming.as("GB/s of float32", seconds -> floats / seconds / 1e9).json());
        figures.put("floor_s", (stored + floats) / 1e9 / bench.peak().readGbPerSecond());
        double ratio = Timing.of(IntStream.range(0, RUNS).mapToDouble(run -> plain[run] / open[run]).toArray()).median();
        bench.say(String.format(Locale.ROOT, "load: %s: %.3f s, plain read %.3f s", files.title(), openTiming.median(), plainTiming.median()));
        figures.put("ratio_to_plain_read", ratio);
        figures.put("required_ratio", REQUIRED);
        figures.put("met", ratio >= REQUIRED);
        return figures;
    }

    private static double plainSeconds(Path weights, DType dtype) {
        long start = System.nanoTime();
        try (PlainRead read = new PlainRead(weights, dtype)) {
            return (System.nanoTime() - start) / 1e9;
        }
    }

    private static double openSeconds(Bench bench, boolean model, Path folder) {
        long start = System.nanoTime();
        if (model) {
            OpenModel opened = bench.openModel(folder);
            double seconds = (System.nanoTime() - start) / 1e9;
            bench.close(opened);
            return seconds;
        }
        OpenSae opened = bench.open(folder);
        double seconds = (System.nanoTime() - start) / 1e9;
        bench.close(opened);
        return seconds;
    }
}
