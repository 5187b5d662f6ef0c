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
    private static final int RUNS = 3;

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

        Timing pass = Timing.of(
                1, RUNS, () -> bench.ask(new ForwardPass(model.id(), prompt(model), Map.of(), Set.of(), false)));
        Timing attribution = Timing.of(
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
                        Attribution.Checks.NONE)));
        figures.put("forward pass, 32 tokens, all logits", pass.milliseconds());
        figures.put("attribution of all features at one place", attribution.milliseconds());
        figures.put("forward passes it takes", attribution.median() / pass.median());

        Timing patching = Timing.of(
                0,
                1,
                () -> bench.ask(new Patching(
                        model.id(),
                        prompt(model),
                        prompt(model),
                        metric,
                        PROMPT - 1,
                        Set.of(Patching.Direction.DENOISING),
                        List.of(PatchSite.RESID_PRE),
                        Optional.empty())));
        // a run patched in layer L computes the layers from L on
        double layers = PROMPT * LAYERS * (LAYERS + 1) / 2.0;
        double flops =
                layers * PROMPT * (24.0 * EncodeBenchmark.D * EncodeBenchmark.D + 4.0 * PROMPT * EncodeBenchmark.D);
        figures.put("residual patching, 12 layers x 32 positions, one way", patching);
        figures.put("its floor at the peak", flops / bench.peak().sgemmGflops() / 1e9);
        figures.put(
                "ratio_to_peak", flops / patching.median() / 1e9 / bench.peak().sgemmGflops());

        Timing one = Timing.of(0, RUNS, () -> bench.ask(generation(model, Interventions.NONE)));
        Interventions pushed = Interventions.of(List.of(new Intervention(
                new Intervention.Target.Feature(sae.id(), 17), new Intervention.Add(4, true), Positions.ALL)));
        Timing both = Timing.of(0, RUNS, () -> bench.ask(generation(model, pushed)));
        figures.put("64 generated tokens", one);
        figures.put("64 generated tokens, default and steered", both);
        figures.put("both over one", both.median() / one.median());
        bench.close(sae);
        return figures;
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
