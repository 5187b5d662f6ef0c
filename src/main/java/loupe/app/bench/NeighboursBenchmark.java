package loupe.app.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.features.Neighbours;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;

/**
 * The exact nearest neighbours of a vector among 50,257 token embeddings and among 24,576 decoder directions, 768 wide.
 */
final class NeighboursBenchmark implements Benchmark {
    private static final int TOP = 100;

    @Override
    public String name() {
        return "neighbours";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenModel model = bench.gpt2Small();
        OpenSae sae = bench.open(BenchModels.topKSae(
                bench.temporary().resolve("sae"),
                EncodeBenchmark.D,
                EncodeBenchmark.FEATURES,
                40,
                "blocks.6.hook_resid_pre"));
        Map<String, Object> figures = new LinkedHashMap<>();
        measure(
                bench,
                figures,
                "tokens",
                new NeighbourSpace.Tokens(model.id()),
                model.config().vocabularySize());
        measure(bench, figures, "decoder", new NeighbourSpace.Decoder(sae.id()), EncodeBenchmark.FEATURES);
        bench.close(sae);
        return figures;
    }

    private static void measure(Bench bench, Map<String, Object> figures, String name, NeighbourSpace space, int rows) {
        long[] seed = {0};
        Timing timing = Timing.of(
                2, 9, () -> bench.ask(new Neighbours(new NeighbourQuery.RandomVector(seed[0]++), space, TOP)));
        double floor = 4.0 * rows * EncodeBenchmark.D / bench.peak().readGbPerSecond() / 1e9;
        figures.put(name, timing.milliseconds());
        figures.put(name + " floor_ms", floor * 1e3);
        figures.putIfAbsent("ratio_to_peak", floor / timing.median()); // of the first, the larger one
    }
}
