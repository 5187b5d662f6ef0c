package loupe.app.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.analysis.effects.Attribution;
import loupe.analysis.effects.Generation;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.Metric;
import loupe.analysis.effects.PatchSite;
import loupe.analysis.effects.Patching;
import loupe.analysis.effects.Positions;
import loupe.analysis.effects.Sampling;
import loupe.analysis.prompts.ForwardPass;
import loupe.inference.MachinePeak;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;

/**
 * What features do, on a GPT-2-small-shaped model and 24,576 features: attribution beside forward passes, patching
 * beside the machine's peak, and two generated texts beside one. Prompts differ in each run, so that nothing is kept
 * from one.
 */
final class EffectsBenchmark implements Benchmark {
    private static final int PROMPT = 32;
    private static final int GENERATED = 64;
    private static final int LAYERS = 12;
    private static final int RUNS = 5;
    private static final int PEAK_REPEATS = 10;

    private int prompts;

    @Override
    public String name() {
        return "effects";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenModel model = bench.gpt2Small();
        OpenSae sae = bench.open(BenchModels.topKSae(
                bench.temporary().resolve("effects-sae"),
                EncodeBenchmark.D,
                EncodeBenchmark.FEATURES,
                40,
                "blocks." + EncodeBenchmark.LAYER + ".hook_resid_pre"));
        Metric metric = new Metric(Metric.Kind.LOGIT_DIFFERENCE, 11, 23);
        Map<String, Object> figures = new LinkedHashMap<>();

        TwoTimings attribution = TwoTimings.of(
                1,
                RUNS,
                () -> bench.ask(new Attribution(
                        model.id(),
                        List.of(sae.id()),
                        prompt(model),
                        Optional.of(prompt(model)),
                        metric,
                        PROMPT - 1,
                        Attribution.Method.GRADIENT,
                        1,
                        Attribution.Checks.NONE)),
                () -> bench.ask(new ForwardPass(model.id(), prompt(model), Map.of(), Set.of(), false)));
        figures.put("forward pass, 32 tokens, all logits", attribution.second().milliseconds());
        figures.put(
                "attribution of all features at one place", attribution.first().milliseconds());
        figures.put("forward passes it takes", attribution.ratio(4));
        patching(bench, model, metric, figures);

        generation(bench, model, "an added feature", pushed(sae, new Intervention.Add(4, true)), figures);
        generation(bench, model, "a clamped feature", pushed(sae, Intervention.Clamp.to(4)), figures);
        bench.close(sae);
        return figures;
    }

    private void patching(Bench bench, OpenModel model, Metric metric, Map<String, Object> figures) {
        double[] peaks = new double[RUNS + 1];
        int[] measured = {0};
        TwoTimings patching = TwoTimings.of(
                1,
                RUNS,
                () -> bench.ask(new Patching(
                        model.id(),
                        prompt(model),
                        prompt(model),
                        metric,
                        PROMPT - 1,
                        Set.of(Patching.Direction.values()),
                        List.of(PatchSite.RESID_PRE),
                        Optional.empty())),
                // on a machine that others use too the peak of now is not that of a minute ago
                () -> peaks[measured[0]++] =
                        bench.ask(new MachinePeak(PEAK_REPEATS, false)).sgemmGflops() * 1e9);
        double peak = Timing.of(Arrays.copyOfRange(peaks, 1, peaks.length)).median();
        double whole = wholeRuns();
        double needed = neededOfRuns();
        figures.put("residual patching, 12 layers x 32 positions, both ways", patching.first());
        figures.put("its floor at the peak, each run from its layer on, s", whole / peak);
        figures.put("its floor at the peak, only what a patch changes and the metric needs, s", needed / peak);
        figures.put(
                "share of the peak, of the operations that are needed",
                needed / peak / patching.first().median());
        figures.put("limit of the share", 0.6);
        figures.put("time over the first floor", patching.first().median() * peak / whole);
    }

    /** Operations of runs that compute all positions of the layers from the patched one on, both ways. */
    private static double wholeRuns() {
        double runs = 0;
        for (int layer = 0; layer < LAYERS; layer++) {
            runs += (double) PROMPT * (LAYERS - layer);
        }
        return 2 * runs * PROMPT * (24.0 * EncodeBenchmark.D * EncodeBenchmark.D + 4.0 * PROMPT * EncodeBenchmark.D);
    }

    /**
     * Operations of runs that compute only the positions from the patched one on, and behind the keys and values of the
     * last layer only the last position, both ways.
     */
    private static double neededOfRuns() {
        double square = (double) EncodeBenchmark.D * EncodeBenchmark.D;
        double looking = 4.0 * PROMPT * EncodeBenchmark.D;
        double operations = 0;
        for (int position = 0; position < PROMPT; position++) {
            int tokens = PROMPT - position;
            for (int layer = 0; layer < LAYERS; layer++) {
                double last = 4 * square * tokens + 20 * square + looking;
                operations += (LAYERS - 1 - layer) * tokens * (24 * square + looking) + last;
            }
        }
        return 2 * operations;
    }

    /** Both texts beside one, and beside what reading the weights once for each token takes at least. */
    private void generation(
            Bench bench, OpenModel model, String what, Interventions steered, Map<String, Object> figures) {
        TwoTimings both = TwoTimings.of(
                1,
                RUNS,
                () -> bench.ask(generation(model, steered)),
                () -> bench.ask(generation(model, Interventions.NONE)));
        double square = (double) EncodeBenchmark.D * EncodeBenchmark.D;
        double weights = 4 * (12 * LAYERS * square + (double) model.config().vocabularySize() * EncodeBenchmark.D);
        figures.put("64 generated tokens, " + what + " beside none, s", both.first());
        figures.put("64 generated tokens, none steered, beside " + what + ", s", both.second());
        figures.put("both over one, " + what, both.ratio(1.3));
        figures.put(
                "their floor, reading the weights, s",
                GENERATED * weights / bench.peak().readGbPerSecond() / 1e9);
    }

    private static Interventions pushed(OpenSae sae, Intervention.Action action) {
        return Interventions.of(
                List.of(new Intervention(new Intervention.Target.Feature(sae.id(), 17), action, Positions.ALL)));
    }

    private Generation generation(OpenModel model, Interventions done) {
        return new Generation(model.id(), prompt(model), done, GENERATED, Sampling.GREEDY, false);
    }

    /** Another prompt each time. */
    private List<Integer> prompt(OpenModel model) {
        int[] ids = EncodeBenchmark.contexts(model.config().vocabularySize(), prompts + 1, PROMPT)[prompts];
        prompts++;
        return Arrays.stream(ids).boxed().toList();
    }
}
