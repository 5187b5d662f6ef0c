package loupe.analysis.effects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.Golden;
import loupe.analysis.DeviceArrays;
import loupe.analysis.effects.Patching.Direction;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.inference.Device;
import loupe.inference.InferenceService;
import loupe.inference.LocalInferenceService;
import loupe.inference.ModelId;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.lm.ModelConfig;
import loupe.lm.Processing;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs that begin where they are patched and end at the metric, beside whole ones: GPT-2, Gemma 2 with a window of four
 * tokens, and GPT-NeoX with attention and MLP in parallel.
 */
class PatchingTest {
    private static final int LENGTH = 18;
    private static final int POSITION = 14;
    private static final List<Integer> CLEAN = text(3);
    private static final List<Integer> CORRUPT = text(7);

    private static InferenceService service;

    private static List<Integer> text(int step) {
        return IntStream.range(0, LENGTH)
                .mapToObj(t -> t % 5 == 0 ? 60 : 10 + step * t % 90)
                .toList();
    }

    @BeforeAll
    static void start() {
        service = new LocalInferenceService(new Device("cpu"), true);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static <R> R ask(Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    @ParameterizedTest
    @CsvSource({
        "att_gpt2, 2048, LOGIT_DIFFERENCE",
        "att_gpt2, 1, LOGIT",
        "att_gemma2, 2048, LOGIT",
        "att_gemma2, 20, LOG_PROBABILITY",
        "att_neox, 60, LOGIT_DIFFERENCE",
        "att_neox, 2048, KL_DIVERGENCE"
    })
    void aPatchOfAnyPlaceGivesWhatAWholeRunGives(String name, int stepTokens, Metric.Kind kind) {
        ModelId model = service.openModel(Golden.folder(name).resolve("model"), Processing.RAW)
                .toCompletableFuture()
                .join()
                .id();
        Metric metric = kind == Metric.Kind.KL_DIVERGENCE ? Metric.KL : new Metric(kind, 11, 23);
        Patching patching = new Patching(
                model,
                CLEAN,
                CORRUPT,
                metric,
                POSITION,
                Set.of(Direction.values()),
                List.of(PatchSite.values()),
                Optional.empty());
        Patching.Answer answer = ask(new InSteps(patching, stepTokens));
        for (Direction direction : Direction.values()) {
            for (PatchSite site : PatchSite.values()) {
                double[] expected = ask(new Whole(patching, direction, site));
                double[] found = answer.grid(direction, site.label()).metric();
                assertThat(found).as(direction + " " + site).containsExactly(expected, within(1e-5));
                assertThat(Arrays.stream(found).distinct().count()).isGreaterThan(3);
            }
        }
    }

    /** The same question in shorter steps. */
    private record InSteps(Patching patching, int tokens) implements Query.Stepped<Patching.Answer> {
        @Override
        public Query.Sweep<Patching.Answer> begin() {
            return patching.begin(tokens, tokens);
        }
    }

    /** Every place patched in a run over all layers and tokens, the runs of a layer as rows of one batch. */
    private record Whole(Patching patching, Direction direction, PatchSite site) implements Query.Single<double[]> {
        @Override
        public double[] answer(Scope scope) {
            LanguageModel lm = scope.model(patching.model());
            ModelConfig config = lm.config();
            List<Integer> own = direction == Direction.DENOISING ? CORRUPT : CLEAN;
            List<Integer> other = direction == Direction.DENOISING ? CLEAN : CORRUPT;
            MetricAt metric = new MetricAt(patching.model(), CLEAN, patching.metric(), POSITION);
            int perLayer = site.perLayer(config, LENGTH);
            int heads = site.byHead() ? config.nHeads() : 1;
            double[] found = new double[config.nLayers() * perLayer];
            for (int layer = 0; layer < config.nLayers(); layer++) {
                HookPoint point = new HookPoint(
                        switch (site) {
                            case RESID_PRE -> Site.RESID_PRE;
                            case ATTN_OUT -> Site.ATTN_OUT;
                            case MLP_OUT -> Site.MLP_OUT;
                            case Z, Z_BY_POSITION -> Site.Z;
                        },
                        layer);
                float[] values =
                        DeviceArrays.floats(Runs.values(scope, patching.model(), scope.arrays(), other, List.of(point))
                                .get(point));
                Hook hook = AtPoint.of(point, value -> {
                    float[] all = DeviceArrays.floats(value);
                    int width = values.length / LENGTH / heads;
                    for (int i = 0; i < values.length; i++) {
                        int head = i / width % heads;
                        int t = i / width / heads;
                        for (int row = 0; row < perLayer; row++) {
                            boolean here = (!site.byPosition() || row / heads == t) && row % heads == head;
                            if (here) {
                                all[row * values.length + i] = values[i];
                            }
                        }
                    }
                    return value.getManager().create(all, value.getShape());
                });
                NDArray end = lm.forward(
                        scope.arrays(), Runs.rows(own, perLayer), hook, null, Logits.NONE, scope.cancellation());
                double[] metrics = Runs.numbers(metric.of(scope, Runs.prediction(lm, end, Hook.NONE, POSITION)));
                System.arraycopy(metrics, 0, found, layer * perLayer, perLayer);
            }
            return found;
        }
    }
}
