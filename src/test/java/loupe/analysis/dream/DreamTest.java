package loupe.analysis.dream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.Golden;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.analysis.prompts.ForwardPass;
import loupe.analysis.prompts.TextActivations;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.base.Refusal;
import loupe.inference.Device;
import loupe.inference.InferenceService;
import loupe.inference.LocalInferenceService;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DreamTest {
    private static final int FEATURE = 3;
    private static final DreamSettings SMALL = new DreamSettings(5, 4, 12, 64, 0.1, 10, 4, 7);

    private static InferenceService service;
    private static OpenModel model;
    private static OpenSae sae;

    @TempDir
    static Path folder;

    @BeforeAll
    static void open() throws IOException {
        service = new LocalInferenceService(new Device("cpu"), true);
        model = openModel(TinyModel.writeTo(folder.resolve("tiny")));
        sae = openSae(TinySae.writeTo(folder.resolve("sae"), 7), HookPoint.residPre(1));
    }

    @AfterAll
    static void close() {
        service.close();
    }

    private static OpenModel openModel(Path path) {
        return service.openModel(path, Processing.RAW).toCompletableFuture().join();
    }

    private static OpenSae openSae(Path path, HookPoint hook) {
        return service.openSae(
                        path, SaeOptions.builder().hook(Optional.of(hook)).build())
                .toCompletableFuture()
                .join();
    }

    private static <R> R ask(Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }

    private static Dream dream(DreamSettings settings, int iterations, Optional<DreamState> from) {
        return new Dream(
                model.id(),
                DreamTarget.of(sae.id(), FEATURE),
                List.of(0),
                settings,
                iterations,
                Optional.of(new Retokenised(model.tokenizer().orElseThrow())),
                Set.of(0),
                from);
    }

    @Test
    void whatIsReportedOfATextIsWhatOtherQuestionsSayOfIt() {
        DreamState state = ask(dream(SMALL, 6, Optional.empty()));
        assertThat(state.front()).isNotEmpty();
        assertThat(state.tried()).isEqualTo(Dream.RANDOM_TEXTS + 6L * SMALL.slots() * SMALL.children());
        for (DreamText text : state.front()) {
            List<Integer> whole = new ArrayList<>(List.of(0));
            whole.addAll(text.ids());
            float[] activations =
                    ask(new TextActivations(model.id(), sae.id(), whole)).of(FEATURE);
            assertThat(text.activation()).isCloseTo(activations[5], within(1e-4));
            // of a ReLU they are the same where it is positive
            assertThat(text.target()).isCloseTo(text.activation(), within(1e-4));
            double[] losses = ask(new ForwardPass(model.id(), whole, Map.of(), Set.of(), false))
                    .losses();
            assertThat(text.crossEntropy())
                    .isCloseTo(Arrays.stream(losses).average().orElseThrow(), within(1e-5));
        }
        TextMeasures.Measured again = ask(new TextMeasures(
                        model.id(),
                        DreamTarget.of(sae.id(), FEATURE),
                        List.of(new TextMeasures.Text(
                                List.of(0), state.best().orElseThrow().ids()))))
                .get(0);
        assertThat(again.text().activation())
                .isCloseTo(state.best().orElseThrow().activation(), within(1e-4));
        assertThat(again.activations()).hasSize(5);
        assertThat(again.activations().get(4)).isCloseTo((float) again.text().activation(), within(1e-5f));
    }

    @Test
    void aTextsFirstTokenCountsOnlyWithOneBeforeIt() {
        DreamTarget target = DreamTarget.of(sae.id(), FEATURE);
        List<TextMeasures.Measured> measured = ask(new TextMeasures(
                model.id(),
                target,
                List.of(
                        new TextMeasures.Text(List.of(), List.of(17, 60, 33)),
                        new TextMeasures.Text(List.of(17), List.of(60, 33)),
                        new TextMeasures.Text(List.of(), List.of(60)))));
        assertThat(measured.get(0).text().crossEntropy())
                .isEqualTo(measured.get(1).text().crossEntropy());
        assertThat(measured.get(2).text().crossEntropy()).isNaN();
    }

    @Test
    void everyTextComesBackAsTheSameTokens() {
        Tokenizer tokenizer = model.tokenizer().orElseThrow();
        DreamState state = ask(dream(SMALL, 6, Optional.empty()));
        List<DreamText> texts = new ArrayList<>(state.front());
        texts.addAll(state.slots());
        texts.addAll(state.random());
        for (DreamText text : texts) {
            int[] ids = text.ids().stream().mapToInt(Integer::intValue).toArray();
            assertThat(tokenizer
                            .encode(tokenizer.decode(ids), Tokenizer.Beginning.NO)
                            .ids())
                    .containsExactly(ids);
            assertThat(text.ids()).doesNotContain(0);
        }
        // a byte that is half a character never comes back alone
        assertThat(state.refused()).isPositive();
        assertThat(state.failures()).isNotEmpty();
    }

    @Test
    void withoutARestartNoSlotGetsWorse() {
        double[] penalties = SMALL.penalties();
        DreamState before = ask(dream(SMALL, 0, Optional.empty()));
        for (int iteration = 1; iteration <= 12; iteration++) {
            DreamState after = ask(dream(SMALL, iteration, Optional.of(before)));
            assertThat(after.iteration()).isEqualTo(iteration);
            for (int slot = 0; slot < penalties.length && !SMALL.restartsAt(iteration - 1); slot++) {
                assertThat(after.slots().get(slot).loss(penalties[slot]))
                        .isLessThanOrEqualTo(before.slots().get(slot).loss(penalties[slot]));
            }
            before = after;
        }
    }

    @Test
    void aSeedGivesTheSameTextsStoppedInBetweenOrNot() {
        DreamState whole = ask(dream(SMALL, 9, Optional.empty()));
        DreamState half = ask(dream(SMALL, 5, Optional.empty()));
        DreamState other = ask(dream(new DreamSettings(5, 4, 12, 64, 0.1, 10, 4, 8), 9, Optional.empty()));

        assertThat(ask(dream(SMALL, 9, Optional.of(half)))).isEqualTo(whole);
        assertThat(other.slots()).isNotEqualTo(whole.slots());
        // another service has nothing in its cache
        try (LocalInferenceService fresh = new LocalInferenceService(new Device("cpu"), true)) {
            fresh.openModel(folder.resolve("tiny"), Processing.RAW)
                    .toCompletableFuture()
                    .join();
            fresh.openSae(
                            folder.resolve("sae"),
                            SaeOptions.builder()
                                    .hook(Optional.of(HookPoint.residPre(1)))
                                    .build())
                    .toCompletableFuture()
                    .join();
            assertThat(fresh.submit(dream(SMALL, 9, Optional.empty()), Priority.VISIBLE)
                            .answer()
                            .toCompletableFuture()
                            .join())
                    .isEqualTo(whole);
        }
    }

    @Test
    void aFeatureCanBeMadeActiveWhereAnotherIsNot() throws IOException {
        OpenSae other = openSae(TinySae.writeTo(folder.resolve("other"), 8), HookPoint.residPost(1));
        Dream apart = new Dream(
                model.id(),
                new DreamTarget(
                        new DreamTarget.Feature(sae.id(), 7), Optional.of(new DreamTarget.Feature(other.id(), 1))),
                List.of(),
                SMALL,
                14,
                Optional.empty(),
                Set.of(),
                Optional.empty());
        DreamText best = ask(apart).best().orElseThrow();
        float[] there =
                ask(new TextActivations(model.id(), other.id(), best.ids())).of(1);
        assertThat(best.other()).isPositive().isCloseTo(there[4], within(1e-4));
        assertThat(best.target()).isCloseTo(best.activation() - best.other(), within(1e-4));
        assertThat(ask(new Dream(
                                model.id(),
                                apart.target(),
                                List.of(),
                                SMALL,
                                0,
                                Optional.empty(),
                                Set.of(),
                                Optional.empty()))
                        .front()
                        .stream()
                        .mapToDouble(DreamText::difference)
                        .max()
                        .orElse(0))
                .isLessThan(best.difference());
    }

    @Test
    void aFeatureThatIsNotThereIsRefused() {
        Dream none = new Dream(
                model.id(),
                DreamTarget.of(sae.id(), TinySae.FEATURES),
                List.of(),
                SMALL,
                1,
                Optional.empty(),
                Set.of(),
                Optional.empty());
        assertThatThrownBy(() -> ask(none)).hasCauseInstanceOf(Refusal.class).hasMessageContaining("no feature 12");
    }

    /**
     * Attention that looks at all tokens alike, at a place that is linear in what they give: a text's target is the
     * mean over its tokens of what each would give, so that the best text has the best token at each place.
     */
    @Test
    void thePlantedOptimumIsFound() throws IOException {
        Map<String, HostTensor> weights = TinyModel.weights();
        int d = TinyModel.CONFIG.dModel();
        float[] qkv = weights.get("transformer.h.0.attn.c_attn.weight").data();
        float[] bias = weights.get("transformer.h.0.attn.c_attn.bias").data();
        for (int column = 0; column < 2 * d; column++) {
            bias[column] = 0;
            for (int row = 0; row < d; row++) {
                qkv[row * 3 * d + column] = 0;
            }
        }
        OpenModel planted = openModel(TinyModel.writeTo(folder.resolve("planted"), TinyModel.CONFIG, weights));
        OpenSae linear = openSae(TinySae.writeTo(folder.resolve("linear"), 5), new HookPoint(Site.ATTN_OUT, 0));
        DreamTarget target = DreamTarget.of(linear.id(), FEATURE);
        DreamSettings settings = new DreamSettings(6, 2, 32, 100, 1e-6, 1e-5, 0, 3);

        DreamState found = ask(
                new Dream(planted.id(), target, List.of(), settings, 80, Optional.empty(), Set.of(), Optional.empty()));

        double best = optimum(planted.id(), target, 6);
        assertThat(found.slots().get(0).target()).isCloseTo(best, within(1e-4));
        assertThat(found.random()).allMatch(text -> text.target() < best - 0.1);
    }

    /** What each token gives at each place beside any others, largest first, added up. */
    private static double optimum(ModelId planted, DreamTarget target, int length) {
        List<Integer> plain = IntStream.range(0, length).map(i -> 1).boxed().toList();
        double base = targets(planted, target, List.of(plain)).get(0);
        double sum = base;
        for (int place = 0; place < length; place++) {
            List<List<Integer>> texts = new ArrayList<>();
            for (int id = 0; id < TinyModel.VOCABULARY; id++) {
                List<Integer> text = new ArrayList<>(plain);
                text.set(place, id);
                texts.add(text);
            }
            sum += targets(planted, target, texts).stream()
                            .mapToDouble(Double::doubleValue)
                            .max()
                            .orElseThrow()
                    - base;
        }
        return sum;
    }

    private static List<Double> targets(ModelId planted, DreamTarget target, List<List<Integer>> texts) {
        return ask(new TextMeasures(
                        planted,
                        target,
                        texts.stream()
                                .map(text -> new TextMeasures.Text(List.of(), text))
                                .toList()))
                .stream()
                .map(measured -> measured.text().target())
                .toList();
    }

    /** Moved a little towards another token's embedding, a text's loss changes as its gradient says. */
    @ParameterizedTest
    @ValueSource(strings = {"att_gpt2", "att_gemma2", "att_neox"})
    void gradientsAreThoseOfFiniteDifferences(String name) {
        Path golden = Golden.folder(name);
        OpenModel lm = openModel(golden.resolve("model"));
        OpenSae features = openSae(golden.resolve("sae2"), HookPoint.residPost(0));
        List<Integer> text = List.of(17, 60, 33, 71, 5, 42);
        int feature = ask(new TextActivations(lm.id(), features.id(), text))
                .strongest(5, 1)
                .get(0)
                .feature();
        double penalty = 0.7;
        Gradient question = new Gradient(lm.id(), DreamTarget.of(features.id(), feature), text, penalty);
        float[] gradient = ask(question);
        int vocabulary = lm.config().vocabularySize();
        assertThat(gradient).hasSize(text.size() * vocabulary);

        for (int place : new int[] {0, 2, 5}) {
            for (int id : new int[] {3, 41}) {
                double step = 1.0 / 64;
                double slope = (loss(lm, features, feature, text, place, id, step, penalty)
                                - loss(lm, features, feature, text, place, id, -step, penalty))
                        / (2 * step);
                assertThat((double) gradient[place * vocabulary + id])
                        .as("place %d, token %d", place, id)
                        .isCloseTo(slope, within(2e-3 + 0.01 * Math.abs(slope)));
            }
        }
    }

    /** The loss with so much of another token added at a place, from the answers of other questions. */
    private static double loss(
            OpenModel lm,
            OpenSae features,
            int feature,
            List<Integer> text,
            int place,
            int id,
            double amount,
            double penalty) {
        float[] moved = ask(new Row(lm.id(), text.get(place))).clone();
        float[] other = ask(new Row(lm.id(), id));
        for (int i = 0; i < moved.length; i++) {
            moved[i] += (float) (amount * other[i]);
        }
        ForwardPass.Answer run = ask(new ForwardPass(
                lm.id(),
                text,
                Map.of(place, new HostTensor(moved, moved.length)),
                Set.of(HookPoint.residPost(0)),
                false));
        HostTensor there = run.values().get(HookPoint.residPost(0));
        float target = ask(new Encoded(features, feature, there.row(text.size() - 1)));
        return penalty * Arrays.stream(run.losses()).average().orElseThrow() - target;
    }

    /** A row of the embedding. */
    private record Row(ModelId model, int id) implements Query.Single<float[]> {
        @Override
        public float[] answer(Scope scope) {
            return scope.model(model).embedding().get(id).toFloatArray();
        }
    }

    /** A feature of one vector. */
    private record Encoded(OpenSae sae, int feature, float[] vector) implements Query.Single<Float> {
        @Override
        public Float answer(Scope scope) {
            NDArray x = scope.arrays().create(vector).reshape(1, vector.length);
            return scope.sae(sae.id()).encode(x).getFloat(0, feature);
        }

        @Override
        public boolean cacheable() {
            return false;
        }
    }

    /** The gradient of one text's loss. */
    private record Gradient(ModelId model, DreamTarget target, List<Integer> text, double penalty)
            implements Query.Single<float[]> {
        @Override
        public float[] answer(Scope scope) {
            int[][] rows = {text.stream().mapToInt(Integer::intValue).toArray()};
            return new DreamPass(scope, model, target, 0)
                    .gradients(rows, new double[] {penalty})
                    .get(0);
        }
    }
}
