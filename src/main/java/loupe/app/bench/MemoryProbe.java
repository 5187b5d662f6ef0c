package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import loupe.inference.Device;
import loupe.inference.EngineReport;
import loupe.inference.LocalInferenceService;
import loupe.inference.Priority;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;

/**
 * Starts the engine, opens a model or checkpoint and prints how much memory the process has taken before, at most and
 * in the end: resident bytes as Linux counts them, without the page cache.
 */
final class MemoryProbe {
    static final String SAYS = "memory ";
    static final String BASE = "base";
    static final String PEAK = "peak";
    static final String OPEN = "open";

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR = Path.of("/proc/self/clear_refs");
    /** Written to Linux's {@code clear_refs}, resets the peak of a process' memory. */
    private static final String FORGET_PEAK = "5";

    private MemoryProbe() {}

    static boolean isPossible() {
        return Files.isReadable(STATUS) && Files.isWritable(CLEAR);
    }

    /**
     * Opens one file and prints how much memory that took.
     *
     * @param arguments {@code sae} or {@code model}, and the path
     */
    public static void main(String[] arguments) throws IOException {
        // DJL reads these when its first class loads
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        Path path = Path.of(arguments[1]);
        try (LocalInferenceService service = new LocalInferenceService(Device.AUTO)) {
            Bench.await(service.submit(new EngineReport(), Priority.VISIBLE).answer());
            System.gc();
            Files.writeString(CLEAR, FORGET_PEAK);
            long base = bytes("VmRSS");
            CompletionStage<?> opened = arguments[0].equals("model")
                    ? service.openModel(path, Processing.RAW)
                    : service.openSae(path, SaeOptions.AS_STORED);
            Bench.await(opened);
            print(BASE, base);
            print(PEAK, bytes("VmHWM"));
            print(OPEN, bytes("VmRSS"));
        }
    }

    private static void print(String what, long bytes) {
        System.out.println(SAYS + what + " " + bytes);
    }

    private static long bytes(String field) throws IOException {
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(field + ":"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow(() -> new IOException(STATUS + " has no " + field));
    }
}
