package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.analysis.compare.FeatureAssignment;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.compare.MatchSide;
import loupe.inference.OpenSae;
import loupe.tensor.DType;

/**
 * The features of two checkpoints of 24,576 features, 768 wide, matched: the nearest of each, and one to one. The
 * directions are random and have nothing to do with each other, which is the hardest case for one-to-one matching.
 */
final class MatchingBenchmark implements Benchmark {
    private static final double LIMIT_SECONDS = 90;

    @Override
    public String name() {
        return "matching";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenSae a = bench.open(sae(bench, "a", 201));
        OpenSae b = bench.open(sae(bench, "b", 301));
        double products = 2.0 * EncodeBenchmark.FEATURES * EncodeBenchmark.FEATURES * EncodeBenchmark.D;
        double floor = products / bench.peak().sgemmGflops() / 1e9;
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("all cosines once, floor, s", floor);
        bench.report("matching: the nearest of each");
        long start = System.nanoTime();
        bench.ask(new FeatureMatching(a.id(), b.id()));
        figures.put("nearest of each, s", (System.nanoTime() - start) / 1e9);
        bench.report("matching: one to one");
        start = System.nanoTime();
        FeatureAssignment.Answer answer = bench.ask(new FeatureAssignment(a.id(), b.id(), MatchSide.DECODER, false));
        figures.put("one to one, s", (System.nanoTime() - start) / 1e9);
        figures.put("limit, s", LIMIT_SECONDS);
        figures.put("mean cosine of the pairs", answer.meanCosine());
        figures.put("sum could be larger by at most", answer.lossBound());
        bench.close(a);
        bench.close(b);
        return figures;
    }

    private static Path sae(Bench bench, String name, int seed) throws IOException {
        return BenchModels.topKSae(
                bench.temporary().resolve("matching-" + name),
                seed,
                DType.F32,
                EncodeBenchmark.D,
                EncodeBenchmark.FEATURES,
                40,
                "blocks.6.hook_resid_pre");
    }
}
