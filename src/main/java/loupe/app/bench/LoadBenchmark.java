package loupe.app.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.inference.OpenSae;

/** Opening a float32 checkpoint of 604 MB, beside reading the same cached file into freshly allocated memory. */
final class LoadBenchmark implements Benchmark {
    private static final int D = 768;
    private static final int FEATURES = 98_304;
    private static final int CHUNK = 64 << 20;

    @Override
    public String name() {
        return "load";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        bench.say("making a checkpoint of 604 MB");
        Path folder = BenchModels.topKSae(bench.temporary().resolve("large-sae"), D, FEATURES, 40, "blocks.6.hook_resid_pre");
        Path weights = folder.resolve("sae_weights.safetensors");
        double bytes = Files.size(weights);
        Timing plain = Timing.of(1, 5, () -> read(weights));
        Timing open = Timing.of(1, 5, () -> {
            OpenSae sae = bench.open(folder);
            bench.close(sae);
        });
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("open and close", open.as("GB/s", seconds -> bytes / seconds / 1e9).json());
        figures.put("plain read into new memory", plain.as("GB/s", seconds -> bytes / seconds / 1e9).json());
        figures.put("ratio_to_peak", bytes / open.median() / 1e9 / bench.peak().readGbPerSecond());
        figures.put("ratio_to_plain_read", plain.median() / open.median());
        return figures;
    }

    /** Reads a whole file into direct memory that was never touched before. */
    private static void read(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            for (long left = channel.size(); left > 0; ) {
                ByteBuffer fresh = ByteBuffer.allocateDirect((int) Math.min(CHUNK, left));
                while (fresh.hasRemaining() && channel.read(fresh) >= 0) {
                    continue;
                }
                left -= fresh.capacity();
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
