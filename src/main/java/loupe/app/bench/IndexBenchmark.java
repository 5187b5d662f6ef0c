package loupe.app.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import loupe.analysis.prompts.CorpusActivations;
import loupe.base.Cancellation;
import loupe.format.JsonFiles;
import loupe.index.ActivationIndex;
import loupe.index.Corpus;
import loupe.index.DocumentPacking;
import loupe.index.Examples;
import loupe.index.FeatureActivations;
import loupe.index.IndexBuild;
import loupe.index.IndexInfo;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;

/**
 * A pass over random tokens with a GPT-2-small-shaped model and 24,576 features at 40 active per token, the index
 * written, beside the forward passes and encoding alone; then one feature's activations and 40 examples from that
 * index.
 *
 * <p>The two take turns, so that a machine that is busy for a while is busy for both: some batches alone, then a
 * stretch of the pass, which is stopped and resumed later. What the pass loses by being stopped is counted against it.
 */
final class IndexBenchmark implements Benchmark {
    static final int CONTEXT = 128;
    static final int ROWS = 8;
    private static final int LOOK_UPS = 50;
    private static final int STRETCH_TOKENS = 24 * 1024;
    private static final int BATCHES_ALONE = 6;
    private static final int WARM_UP_BATCHES = 6;

    @Override
    public String name() {
        return "index";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        Path kept = bench.indexRun().folder().orElse(bench.temporary().resolve("index-bench"));
        Path folder = kept.resolve("index");
        return bench.indexRun().synthetic()
                ? SyntheticIndex.measure(bench, folder)
                : pass(bench, Files.createDirectories(kept), folder);
    }

    private static Map<String, Object> pass(Bench bench, Path kept, Path folder) throws IOException {
        IndexRun run = bench.indexRun();
        OpenModel model = bench.gpt2Small();
        int vocabulary = model.config().vocabularySize();
        OpenSae sae = bench.open(BenchModels.topKSae(
                bench.temporary().resolve("sae"),
                EncodeBenchmark.D,
                EncodeBenchmark.FEATURES,
                40,
                "blocks." + EncodeBenchmark.LAYER + ".hook_resid_pre"));
        int[][] contexts = EncodeBenchmark.contexts(vocabulary, ROWS, CONTEXT);
        Path corpus = Files.writeString(kept.resolve("corpus.txt"), words(vocabulary, run.tokens()));
        IndexInfo.IndexedSae indexed = new IndexInfo.IndexedSae(
                "sae-0",
                new IndexInfo.Named("random", "random"),
                EncodeBenchmark.FEATURES,
                "blocks.6.hook_resid_pre",
                0);
        IndexBuild.Settings settings = new IndexBuild.Settings(
                new IndexInfo.Named("random", "random"),
                List.of(indexed),
                CONTEXT,
                OptionalInt.empty(),
                DocumentPacking.PACKED,
                run.tokens());
        IndexBuild build = new IndexBuild(
                settings,
                Corpus.of(List.of(corpus)),
                IndexBenchmark::ids,
                IndexBuild.asking(bench.service(), model.id(), List.of(sae.id())),
                folder);

        Turns turns = Turns.of(kept.resolve("turns.json"));
        Runnable batch = () -> bench.ask(new CorpusActivations(model.id(), List.of(sae.id()), contexts));
        IntStream.range(0, WARM_UP_BATCHES).forEach(i -> batch.run());
        long begun = System.nanoTime();
        while (!turns.complete() && (System.nanoTime() - begun) / 1e9 < run.seconds()) {
            Spent before = Spent.now();
            IntStream.range(0, BATCHES_ALONE).forEach(i -> batch.run());
            Spent alone = Spent.now().since(before);
            turns = turns.alone(alone);
            long[] staged = new long[2];
            before = Spent.now();
            boolean complete = stretch(build, staged);
            batch.run(); // the batch in flight when the pass was stopped is computed before this one
            turns = turns.pass(
                    staged[1] - staged[0], Spent.now().since(before).since(alone.times(1.0 / BATCHES_ALONE)), complete);
            JsonFiles.write(kept.resolve("turns.json"), turns);
            bench.report(String.format(
                    Locale.ROOT,
                    "%,d of %,d tokens, %.0f tokens/s; alone %.0f tokens/s",
                    turns.passTokens(),
                    run.tokens(),
                    turns.rate(),
                    turns.aloneRate()));
        }
        bench.close(sae);
        return figures(bench, turns, folder);
    }

    /**
     * Resumes the pass for a while.
     *
     * @param staged takes the tokens of the pass before and after it
     * @return whether the pass is complete
     */
    private static boolean stretch(IndexBuild build, long[] staged) {
        Cancellation cancellation = new Cancellation();
        try {
            build.run(
                    true,
                    progress -> {
                        staged[0] = staged[1] == 0 ? progress.tokens() - IndexRun.BATCH : staged[0];
                        staged[1] = progress.tokens();
                        if (staged[1] - staged[0] >= STRETCH_TOKENS) {
                            cancellation.cancel();
                        }
                    },
                    cancellation);
            return true;
        } catch (CancellationException stopped) {
            return false;
        }
    }

    private static Map<String, Object> figures(Bench bench, Turns turns, Path folder) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("tokens", turns.passTokens());
        figures.put("complete", turns.complete());
        figures.put("whole pass", new Timing(turns.rate(), turns.rate(), "tokens/s"));
        figures.put("forward and encode alone", new Timing(turns.aloneRate(), turns.aloneRate(), "tokens/s"));
        double flops = EncodeBenchmark.LAYER * EncodeBenchmark.blockFlops(1)
                + 2.0 * EncodeBenchmark.D * EncodeBenchmark.FEATURES;
        figures.put("ratio_to_peak", turns.rate() * flops / 1e9 / bench.peak().sgemmGflops());
        figures.put("ratio_to_forward_and_encode", turns.rate() / turns.aloneRate());
        figures.put(
                "ratio_to_forward_and_encode, by processor time", turns.processorRate() / turns.aloneProcessorRate());
        if (turns.complete()) {
            figures.put("one feature and 40 examples", lookUps(folder).milliseconds());
        }
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

    private static String words(int vocabulary, int count) {
        SplittableRandom random = new SplittableRandom(7);
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < count; i++) {
            words.append(random.nextInt(vocabulary)).append(' ');
        }
        return words.toString();
    }

    static int[] ids(String text) {
        return Arrays.stream(text.strip().split(" "))
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    /**
     * Time that passed, and time that processors worked for this process: the latter is the same when others use the
     * machine too. Seconds.
     */
    private record Spent(double seconds, double processorSeconds) {
        static Spent now() {
            OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Spent(System.nanoTime() / 1e9, system.getProcessCpuTime() / 1e9);
        }

        Spent since(Spent before) {
            return new Spent(seconds - before.seconds, processorSeconds - before.processorSeconds);
        }

        Spent and(Spent more) {
            return new Spent(seconds + more.seconds, processorSeconds + more.processorSeconds);
        }

        Spent times(double factor) {
            return new Spent(seconds * factor, processorSeconds * factor);
        }
    }

    /**
     * The measurements so far.
     *
     * @param passTokens that were timed
     * @param alone of {@code turns} times {@value #BATCHES_ALONE} batches
     */
    private record Turns(long passTokens, Spent pass, int turns, Spent alone, boolean complete) {
        static Turns of(Path file) throws IOException {
            return Files.exists(file)
                    ? new ObjectMapper().readValue(file.toFile(), Turns.class)
                    : new Turns(0, new Spent(0, 0), 0, new Spent(0, 0), false);
        }

        Turns alone(Spent more) {
            return new Turns(passTokens, pass, turns + 1, alone.and(more), complete);
        }

        Turns pass(long tokens, Spent more, boolean done) {
            return new Turns(passTokens + tokens, pass.and(more), turns, alone, done);
        }

        double rate() {
            return passTokens / pass.seconds();
        }

        double aloneRate() {
            return aloneTokens() / alone.seconds();
        }

        double processorRate() {
            return passTokens / pass.processorSeconds();
        }

        double aloneProcessorRate() {
            return aloneTokens() / alone.processorSeconds();
        }

        private double aloneTokens() {
            return (double) turns * BATCHES_ALONE * IndexRun.BATCH;
        }
    }
}
