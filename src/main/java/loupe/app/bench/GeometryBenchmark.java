package loupe.app.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.geometry.CosineSummary;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.VectorSet;
import loupe.inference.OpenSae;

/**
 * The 1st, 10th and 100th largest cosines of 24,576 decoder directions, 768 wide, with all others. The matrix is
 * symmetric and each pair is computed once: n(n - 1)/2 products of 2d operations, 0.46 TFLOP of the 0.93 of the whole.
 */
final class GeometryBenchmark implements Benchmark {
    @Override
    public String name() {
        return "geometry";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenSae sae = bench.open(BenchModels.topKSae(
                bench.temporary().resolve("geometry"),
                EncodeBenchmark.D,
                EncodeBenchmark.FEATURES,
                40,
                "blocks.6.hook_resid_pre"));
        NeighbourSpace space = new NeighbourSpace.Decoder(sae.id());
        LargestCosines.Answer random =
                bench.ask(LargestCosines.sampled(new VectorSet.RandomLike(space, 0), LargestCosines.USUAL_RANKS));
        long start = System.nanoTime();
        bench.ask(new LargestCosines(new VectorSet.Of(space), LargestCosines.USUAL_RANKS));
        double seconds = (System.nanoTime() - start) / 1e9;
        double pairs = EncodeBenchmark.FEATURES * (EncodeBenchmark.FEATURES - 1.0) / 2;
        double operations = pairs * 2 * EncodeBenchmark.D;
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("all pairs s", seconds);
        figures.put("counted TFLOP", operations / 1e12);
        figures.put("floor_s", operations / bench.peak().sgemmGflops() / 1e9);
        figures.put("ratio_to_peak", operations / seconds / 1e9 / bench.peak().sgemmGflops());
        figures.put("random mean", CosineSummary.of(random.largest().get(0), 1).mean());
        figures.put("random expected", CosineSummary.expectedLargest(random.count(), random.width()));
        bench.close(sae);
        return figures;
    }
}
