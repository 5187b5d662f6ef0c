package loupe.app.bench;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.analysis.dream.Dream;
import loupe.analysis.dream.DreamSettings;
import loupe.analysis.dream.DreamState;
import loupe.analysis.dream.DreamTarget;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.lm.ModelConfig;

/**
 * An iteration of the search for text that makes a feature most active, on a GPT-2-small-shaped model and 24,576
 * features, beside nothing but the passes that it consists of: forward over the children, forward and back over their
 * parents.
 */
final class DreamBenchmark implements Benchmark {
    private static final DreamSettings SETTINGS = DreamSettings.DEFAULT;
    private static final int RUNS = 5;
    /** Tokens of a batch of the plain passes. */
    private static final int BATCH_TOKENS = 256;

    @Override
    public String name() {
        return "dream";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        OpenModel model = bench.gpt2Small();
        OpenSae sae = bench.open(BenchModels.topKSae(
                bench.temporary().resolve("dream-sae"),
                EncodeBenchmark.D,
                EncodeBenchmark.FEATURES,
                40,
                "blocks." + EncodeBenchmark.LAYER + ".hook_resid_pre"));
        List<DreamState> states = new ArrayList<>(List.of(bench.ask(dream(model, sae, 0, Optional.empty()))));
        TwoTimings both = TwoTimings.of(
                1,
                RUNS,
                () -> {
                    DreamState last = states.get(states.size() - 1);
                    states.add(bench.ask(dream(model, sae, last.iteration() + 1, Optional.of(last))));
                },
                () -> bench.ask(new Passes(model.id(), SETTINGS)));
        double tokens = (double) SETTINGS.length() * SETTINGS.slots() * (SETTINGS.children() + 3);
        double body =
                24.0 * EncodeBenchmark.D * EncodeBenchmark.D * model.config().nLayers();
        double read = 2.0 * EncodeBenchmark.D * model.config().vocabularySize();
        double floor = tokens * (body + read) / bench.peak().sgemmGflops() / 1e9;
        bench.close(sae);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("one iteration, 8 slots with 32 children of 12 tokens", both.first());
        figures.put("the passes that it consists of", both.second());
        figures.put("iteration over passes", both.ratio(1.2));
        figures.put("their floor at the peak, s", floor);
        figures.put("ratio_to_peak", floor / both.first().median());
        return figures;
    }

    private static Dream dream(OpenModel model, OpenSae sae, int iterations, Optional<DreamState> from) {
        return new Dream(
                model.id(),
                DreamTarget.of(sae.id(), 17),
                List.of(),
                SETTINGS,
                iterations,
                Optional.empty(),
                Set.of(),
                from);
    }

    /** The passes by themselves: nothing is read from them. */
    private record Passes(ModelId model, DreamSettings settings) implements Query.Single<Integer> {
        @Override
        public Integer answer(Scope scope) {
            LanguageModel lm = scope.model(model);
            int[][] rows = EncodeBenchmark.contexts(
                    lm.config().vocabularySize(), settings.slots() * (settings.children() + 1), settings.length());
            int parents = settings.slots();
            back(scope, lm, Arrays.copyOf(rows, parents));
            int batch = BATCH_TOKENS / settings.length();
            for (int first = parents; first < rows.length; first += batch) {
                try (NDManager step = scope.arrays().newSubManager()) {
                    lm.forward(
                            step,
                            Input.of(Arrays.copyOfRange(rows, first, Math.min(rows.length, first + batch))),
                            Hook.NONE,
                            null,
                            Logits.ALL,
                            scope.cancellation());
                }
            }
            return rows.length;
        }

        private static void back(Scope scope, LanguageModel lm, int[][] rows) {
            ModelConfig config = lm.config();
            List<NDArray> leaf = List.of(scope.arrays().zeros(new Shape(rows.length, rows[0].length, config.dModel())));
            leaf.get(0).setRequiresGradient(true);
            try (GradientCollector gradients = Engine.getInstance().newGradientCollector()) {
                Hook hook = new Hook() {
                    @Override
                    public boolean wants(HookPoint point) {
                        return point.equals(HookPoint.of(HookPoint.Site.EMBED));
                    }

                    @Override
                    public NDArray at(HookPoint point, NDArray value) {
                        return value.add(leaf.get(0));
                    }
                };
                NDArray logits =
                        lm.forward(scope.arrays(), Input.of(rows), hook, null, Logits.ALL, scope.cancellation());
                gradients.backward(logits.sum());
            }
        }

        @Override
        public boolean cacheable() {
            return false;
        }
    }
}
