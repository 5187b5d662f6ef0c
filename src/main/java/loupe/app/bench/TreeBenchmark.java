package loupe.app.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.TreeLimits;
import loupe.analysis.prompts.ForwardPass;
import loupe.inference.MachinePeak;
import loupe.inference.OpenModel;
import loupe.tensor.HostTensor;

/**
 * A definition tree on a GPT-2-small-shaped model: cutoff 0, a prompt of 16 tokens, float32. The floor of a node is one
 * token through all weight matrices, the unembedding included. As machines change their speed from one second to the
 * next, the peak is also measured right before and after each tree.
 */
final class TreeBenchmark implements Benchmark {
    private static final int PROMPT = 16;
    private static final int NODES = 1_000;
    private static final int LARGE = 3_000;
    private static final int RUNS = 7;
    private static final int D = EncodeBenchmark.D;

    @Override
    public String name() {
        return "tree";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenModel model = bench.gpt2Small();
        double flopsPerNode =
                2.0 * (12 * 12.0 * D * D + (double) D * model.config().vocabularySize());
        int[] seed = {0};
        ask(bench, model, seed[0]++, NODES);
        double[] small = new double[RUNS];
        double[] large = new double[RUNS];
        double[] beyond = new double[RUNS];
        double[] smallShare = new double[RUNS];
        double[] beyondShare = new double[RUNS];
        double before = peakNow(bench);
        for (int run = 0; run < RUNS; run++) {
            small[run] = seconds(() -> ask(bench, model, seed[0]++, NODES));
            double between = peakNow(bench);
            large[run] = seconds(() -> ask(bench, model, seed[0]++, LARGE));
            double after = peakNow(bench);
            // nodes beyond the first thousand come in full batches
            beyond[run] = (large[run] - small[run]) / (LARGE - NODES);
            smallShare[run] = NODES * flopsPerNode / small[run] / ((before + between) / 2);
            beyondShare[run] = flopsPerNode / beyond[run] / ((between + after) / 2);
            before = after;
        }
        Timing tree = Timing.of(small);
        double steady = Timing.of(beyond).median();
        bench.report("tree: one uncached forward per node");
        Timing uncached = Timing.of(
                1,
                RUNS,
                () -> bench.ask(new ForwardPass(model.id(), ids(seed[0]++, PROMPT + 5), Map.of(), Set.of(), false)));
        double peak = bench.peak().sgemmGflops() * 1e9;
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put(NODES + " nodes", tree);
        figures.put("per node", tree.as("ms", seconds -> seconds / NODES * 1e3));
        figures.put("floor_mflop_per_node", flopsPerNode / 1e6);
        figures.put("ratio_to_peak", NODES * flopsPerNode / tree.median() / peak);
        figures.put("ratio_to_peak_around", Timing.of(smallShare).median());
        figures.put(LARGE + " nodes", Timing.of(large));
        figures.put("steady_ms_per_node", steady * 1e3);
        figures.put("steady_ratio_to_peak", flopsPerNode / steady / peak);
        figures.put("steady_ratio_to_peak_around", Timing.of(beyondShare).median());
        figures.put("one uncached forward per node, all logits", uncached.milliseconds());
        figures.put("times_faster_than_uncached", uncached.median() * NODES / tree.median());
        return figures;
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    /** Operations per second of a matrix product at this moment. */
    private static double peakNow(Bench bench) {
        return bench.ask(new MachinePeak(2, false)).sgemmGflops() * 1e9;
    }

    private static void ask(Bench bench, OpenModel model, int seed, int nodes) {
        bench.report("tree: " + nodes + " nodes");
        bench.ask(tree(model, seed, nodes));
    }

    private static DefinitionTree tree(OpenModel model, int seed, int nodes) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] ghost = new float[D];
        for (int i = 0; i < D; i++) {
            ghost[i] = (float) (0.05 * (random.nextDouble() - 0.5));
        }
        return new DefinitionTree(
                model.id(),
                GhostSettings.finished(new HostTensor(ghost, D)),
                new GhostPrompt(ids(1, PROMPT), List.of(4)),
                TreeLimits.DEFAULT.withCutoff(0).withMaxNodes(nodes));
    }

    private static List<Integer> ids(int seed, int length) {
        SplittableRandom random = new SplittableRandom(seed);
        return java.util.stream.IntStream.range(0, length)
                .mapToObj(i -> random.nextInt(50_257))
                .toList();
    }
}
