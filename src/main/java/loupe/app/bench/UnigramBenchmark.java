package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.analysis.prompts.CorpusActivations;
import loupe.analysis.tokenbias.UnigramResiduals;
import loupe.analysis.tokenbias.UnigramStore;
import loupe.base.HookPoint;
import loupe.inference.OpenModel;

/**
 * Unigram residuals behind the last block of a GPT-2-small-shaped model with 8,192 tokens, beside its forward passes
 * over 8 contexts of 128 tokens. The floor is a token's share of such a pass; of two-token prompts, twice that.
 */
final class UnigramBenchmark implements Benchmark {
    private static final int TOKENS = 8_192;
    private static final int CONTEXTS = 8;
    private static final int CONTEXT = 128;
    private static final int LAYERS = 12;

    @Override
    public String name() {
        return "unigram";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenModel model = bench.openModel(BenchModels.gpt2(
                bench.temporary().resolve("unigram-model"), TOKENS, CONTEXT, EncodeBenchmark.D, LAYERS, LAYERS));
        int[][] contexts = EncodeBenchmark.contexts(TOKENS, CONTEXTS, CONTEXT);
        Timing pass = Timing.of(1, 5, () -> bench.ask(new CorpusActivations(model.id(), List.of(), contexts)));
        double perToken = pass.median() / (CONTEXTS * CONTEXT);
        int[] run = {0};
        Timing residuals = Timing.of(0, 2, () -> {
            Path folder = bench.temporary().resolve("unigrams" + run[0]++);
            bench.ask(new UnigramResiduals(model.id(), HookPoint.residPost(LAYERS - 1), 0, new UnigramStore(folder)));
        });
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("residuals", residuals.as("tokens/s", seconds -> TOKENS / seconds));
        figures.put("forward", pass.as("tokens/s", seconds -> CONTEXTS * CONTEXT / seconds));
        figures.put("two-token floor_s", 2 * TOKENS * perToken);
        figures.put("ratio_to_two_tokens", 2 * TOKENS * perToken / residuals.median());
        figures.put("ratio_to_peak", TOKENS * perToken / residuals.median());
        return figures;
    }
}
