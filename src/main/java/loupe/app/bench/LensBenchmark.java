package loupe.app.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import loupe.analysis.lens.LogitMoments;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.TokenSet;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;

/**
 * Moments, entropy, both ends and the enrichment of 30 sets of the logit weights of 24,576 features over 50,257 tokens,
 * in one pass. The floor is the product with the unembedding alone, at the machine's peak.
 */
final class LensBenchmark implements Benchmark {
    private static final int TOP = 10;
    private static final int SETS = 30;
    /** As many tokens as have a leading space or a capital in GPT-2's vocabulary, then small sets. */
    private static final int[] SIZES = {33_000, 17_000, 9_000, 5_000, 2_000, 1_700, 600};

    @Override
    public String name() {
        return "lens";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenModel model = bench.gpt2Small();
        OpenSae sae = bench.open(BenchModels.topKSae(
                bench.temporary().resolve("sae-lens"),
                EncodeBenchmark.D,
                EncodeBenchmark.FEATURES,
                40,
                "blocks.6.hook_resid_pre"));
        int tokens = model.config().vocabularySize();
        double floor = 2.0
                * EncodeBenchmark.FEATURES
                * tokens
                * EncodeBenchmark.D
                / (bench.peak().sgemmGflops() * 1e9);
        Random random = new Random(1);
        List<TokenSet> sets = new ArrayList<>();
        for (int s = 0; s < SETS; s++) {
            int size = s < SIZES.length ? SIZES[s] : 20 + random.nextInt(60);
            sets.add(new TokenSet(
                    "set" + s, random.ints(0, tokens).distinct().limit(size).toArray()));
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        Timing all = Timing.of(
                0, 1, () -> bench.ask(new LogitMoments(model.id(), sae.id(), LogitProjection.DEFAULT, TOP, sets)));
        figures.put("all features", all);
        figures.put("floor_s", floor);
        figures.put("ratio_to_peak", floor / all.median());
        bench.close(sae);
        return figures;
    }
}
