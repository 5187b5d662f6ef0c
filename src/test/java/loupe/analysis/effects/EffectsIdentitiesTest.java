package loupe.analysis.effects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.Golden;
import loupe.TinyModel;
import loupe.analysis.effects.Intervention.Add;
import loupe.analysis.effects.Intervention.Cap;
import loupe.analysis.effects.Intervention.Clamp;
import loupe.analysis.effects.Intervention.Orthogonal;
import loupe.analysis.effects.Intervention.Scale;
import loupe.analysis.effects.Intervention.Target;
import loupe.analysis.prompts.LogProbabilities;
import loupe.analysis.prompts.TextActivations;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.inference.Device;
import loupe.inference.InferenceService;
import loupe.inference.LocalInferenceService;
import loupe.inference.ModelId;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Logits;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must be the same, in three model families with a ReLU, a JumpReLU and a TopK autoencoder. */
class EffectsIdentitiesTest {
    private static final List<Integer> CLEAN = List.of(17, 60, 33, 71, 5, 42);
    private static final List<Integer> CORRUPT = List.of(17, 60, 80, 71, 9, 42);
    private static final Metric METRIC = new Metric(Metric.Kind.LOGIT_DIFFERENCE, 11, 23);

    /** Behind it the logits are a product with the unembedding. */
    private static final HookPoint LINEAR = HookPoint.of(HookPoint.Site.LN_FINAL_NORMALIZED);

    private static InferenceService service;

    @TempDir
    Path temporary;

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

    /** A model with the autoencoder on the residual stream behind its first block. */
    private record Opened(ModelId model, OpenSae sae) {
        static Opened of(String name) {
            Path folder = Golden.folder(name);
            return of(folder.resolve("model"), folder.resolve("sae2"), HookPoint.residPost(0));
        }

        static Opened of(Path model, Path sae, HookPoint hook) {
            SaeOptions options = SaeOptions.builder().hook(Optional.of(hook)).build();
            return new Opened(
                    service.openModel(model, Processing.RAW)
                            .toCompletableFuture()
                            .join()
                            .id(),
                    service.openSae(sae, options).toCompletableFuture().join());
        }

        Target.Feature feature(int feature) {
            return new Target.Feature(sae.id(), feature);
        }

        TextActivations.Active strongest(int token) {
            return ask(new TextActivations(model, sae.id(), CLEAN))
                    .strongest(token, 1)
                    .get(0);
        }
    }

    private static Interventions one(Target target, Intervention.Action action, Positions positions) {
        return Interventions.of(List.of(new Intervention(target, action, positions)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void whatAsksForNoChangeChangesNothing(String name) {
        Opened opened = Opened.of(name);
        TextActivations.Active active = opened.strongest(3);
        Target feature = opened.feature(active.feature());
        InterventionEffects.Answer answer = ask(new InterventionEffects(
                opened.model,
                CLEAN,
                List.of(
                        one(feature, new Orthogonal(1), Positions.ALL),
                        one(feature, new Scale(1), Positions.ALL),
                        one(feature, Clamp.to(active.activation()), Positions.listed(List.of(3))),
                        one(feature, new Cap(OptionalDouble.of(-1e6), OptionalDouble.of(1e6)), Positions.ALL),
                        one(feature, new Add(0, true), Positions.ALL),
                        one(feature, new Scale(0), Positions.GENERATED)),
                false));
        for (InterventionEffects.Effect effect : answer.effects()) {
            assertThat(effect.deltaCe()).containsOnly(new double[effect.deltaCe().length], within(1e-5));
            assertThat(effect.meanKl()).isLessThan(1e-9);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void aCapOfZeroIsTheDirectionRemoved(String name) {
        Opened opened = Opened.of(name);
        Target feature = opened.feature(opened.strongest(3).feature());
        Cap none = new Cap(OptionalDouble.of(0), OptionalDouble.of(0));
        InterventionEffects.Answer answer = ask(new InterventionEffects(
                opened.model,
                CLEAN,
                List.of(
                        one(feature, none, Positions.from(1)),
                        one(feature, new Orthogonal(0), Positions.from(1)),
                        Interventions.of(List.of(
                                new Intervention(feature, new Orthogonal(0), Positions.from(1)),
                                new Intervention(feature, new Orthogonal(0), Positions.ALL),
                                new Intervention(feature, new Orthogonal(0), Positions.listed(List.of(2)))))),
                false));
        double[] capped = answer.effects().get(0).ce();
        assertThat(answer.effects().get(1).ce()).containsExactly(capped, within(1e-5));
        assertThat(answer.effects().get(0).meanKl()).isGreaterThan(1e-6);
    }

    @Test
    void whatDrivesTheModelBeyondItsNumbersIsRefused() {
        Opened opened = Opened.of("att_gpt2");
        Interventions huge = one(opened.feature(1), new Add(1e30, true), Positions.ALL);

        assertThatThrownBy(() -> ask(new InterventionEffects(opened.model, CLEAN, List.of(huge), false)))
                .hasCauseInstanceOf(Refusal.class)
                .hasMessageContaining("too large");
        assertThatThrownBy(() -> ask(new Generation(opened.model, CLEAN, huge, 2, Sampling.GREEDY, false)))
                .hasCauseInstanceOf(Refusal.class);
    }

    @Test
    void probabilitiesSumToOneInDoublePrecision() {
        float[] logits = new float[2_000];
        Random random = new Random(3);
        for (int v = 0; v < logits.length; v++) {
            logits[v] = (float) (4 * random.nextGaussian());
        }
        HostTensor row = new HostTensor(logits, 1, logits.length);
        double sum = IntStream.range(0, logits.length)
                .mapToDouble(v -> Math.exp(LogProbabilities.at(row, 0, v)))
                .sum();
        assertThat(sum).isCloseTo(1, within(1e-12));
    }

    /** Every token of a cached, batched generation beside one pass over the whole text, under the same push. */
    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void cachedGenerationIsThatOfWholePasses(String name) {
        Opened opened = Opened.of(name);
        TextActivations.Active active = opened.strongest(5);
        Interventions pushed = Interventions.of(List.of(
                new Intervention(
                        opened.feature(active.feature()),
                        Clamp.to(2.0 * active.activation()),
                        Positions.without(List.of(0))),
                new Intervention(opened.feature(active.feature()), new Add(1.5, true), Positions.GENERATED)));
        Generation.Answer answer = ask(new Generation(opened.model, CLEAN, pushed, 15, Sampling.GREEDY, false));
        assertThat(answer.plain().ids())
                .hasSize(15)
                .isNotEqualTo(answer.steered().ids());
        // the last token is generated and not read
        assertThat(answer.applied()).isEqualTo(CLEAN.size() - 1 + 14 + 14);

        Generation.Answer alone =
                ask(new Generation(opened.model, CLEAN, Interventions.NONE, 15, Sampling.GREEDY, false));
        assertThat(alone.plain().ids()).isEqualTo(answer.plain().ids());

        List<Integer> whole =
                Stream.concat(CLEAN.stream(), answer.steered().ids().stream()).toList();
        Interventions sameInOnePass = Interventions.of(List.of(
                pushed.list().get(0),
                new Intervention(opened.feature(active.feature()), new Add(1.5, true), Positions.from(CLEAN.size()))));
        double[] ce = ask(new InterventionEffects(opened.model, whole, List.of(sameInOnePass), false))
                .effects()
                .get(0)
                .ce();
        for (int i = 0; i < 15; i++) {
            assertThat(answer.steered().logProbabilities().get(i)).isCloseTo(-ce[CLEAN.size() - 1 + i], within(1e-4));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void drawsWithOneSeedAreTheSameAndThoseAmongOneTokenAreGreedy(String name) {
        Opened opened = Opened.of(name);
        Generation drawn =
                new Generation(opened.model, CLEAN, Interventions.NONE, 12, new Sampling(1.5, 0, 0.95, 0.5, 7), true);
        Generation greedy = new Generation(opened.model, CLEAN, Interventions.NONE, 12, Sampling.GREEDY, true);
        Generation ofOne =
                new Generation(opened.model, CLEAN, Interventions.NONE, 12, new Sampling(2, 1, 1, 0, 3), true);

        assertThat(ask(drawn).plain().ids())
                .isEqualTo(ask(drawn).plain().ids())
                .isNotEqualTo(ask(greedy).plain().ids());
        assertThat(ask(ofOne).plain().ids()).isEqualTo(ask(greedy).plain().ids());
    }

    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void patchingEverythingGivesTheOtherRun(String name) {
        Opened opened = Opened.of(name);
        Attribution.Answer exact = ask(new Attribution(
                opened.model,
                List.of(opened.sae.id()),
                CLEAN,
                Optional.of(CORRUPT),
                METRIC,
                5,
                Attribution.Method.GRADIENT,
                1,
                new Attribution.Checks(true, 0)));
        assertThat(exact.sites().get(0).whole()).isCloseTo(exact.corrupt() - exact.clean(), within(1e-4));

        Patching.Answer patched = ask(new Patching(
                opened.model,
                CLEAN,
                CORRUPT,
                METRIC,
                5,
                Set.of(Patching.Direction.DENOISING, Patching.Direction.NOISING),
                List.of(),
                Optional.of(new FeaturePatches(opened.sae.id(), List.of(), List.of(), true))));
        assertThat(patched.clean()).isCloseTo(exact.clean(), within(1e-4));
        assertThat(patched.corrupt()).isCloseTo(exact.corrupt(), within(1e-4));
        assertThat(patched.grids()
                        .get(Patching.Direction.DENOISING)
                        .get(Patching.EVERYTHING)
                        .metric())
                .containsExactly(new double[] {patched.clean()}, within(1e-4));
        assertThat(patched.grids()
                        .get(Patching.Direction.NOISING)
                        .get(Patching.EVERYTHING)
                        .metric())
                .containsExactly(new double[] {patched.corrupt()}, within(1e-4));
        assertThat(patched.scores(Patching.Direction.DENOISING, Patching.EVERYTHING))
                .containsExactly(new double[] {1}, within(1e-4));
        assertThat(patched.differences(Patching.EVERYTHING)).containsExactly(new double[] {0}, within(1e-4));
        // features alone, or the errors, are not the whole of a run
        assertThat(patched.scores(Patching.Direction.DENOISING, Patching.ALL_FEATURES)[0])
                .isNotCloseTo(1, within(1e-2));
    }

    /** Worked out from the logits of both runs in double precision. */
    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void theDivergenceOfAPatchedRunIsThatOfItsPredictionFromTheCleanOne(String name) {
        Opened opened = Opened.of(name);
        HostTensor clean = ask(new AllLogits(opened.model, CLEAN));
        HostTensor corrupt = ask(new AllLogits(opened.model, CORRUPT));
        double expected = IntStream.range(0, clean.size(-1))
                .mapToDouble(v -> {
                    double p = LogProbabilities.at(clean, 5, v);
                    return Math.exp(p) * (p - LogProbabilities.at(corrupt, 5, v));
                })
                .sum();
        Patching.Answer patched = ask(new Patching(
                opened.model,
                CLEAN,
                CORRUPT,
                Metric.KL,
                5,
                Set.of(Patching.Direction.values()),
                List.of(PatchSite.RESID_PRE),
                Optional.of(new FeaturePatches(opened.sae.id(), List.of(), List.of(), true))));
        assertThat(patched.clean()).isZero();
        assertThat(patched.corrupt()).isCloseTo(expected, within(1e-5)).isGreaterThan(1e-3);
        assertThat(patched.scores(Patching.Direction.NOISING, Patching.EVERYTHING))
                .containsExactly(new double[] {1}, within(1e-4));
        // only token 2 and 4 differ, so no other is changed where the run begins
        double[] first =
                patched.grids().get(Patching.Direction.NOISING).get("resid_pre").metric();
        for (int t : new int[] {0, 1, 3, 5}) {
            assertThat(first[t]).isCloseTo(0, within(1e-9));
        }
        assertThat(Arrays.stream(first).min().getAsDouble()).isGreaterThan(-1e-9);

        Attribution.Answer steps = ask(new Attribution(
                opened.model,
                List.of(opened.sae.id()),
                CLEAN,
                Optional.of(CORRUPT),
                Metric.KL,
                5,
                Attribution.Method.INTEGRATED_GRADIENTS,
                128,
                new Attribution.Checks(true, 0)));
        Attribution.Site site = steps.sites().get(0);
        assertThat(site.whole()).isCloseTo(expected, within(1e-4));
        assertThat(site.sumOfFeatures() + site.sumOfErrors()).isCloseTo(site.whole(), within(0.05 * expected));
    }

    /** None that was left out has more than the least of those found. */
    @Test
    void theStrongestFeaturesAreThoseOfTheAttribution() {
        Opened opened = Opened.of("att_gpt2");
        Attribution.Site site = site(opened, Optional.of(CORRUPT), Attribution.Method.GRADIENT);
        List<Integer> strongest =
                ask(new StrongestFeatures(opened.model, opened.sae.id(), CLEAN, CORRUPT, METRIC, 5, 4));
        assertThat(strongest).hasSize(4);
        double least = Double.MAX_VALUE;
        for (int feature : strongest) {
            double largest = largest(site, feature);
            assertThat(largest).isPositive().isLessThanOrEqualTo(least);
            least = largest;
        }
        for (int feature = 0; feature < opened.sae.config().dSae(); feature++) {
            if (!strongest.contains(feature)) {
                assertThat(largest(site, feature)).isLessThanOrEqualTo(least);
            }
        }
        assertThat(ask(new StrongestFeatures(opened.model, opened.sae.id(), CLEAN, CORRUPT, Metric.KL, 5, 4)))
                .hasSize(4);
    }

    private static double largest(Attribution.Site site, int feature) {
        return IntStream.range(0, CLEAN.size())
                .mapToDouble(t -> Math.abs(site.effects().get(t, feature)))
                .max()
                .orElseThrow();
    }

    private record AllLogits(ModelId model, List<Integer> ids) implements Query.Single<HostTensor> {
        @Override
        public HostTensor answer(Scope scope) {
            NDArray logits = scope.model(model)
                    .forward(
                            scope.arrays(),
                            Runs.rows(ids, 1),
                            loupe.lm.Hook.NONE,
                            null,
                            Logits.ALL,
                            scope.cancellation());
            return new HostTensor(
                    logits.toFloatArray(),
                    ids.size(),
                    Math.toIntExact(logits.getShape().get(2)));
        }
    }

    @Test
    void metricsAreReadAsTheyAreWritten() {
        for (String written : List.of("logit-diff:4:5", "logprob:4", "logit:0", "kl")) {
            assertThat(Metric.parse(written)).map(Metric::toString).contains(written);
        }
        for (String wrong : List.of("kl:3", "logit", "logprob:1:2", "logit-diff:1", "logit:-1", "kl:", "")) {
            assertThat(Metric.parse(wrong)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void integratedGradientsCloseOnTheWholeEffect(String name) {
        Opened opened = Opened.of(name);
        double[] gaps = IntStream.of(4, 32, 256)
                .mapToDouble(steps -> {
                    Attribution.Site site = ask(new Attribution(
                                    opened.model,
                                    List.of(opened.sae.id()),
                                    CLEAN,
                                    Optional.of(CORRUPT),
                                    METRIC,
                                    5,
                                    Attribution.Method.INTEGRATED_GRADIENTS,
                                    steps,
                                    new Attribution.Checks(true, 0)))
                            .sites()
                            .get(0);
                    return Math.abs(site.whole() - site.sumOfFeatures() - site.sumOfErrors());
                })
                .toArray();
        assertThat(gaps[2]).isLessThan(gaps[0] / 10).isLessThan(0.1);
        assertThat(gaps[1]).isLessThan(gaps[0]);
    }

    /** The logit is linear in the final norm's output where no cap bends it: gradients then say all there is. */
    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void attributionThroughALinearReadOutIsExact(String name) throws IOException {
        Path model = temporary.resolve("model");
        Files.createDirectories(model);
        Path given = Golden.folder(name).resolve("model");
        Files.copy(given.resolve("model.safetensors"), model.resolve("model.safetensors"));
        Files.writeString(
                model.resolve("config.json"),
                Files.readString(given.resolve("config.json"))
                        .replace("\"final_logit_softcapping\": 30.0", "\"final_logit_softcapping\": null"));
        Path own = Golden.folder(name).resolve("sae2");
        Path normed = Golden.folder("sl_standard_constant_norm_rescale_bdec");
        Path centred = Golden.folder("sl_standard_layer_norm_bdec");
        for (Path sae : List.of(own, normed, centred)) {
            assertGradientsExact(Opened.of(model, sae, LINEAR));
        }
    }

    private static void assertGradientsExact(Opened opened) {
        for (Optional<List<Integer>> other : List.of(Optional.of(CORRUPT), Optional.<List<Integer>>empty())) {
            Attribution.Site gradient = site(opened, other, Attribution.Method.GRADIENT);
            Attribution.Site exact = site(opened, other, Attribution.Method.EXACT);
            assertThat(gradient.sumOfFeatures() + gradient.sumOfErrors()).isCloseTo(gradient.whole(), within(1e-4));
            assertThat(gradient.effects().data())
                    .usingComparatorWithPrecision(1e-4f)
                    .containsExactly(exact.effects().data());
            assertThat(gradient.errors()).containsExactly(exact.errors(), within(1e-4));
            assertThat(Math.abs(gradient.sumOfFeatures())).isGreaterThan(0.01);
        }
    }

    private static Attribution.Site site(Opened opened, Optional<List<Integer>> other, Attribution.Method method) {
        return ask(new Attribution(
                        opened.model,
                        List.of(opened.sae.id()),
                        CLEAN,
                        other,
                        METRIC,
                        5,
                        method,
                        1,
                        new Attribution.Checks(true, 0)))
                .sites()
                .get(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void allFeaturesRemovedWithoutTheErrorLeaveTheDecoderBias(String name) {
        Opened opened = Opened.of(name);
        List<Intervention> each = IntStream.range(0, opened.sae.config().dSae())
                .mapToObj(feature -> new Intervention(opened.feature(feature), new Scale(0), Positions.ALL))
                .toList();
        InterventionEffects.Answer removed = ask(new InterventionEffects(
                opened.model, CLEAN, List.of(new Interventions(each, Set.of(opened.sae.id()))), false));

        double[] losses = ask(new Losses(opened.model, HookPoint.residPost(0), decoderBias(name)));
        assertThat(removed.effects().get(0).ce()).containsExactly(losses, within(1e-5));
        assertThat(removed.effects().get(0).meanKl()).isGreaterThan(1e-4);
    }

    private static float[] decoderBias(String name) {
        try (TensorArchive weights =
                TensorArchives.open(Golden.folder(name).resolve("sae2").resolve("weights_copy.safetensors"))) {
            return weights.tensor(name.equals("att_gpt2") ? "bias" : "b_dec")
                    .toHost()
                    .data();
        }
    }

    /** The losses of the clean text with one vector in place of every token's value at a place. */
    private record Losses(ModelId model, HookPoint point, float[] vector) implements Query.Single<double[]> {
        @Override
        public double[] answer(Scope scope) {
            NDArray logits = scope.model(model)
                    .forward(
                            scope.arrays(),
                            Runs.rows(CLEAN, 1),
                            AtPoint.of(
                                    point,
                                    value -> value.getManager().create(vector).broadcast(value.getShape())),
                            null,
                            Logits.ALL,
                            scope.cancellation());
            HostTensor rows = new HostTensor(
                    logits.toFloatArray(),
                    CLEAN.size(),
                    Math.toIntExact(logits.getShape().get(2)));
            return IntStream.range(0, CLEAN.size() - 1)
                    .mapToDouble(t -> -LogProbabilities.at(rows, t, CLEAN.get(t + 1)))
                    .toArray();
        }
    }

    /** Every layer and position, against a model of plain loops in double precision. */
    @Test
    void patchingPositionByPositionIsWhatPlainLoopsGive() throws IOException {
        ModelId model = service.openModel(TinyModel.writeTo(temporary.resolve("tiny")), Processing.RAW)
                .toCompletableFuture()
                .join()
                .id();
        Patching.Answer answer = ask(new Patching(
                model,
                CLEAN,
                CORRUPT,
                METRIC,
                4,
                Set.of(Patching.Direction.values()),
                List.of(PatchSite.RESID_PRE),
                Optional.empty()));

        PlainGpt2 plain = new PlainGpt2(TinyModel.CONFIG, TinyModel.weights());
        double[][][] clean = plain.residuals(CLEAN);
        double[][][] corrupt = plain.residuals(CORRUPT);
        assertThat(answer.clean()).isCloseTo(difference(plain, clean[0], 0), within(1e-5));
        assertThat(answer.corrupt()).isCloseTo(difference(plain, corrupt[0], 0), within(1e-5));
        for (Patching.Direction direction : Patching.Direction.values()) {
            double[][][] own = direction == Patching.Direction.DENOISING ? corrupt : clean;
            double[][][] other = direction == Patching.Direction.DENOISING ? clean : corrupt;
            double[] expected = new double[TinyModel.CONFIG.nLayers() * CLEAN.size()];
            for (int i = 0; i < expected.length; i++) {
                int layer = i / CLEAN.size();
                double[][] patched = own[layer].clone();
                patched[i % CLEAN.size()] = other[layer][i % CLEAN.size()];
                expected[i] = difference(plain, patched, layer);
            }
            assertThat(answer.grids().get(direction).get("resid_pre").metric()).containsExactly(expected, within(1e-5));
            assertThat(Arrays.stream(expected).distinct().count()).isGreaterThan(2);
        }
    }

    private static double difference(PlainGpt2 plain, double[][] residual, int layer) {
        double[] logits = plain.logits(residual, layer)[4];
        return logits[METRIC.token()] - logits[METRIC.other()];
    }
}
