package loupe.app.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.analysis.prompts.CorpusActivations;
import loupe.inference.OpenModel;

/** A forward pass of a GPT-2-small-shaped model over 8 contexts of 128 tokens, without the unembedding. */
final class ForwardBenchmark implements Benchmark {
    private static final int CONTEXTS = 8;
    private static final int CONTEXT = 128;
    private static final int LAYERS = 12;

    @Override
    public String name() {
        return "forward";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenModel model = bench.gpt2Small();
        int[][] contexts = EncodeBenchmark.contexts(model.config().vocabularySize(), CONTEXTS, CONTEXT);
        int tokens = CONTEXTS * CONTEXT;
        // no autoencoders: the pass runs to the end of the last block and nothing is encoded
        Timing pass = Timing.of(2, 7, () -> bench.ask(new CorpusActivations(model.id(), List.of(), contexts)));
        double flops = LAYERS * EncodeBenchmark.blockFlops(tokens);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("8 x 128 tokens", pass.as("tokens/s", seconds -> tokens / seconds));
        figures.put("arithmetic", pass.as("GFLOP/s", seconds -> flops / seconds / 1e9));
        figures.put("ratio_to_peak", flops / pass.median() / 1e9 / bench.peak().sgemmGflops());
        return figures;
    }
}
