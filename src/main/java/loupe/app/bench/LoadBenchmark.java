package loupe.app.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
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
 * Opening {@link LargeFiles}, until all weights are on the device, beside a {@link PlainRead} of the same cached file.
 * The two take turns, each into memory allocated for it and given back before the next begins, which is not timed;
 * their ratio is the median of the turns' ratios.
 *
 * <p>The floor is the bytes that must move, out of the page cache and into memory, over the bandwidth of this machine.
 */
final class LoadBenchmark implements Benchmark {
    /** The least share of a plain read's speed that loading is to reach. */
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
            bench.report("load: " + files.title());
            files.with(
                    bench.temporary().resolve("large"),
                    folder -> figures.put(files.title(), measure(bench, files, folder)));
        }
        return figures;
    }

    private static Map<String, Object> measure(Bench bench, LargeFiles files, Path folder) throws IOException {
        Path weights = files.weights(folder);
        double[] plain = new double[RUNS];
        double[] open = new double[RUNS];
        double[] plainProcessor = new double[RUNS];
        double[] openProcessor = new double[RUNS];
        for (int run = -WARM_UPS; run < RUNS; run++) {
            Spent read = plainRead(weights, files.dtype());
            Spent opened = open(bench, files.model(), folder);
            if (run >= 0) {
                plain[run] = read.seconds();
                open[run] = opened.seconds();
                plainProcessor[run] = read.processorSeconds();
                openProcessor[run] = opened.processorSeconds();
            }
        }
        double stored = Files.size(weights);
        double floats = stored * DType.F32.bytes() / files.dtype().bytes();
        Timing plainTiming = Timing.of(plain);
        Timing openTiming = Timing.of(open);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("float32_gb", floats / 1e9);
        figures.put("open", openTiming);
        figures.put("plain_read", plainTiming);
        figures.put("open_processor_s", Timing.of(openProcessor).median());
        figures.put("plain_read_processor_s", Timing.of(plainProcessor).median());
        figures.put("open_speed", openTiming.as("GB/s of float32", seconds -> floats / seconds / 1e9));
        figures.put("floor_s", (stored + floats) / 1e9 / bench.peak().readGbPerSecond());
        double ratio = Timing.of(IntStream.range(0, RUNS)
                        .mapToDouble(run -> plain[run] / open[run])
                        .toArray())
                .median();
        bench.report(String.format(
                Locale.ROOT,
                "load: %s: %.3f s, plain read %.3f s",
                files.title(),
                openTiming.median(),
                plainTiming.median()));
        figures.put("ratio_to_plain_read", ratio);
        figures.put("required_ratio", REQUIRED);
        figures.put("met", ratio >= REQUIRED);
        return figures;
    }

    private static Spent plainRead(Path weights, DType dtype) {
        Spent begun = Spent.now();
        PlainRead read = new PlainRead(weights, dtype);
        Spent spent = begun.until();
        read.close();
        return spent;
    }

    private static Spent open(Bench bench, boolean model, Path folder) {
        Spent begun = Spent.now();
        if (model) {
            OpenModel opened = bench.openModel(folder);
            Spent spent = begun.until();
            bench.close(opened);
            return spent;
        }
        OpenSae opened = bench.open(folder);
        Spent spent = begun.until();
        bench.close(opened);
        return spent;
    }

    /**
     * @param processorSeconds of all threads of this process: where other work has the processors, that is what a
     *     second thread does not make less
     */
    private record Spent(double seconds, double processorSeconds) {
        static Spent now() {
            return new Spent(
                    System.nanoTime() / 1e9,
                    ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                                    .getProcessCpuTime()
                            / 1e9);
        }

        Spent until() {
            Spent now = now();
            return new Spent(now.seconds - seconds, now.processorSeconds - processorSeconds);
        }
    }
}
