package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import loupe.analysis.prompts.CorpusActivations;
import loupe.base.Cancellation;
import loupe.index.ActivationIndex;
import loupe.index.Corpus;
import loupe.index.Examples;
import loupe.index.FeatureActivations;
import loupe.index.IndexBuild;
import loupe.index.IndexInfo;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;

/**
 * A pass over random tokens with a GPT-2-small-shaped model and 24,576 features at 40 active per token, the index written,
 * beside the forward passes and encoding alone; then one feature's activations and 40 examples from that index.
 */
final class IndexBenchmark implements Benchmark {
    private static final int TOKENS = 16 * 1024;
    private static final int CONTEXT = 128;
    private static final int ROWS = 8;
    private static final int LOOK_UPS = 50;

    @Override
    public String name() {
        return "index";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenModel model = bench.gpt2Small();
        int vocabulary = model.config().vocabularySize();
        OpenSae sae = bench.open(BenchModels.topKSae(bench.temporary().resolve("sae"), EncodeBenchmark.D, EncodeBenchmark.FEATURES, 40,
                "blocks." + EncodeBenchmark.LAYER + ".hook_resid_pre"));
        int[][] contexts = EncodeBenchmark.contexts(vocabulary, ROWS, CONTEXT);
        Timing batch = Timing.of(1, 5, () -> bench.ask(new CorpusActivations(model.id(), List.of(sae.id()), contexts)));
        double alone = ROWS * CONTEXT / batch.median();

        Path corpus = Files.writeString(bench.temporary().resolve("corpus.txt"), words(vocabulary));
        Path folder = bench.temporary().resolve("index");
        IndexInfo.IndexedSae indexed = new IndexInfo.IndexedSae("sae-0", new IndexInfo.Named("random", "random"), EncodeBenchmark.FEATURES,
                "blocks.6.hook_resid_pre", 0);
        IndexBuild.Settings settings = new IndexBuild.Settings(new IndexInfo.Named("random", "random"), List.of(indexed), CONTEXT, OptionalInt.empty(), TOKENS);
        long start = System.nanoTime();
        new IndexBuild(settings, Corpus.of(List.of(corpus)), IndexBenchmark::ids, IndexBuild.asking(bench.service(), model.id(), List.of(sae.id())), folder)
                .run(false, progress -> {}, new Cancellation());
        double whole = TOKENS / ((System.nanoTime() - start) / 1e9);

        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("whole pass over " + TOKENS + " tokens", new Timing(whole, whole, "tokens/s").json());
        figures.put("forward and encode alone", new Timing(alone, alone, "tokens/s").json());
        double flops = EncodeBenchmark.LAYER * EncodeBenchmark.blockFlops(1) + 2.0 * EncodeBenchmark.D * EncodeBenchmark.FEATURES;
        figures.put("ratio_to_peak", whole * flops / 1e9 / bench.peak().sgemmGflops());
        figures.put("ratio_to_forward_and_encode", whole / alone);
        figures.put("one feature and 40 examples", lookUps(folder).milliseconds().json());
        bench.close(sae);
        return figures;
    }

    private static Timing lookUps(Path folder) {
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            SplittableRandom random = new SplittableRandom(3);
            return Timing.of(5, LOOK_UPS, () -> {
                FeatureActivations feature = index.activations(0, random.nextInt(EncodeBenchmark.FEATURES));
                feature.histogram(50);
                index.examples(feature, Examples.top(feature, 40, 1), 10, 10);
            });
        }
    }

    private static String words(int vocabulary) {
        SplittableRandom random = new SplittableRandom(7);
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < TOKENS; i++) {
            words.append(random.nextInt(vocabulary)).append(' ');
        }
        return words.toString();
    }

    private static int[] ids(String text) {
        return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
    }
}
