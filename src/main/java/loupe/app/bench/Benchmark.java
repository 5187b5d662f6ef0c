package loupe.app.bench;

import java.io.IOException;
import java.util.Map;

/** One named benchmark. */
public interface Benchmark {
    /** The name that selects it on the command line. */
    String name();

    /**
     * Runs the benchmark and returns what it measured.
     *
     * @return its figures in order: {@link Timing}s, plain numbers such as {@code ratio_to_peak}, and sentences
     */
    Map<String, Object> run(Bench bench) throws IOException;
}
