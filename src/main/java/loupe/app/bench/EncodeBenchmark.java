package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import loupe.analysis.prompts.CorpusActivations;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;

/**
 * Forward pass of a GPT-2-small-shaped model to the middle layer and a TopK autoencoder of 24,576 features on the
 * activations there: the work of one batch of a pass over a corpus.
 */
final class EncodeBenchmark implements Benchmark {
    static final int D = 768;
    static final int FEATURES = 24_576;
    static final int LAYER = 6;
    private static final int CONTEXTS = 8;
    private static final int CONTEXT = 128;

    @Override
    public String name() {
        return "encode";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenModel model = bench.gpt2Small();
        Path folder = BenchModels.topKSae(
                bench.temporary().resolve("sae"), D, FEATURES, 40, "blocks." + LAYER + ".hook_resid_pre");
        OpenSae sae = bench.open(folder);
        int[][] contexts = contexts(model.config().vocabularySize(), CONTEXTS, CONTEXT);
        int tokens = CONTEXTS * CONTEXT;
        Timing both = Timing.of(2, 7, () -> bench.ask(new CorpusActivations(model.id(), List.of(sae.id()), contexts)));
        double flops = LAYER * blockFlops(tokens) + 2.0 * tokens * D * FEATURES;
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("forward to layer " + LAYER + ", encode, top 40", both.as("tokens/s", seconds -> tokens / seconds));
        figures.put("arithmetic", both.as("GFLOP/s", seconds -> flops / seconds / 1e9));
        figures.put("ratio_to_peak", flops / both.median() / 1e9 / bench.peak().sgemmGflops());
        bench.close(sae);
        return figures;
    }

    /**
     * Multiplications and additions in one block for contexts of 128: 24 d^2 a token in the matrices, 4 T d in
     * attention.
     */
    static double blockFlops(int tokens) {
        return tokens * (24.0 * D * D + 4.0 * CONTEXT * D);
    }

    static int[][] contexts(int vocabulary, int rows, int length) {
        SplittableRandom random = new SplittableRandom(5);
        int[][] ids = new int[rows][length];
        for (int[] row : ids) {
            for (int i = 0; i < length; i++) {
                row[i] = random.nextInt(vocabulary);
            }
        }
        return ids;
    }
}
