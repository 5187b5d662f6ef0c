package loupe.app.bench;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How the index is to be measured.
 *
 * @param tokens of the pass; rounded up to whole batches
 * @param seconds after which the pass stops, to be resumed by the next call with the same folder
 * @param folder that keeps the index; empty for a temporary one
 * @param synthetic whether look-ups are measured in an index of generated activations instead of the pass
 */
public record IndexRun(int tokens, double seconds, Optional<Path> folder, boolean synthetic) {
    public static final int TOKENS = 16 * 1024;

    /** Tokens of a batch of contexts. */
    static final int BATCH = IndexBenchmark.ROWS * IndexBenchmark.CONTEXT;

    public IndexRun {
        tokens = Math.toIntExact((tokens + BATCH - 1L) / BATCH * BATCH);
    }
}
